"""
The method statement that goes with every verification report: what is proved and how, and what can't be detected.
"""

from __future__ import annotations

from typing import Final

from trail.evidence.opaque import OPAQUE_KIND

_ZH: Final = (
    "方法说明",
    "  · 完好的含义：第 1 至 a 条记录自记入之日起未被改动、删除、插入、调换；每条都有当时已登记密钥的有效签名。",
    "  · 方法：由证据中的原始字节重算每条记录的摘要、RFC 6962 记录树的根和每个签名，与校验点、见证签名及核验人",
    "    自带的策略相比对。不采信数据库及其管理员的任何说法，不联网。",
    "  · 时间分三种，互不混同：发生时间由记录人所称；记录时间是日志时钟所记；只有见证签名证明“不晚于”。",
    "  · 锚定位置之后的记录只能发现看得见的错误，不能发现其丢失或替换（“未锚定”）。",
    "  · 不能发现：所有在场者一致、按时签下的不实之词；记入之前的情况；密钥持有人把密钥交给他人使用；",
    "    日志与全体见证方串通；从未记入的事。补记、迟记、集中记录是可以追问的问题，不是本报告的结论。",
    "  · 一份写着“完好”的文本不是证明；证明是用同一证据和自己的策略再核验一次，结果相同。",
)
_EN: Final = (
    "Method",
    "  - Intact means: since they were recorded, positions 1 to a were not changed, removed, inserted or reordered,",
    "    and each carries valid signatures by keys that were enrolled at the time.",
    "  - How: from the stored bytes every digest, the root of the RFC 6962 tree and every signature is computed again",
    "    and compared with the checkpoints, the cosignatures and the inspector's own policy. Neither the database nor",
    "    its administrators are believed, and no network is used.",
    "  - Three times are never mixed: when an act happened is claimed; when it was recorded is the log's clock;",
    "    only cosignatures prove \"not after\".",
    "  - Beyond the anchored position only visible faults are found, not a lost or replaced tail (\"exposed\").",
    "  - Not detectable: a lie told and signed on time by everyone involved; what was before the recording; a key lent",
    "    to somebody else; a log in league with all its witnesses; what was never recorded. Late, backfilled or massed",
    "    recording raises questions; it is no finding of this report.",
    "  - A text that says intact proves nothing; verifying the same evidence again under one's own policy does.",
)  # fmt: skip


_OPAQUE_ZH: Final = (
    "方法说明",
    "  · 这是其他应用的事件日志。完好的含义：第 1 至 a 条记录及其出示的内容，自记入之日起未被改动、删除、插入、",
    "    调换，同一事件没有记两次。仅此而已：事件由谁所为、是否属实，无人签名，本报告不作结论。",
    "  · 方法：由证据中的原始字节重算每条记录和每项内容的摘要、RFC 6962 记录树的根，与校验点、见证签名及核验人",
    "    自带的策略相比对。内容不作解释；不采信数据库及其管理员的任何说法，不联网。",
    "  · 不在核验之列：应用的快照、跟踪记录和读取模型。它们不在记录树中，应由事件重建。",
    "  · 时间：记录时间是日志时钟所记；只有见证签名证明“不晚于”。",
    "  · 锚定位置之后的记录只能发现看得见的错误，不能发现其丢失或替换（“未锚定”）。",
    "  · 不能发现：记入之前的情况；应用本身写入的不实内容；日志与全体见证方串通；从未记入的事。",
    "  · 一份写着“完好”的文本不是证明；证明是用同一证据和自己的策略再核验一次，结果相同。",
)

_OPAQUE_EN: Final = (
    "Method",
    "  - This is the log of an application's events. Intact means: since they were recorded, positions 1 to a and the",
    "    states shown with them were not changed, removed, inserted or reordered, and no event stands there twice. No",
    "    more: nobody signed them, so who caused an event, and whether it is true, is not for this report to say.",
    "  - How: from the stored bytes the digest of every entry and state and the root of the RFC 6962 tree are computed",
    "    again and compared with the checkpoints, the cosignatures and the inspector's own policy. States are not",
    "    interpreted. Neither the database nor its administrators are believed, and no network is used.",
    "  - Not covered: the application's snapshots, tracking records and read models. They lie outside the tree and can",
    "    be made again from the events.",
    "  - Times: when an event was recorded is the log's clock; only cosignatures prove \"not after\".",
    "  - Beyond the anchored position only visible faults are found, not a lost or replaced tail (\"exposed\").",
    "  - Not detectable: what was before the recording; what the application itself wrote wrongly; a log in league",
    "    with all its witnesses; what was never recorded.",
    "  - A text that says intact proves nothing; verifying the same evidence again under one's own policy does.",
)  # fmt: skip


_EXTRACT_ZH: Final = (
    "方法说明",
    "  · 这是摘录，不是完整的证据文件，因此结论不会是“完好”。它只证明：所示各条的原始字节在校验点所覆盖的日志中、",
    "    处于所示位置，不晚于校验点的见证时间。",
    "  · 方法：由原始字节重算每条记录的摘要，沿附上的各级摘要推到记录树的根，与校验点比对；签名以摘录中登记的密钥",
    "    核验。不采信出具人的任何说法，不联网。",
    "  · 未出示，因而未核验：是否齐全，有无同类的其他记录；与其他记录的次序；",
    "    密钥此前是否已吊销、登记员此前是否已卸任；此后有无更正、撤销、异议、删除；",
    "    类型与字段、岗位与资格；签名人所见校验点；校验点之后的记录。",
    "  · 需要其中任何一项，请要求完整的证据文件（trail export，不加 --extract）。",
    "  · 一份文本不是证明；证明是用同一摘录和自己的策略再核验一次，结果相同。",
)
_EXTRACT_EN: Final = (
    "Method",
    "  - This is an extract, not a whole evidence file, so the verdict is never intact. It proves that the bytes of",
    "    each shown entry stand in the log that the checkpoint covers, at the position shown, not after its",
    "    witnesses' time.",
    "  - How: from the stored bytes the digest of each entry is computed, and by the hashes beside it the root of",
    "    the tree, which is compared with the checkpoint. Signatures are checked by keys whose enrolment is in the",
    "    extract. Whoever made it is not believed, and no network is used.",
    "  - Not shown, and so not verified: whether this is all; the order against other entries; whether a key was",
    "    revoked or a registrar ended before; later corrections, voidings, disputes, erasures; types and schemas,",
    "    posts and mandates; what the signers had seen; whatever the checkpoint does not cover.",
    "  - Whoever needs any of these asks for the whole evidence file (trail export without --extract).",
    "  - A text proves nothing; verifying the same extract again under one's own policy does.",
)


def method_lines(lang: str, log_kind: str = "acts", *, extract: bool = False) -> tuple[str, ...]:
    """The method statement for a log of that kind, or for an extract, in ``zh`` or ``en``, line by line."""
    if extract:
        return _EXTRACT_ZH if lang == "zh" else _EXTRACT_EN
    if log_kind == OPAQUE_KIND:
        return _OPAQUE_ZH if lang == "zh" else _OPAQUE_EN
    return _ZH if lang == "zh" else _EN
