"""
What each finding code says to a person, in Chinese and English, and what to do next.

Complete for every code of `trail.evidence.refusals`; a test compares.  The sentences are fixed: nothing that stands in
the evidence can change what a finding is called.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Message(NamedTuple):
    """What a code says in both languages, and the name of the advice that goes with it."""

    zh: str
    en: str
    advice: str


ADVICE: Final[dict[str, tuple[str, str]]] = {
    "keep": (
        "原样保全本证据及其来源，勿再写入；另取该单位的备份和见证方留存的校验点比对，连同本报告（--json）交主管机关。",
        "Keep this evidence untouched; compare it with backups and witnesses; hand all over with this report (--json).",
    ),
    "resend": (
        "请对方重新导出并传送；若仍如此，两份都保留并查明原因。",
        "Ask for a new export; if it comes back the same, keep both copies and find out why.",
    ),
    "policy": (
        "通过另一渠道向该单位核实日志名称、公钥和首条记录摘要，确认后由核验人自行修改策略。",
        "Confirm the log's name, key and first entry by another channel; only then change your policy.",
    ),
    "newer": (
        "换用更新版本的核验程序再核验；在此之前不能下结论。",
        "Verify again with a newer version of the verifier; until then nothing can be concluded.",
    ),
    "rebuild": (
        "读取模型不是证据；如内容不符，先保留数据库副本并查明原因，再用 trail readmodel --rebuild 重建。",
        "A read model is no evidence. If it differs, keep a copy and find out why; then trail readmodel DB --rebuild.",
    ),
    "ask": (
        "这本身不证明伪造；请该单位登记员说明这条记录如何产生，必要时由其以新记录更正。",
        "This alone proves no forgery; ask the registrars how the record came about, and to correct it by a new one.",
    ),
    "parts": (
        "请该单位补交所缺内容；确已依法删除的，日志中应有删除记录。",
        "Ask for what is missing; if it was lawfully erased, an event in the log must say so.",
    ),
    "states": (
        "请对方补交所缺内容后重新导出；这类日志没有删除记录，缺少的内容无从核实。",
        "Ask for an export with what is missing; such a log knows no erasure, so nothing else can account for it.",
    ),
    "scope": (
        "请该单位按策略要求的范围重新导出。",
        "Ask for an export of the scope that your policy requires.",
    ),
    "log key": (
        "经与证据不同的渠道（登记员、见证方）核对上文所列新密钥；确认后在策略中加一行：log <新密钥>，再行核验。",
        "Confirm the new key listed above by another channel; then add the line log <new key> to your policy.",
    ),
    "old key": (
        "向该单位索取由现用密钥签署的校验点；停用后仍有人使用旧密钥，应查明是谁。",
        "Ask for a checkpoint by the key in force; somebody used the old key after its end: ask who.",
    ),
    "former key": (
        "不影响结论；如需以这些校验点为准，可在策略中同时列出旧密钥（被盗的除外）。",
        "This changes no verdict; to lean on those checkpoints too, name the old key as well, unless it was stolen.",
    ),
    "predecessor": (
        "先用同一策略单独核验前一日志的证据（策略须列其密钥与创始记录），再行比对。",
        "First verify the evidence of the log before, under a policy that names its key and genesis too.",
    ),
    "anchor": (
        "请该单位取得见证方对最新校验点的签名后重新导出；或用您手中已有的校验点（--known）再核验。",
        "Ask for an export after the witnesses have cosigned; or verify with a checkpoint that you hold (--known).",
    ),
    "older": (
        "这只是较旧的一份；请对方提供不早于您所持校验点的证据。",
        "This is merely an older copy; ask for one that reaches at least to the checkpoint that you hold.",
    ),
    "alarm": (
        "先查清并保全双方凭据（trail state show、--save-findings）；处理后用 trail state acknowledge 注明理由。",
        "Settle it first: trail state show, --save-findings. Then answer it, with a reason: trail state acknowledge.",
    ),
    "whole": (
        "请对方提供完整的证据文件，或从您的记忆所及之处续写的文件（trail export --since N，N 见“应为”）。",
        "Ask for a whole evidence file, or for one from where your memory ends: trail export --since N (N: expected).",
    ),
    "extract": (
        "需要齐全、次序、资格或有无更正与吊销的证明时，请对方提供完整的证据文件（trail export，不加 --extract）。",
        "For completeness, order, mandates, corrections or revocations ask for a whole evidence file (trail export).",
    ),
    "question": (
        "不影响结论；可作为向记录人了解情况的问题。",
        "This changes no verdict; it is a question that may be put to those who recorded.",
    ),
    "damaged": (
        "原样保全该文件，勿再写入；可能是磁盘损坏，也可能有人做了手脚。用备份或导出的证据文件再核验，并与见证方留存的校验点比对。",
        "Keep the file untouched: a failing disk, or somebody's work. Verify a backup, and compare with witnesses.",
    ),
    "report": (
        "核验程序未能完成；请保留证据并将本报告交程序维护者。",
        "The verifier could not finish; keep the evidence and give this report to the maintainers.",
    ),
}

MESSAGES: Final[dict[str, Message]] = {
    # 1 framing
    "FRAME_BROKEN": Message("证据文件的结构损坏或被截断", "the evidence file is damaged or cut short", "resend"),
    "CLOSING_DIGEST": Message(
        "证据文件末尾的摘要与内容不符", "the digest at the end of the evidence file does not fit its content", "resend"
    ),
    # 2 checkpoints
    "CHECKPOINT_MALFORMED": Message("校验点无法读取", "a checkpoint can't be read", "resend"),
    "CHECKPOINT_FORGED": Message(
        "校验点署有该日志的名称，但签名不是该日志密钥所签",
        "a checkpoint claims the log's signature, but its key did not make it",
        "keep",
    ),
    "CHECKPOINT_FOREIGN": Message(
        "校验点没有策略所列日志密钥的签名", "a checkpoint is not signed by a log key of the policy", "policy"
    ),
    "CHECKPOINT_FORK": Message(
        "日志对同一条数签出了两个不同的校验点（分叉）",
        "the log signed two different trees of one size (a fork)",
        "keep",
    ),
    "LOG_KEY_NEW": Message(
        "日志已更换密钥，而策略未列新密钥：其后的校验点不予采信",
        "the log rotated its key, and the policy does not name the new one: its checkpoints do not count",
        "log key",
    ),
    "LOG_KEY_ENDED": Message(
        "校验点只有已停用的日志密钥的签名，不予采信",
        "a checkpoint is signed only by a key of the log that had ended; it does not count",
        "old key",
    ),
    "CHECKPOINT_BY_FORMER_KEY": Message(
        "较早的校验点由此前的日志密钥签署，策略未列该密钥；日志自身载有更换记录",
        "earlier checkpoints are by the log's former key, which the policy does not name; the log records its rotation",
        "former key",
    ),
    "COSIGNATURE_BAD": Message(
        "署有见证方名称的签名不是其密钥所签，不予计入",
        "a cosignature claims a witness of the policy, whose key did not make it; it does not count",
        "question",
    ),
    "ALARM_OPEN": Message(
        "核验记忆中有未处理的警报：此前已发现该日志有两个互相矛盾的说法",
        "the inspector's memory holds an alarm that nobody has answered: this log has contradicted itself before",
        "alarm",
    ),
    # 3 entries
    "ENTRY_MALFORMED": Message("记录的字节不成其为记录", "the bytes of an entry are no entry", "keep"),
    "ENTRY_UNKNOWN_FORMAT": Message(
        "记录采用本程序不认识的格式版本", "an entry is of a format version that this verifier does not know", "newer"
    ),
    "KIND_MIXED": Message(
        "履职记录与其他应用的事件混在同一日志中",
        "acts and the events of an application stand in one log",
        "keep",
    ),
    # 4 origin
    "ORIGIN_MISMATCH": Message("记录属于另一个日志", "an entry belongs to another log", "keep"),
    "LOG_NOT_IN_POLICY": Message("策略中没有这个日志", "the policy does not name this log", "policy"),
    # 5 types and schemas
    "TYPE_UNDECLARED": Message("记录的类型此前未在日志中声明", "the type was not declared in the log before", "ask"),
    "FIELDS_MISMATCH": Message("记录的字段不符合其类型的声明", "the fields do not fit the declared type", "keep"),
    # 6 names
    "NAME_UNKNOWN": Message(
        "记录所提的人员、岗位或单位此前未登记", "a person, post or unit is named that was not registered before", "ask"
    ),
    "CAUSE_UNKNOWN": Message("记录引用了日志中此前没有的记录", "an entry refers to one that is not before it", "ask"),
    # 7 order
    "ID_REUSED": Message("同一事件编号用于两条记录", "one event id stands for two entries", "keep"),
    "VERSION_GAP": Message(
        "序列中的版本号不连续：有记录缺失、插入或调换",
        "the versions of a stream have a gap, a repetition or a swap",
        "keep",
    ),
    "AFTER_AHEAD": Message(
        "签名人声称已见的版本不早于本条记录", "the signer claims to have seen a version not before this entry", "keep"
    ),
    "EXCLUSIVE_MOVED": Message(
        "独占性记录（背书、决定）与签名人所见版本之间另有记录",
        "entries stand between an exclusive act (endorsement, decision) and what its signer had seen",
        "ask",
    ),
    "STREAM_RESERVED": Message(
        "记录用了只属于登记事项的序列，或登记事项用了别的序列",
        "an act stands in a stream of the registry, or an act of the registry elsewhere",
        "ask",
    ),
    "EVENT_TWICE": Message(
        "应用的同一事件（同一对象、同一版本号）记录了两次",
        "one event of the application, by originator and version, stands in two entries",
        "keep",
    ),
    # 8 keys
    "KEY_UNKNOWN": Message("签名密钥在此位置尚未登记", "the signing key was not enrolled at this position", "keep"),
    "KEY_OF_ANOTHER": Message("签名密钥登记在另一人名下", "the signing key is enrolled for another person", "keep"),
    "KEY_ENDED": Message("签名密钥在此位置之前已注销或更换", "the signing key had ended before this position", "keep"),
    "KEY_DOUBLE_USE": Message("同一密钥用于两种用途", "one key serves two purposes", "ask"),
    "KEY_UNSHOWN": Message(
        "摘录中没有登记该签名密钥的记录，签名未核验",
        "the extract does not show who enrolled the signer's key: the signature was not checked",
        "extract",
    ),
    # 9 signatures
    "SIGNATURE_BAD": Message(
        "签名与内容不符：内容或签名被改动",
        "a signature does not fit: the statement or the signature was changed",
        "keep",
    ),
    # 10 mandates
    "POST_KIND": Message(
        "签名人的岗位类别不能作出此类行为", "the kind of post may not perform this type of act", "ask"
    ),
    "HAND_NOT_ADMITTED": Message(
        "此类行为不允许以这种方式记录", "this type does not admit the hand it is signed by", "ask"
    ),
    "NOT_A_PERFORMER": Message(
        "本人记录的签名人不在行为人之列", "signed as own act by somebody who is no performer", "ask"
    ),
    "RECORDER_ELSEWHERE": Message(
        "经办人不属于行为人所在单位或其上级",
        "the recorder belongs neither to the performer's unit nor to one above",
        "ask",
    ),
    "NO_GRANT": Message("签名人没有为此所需的授权", "the signer holds no grant for this", "ask"),
    "POST_NOT_HELD": Message(
        "据当时已登记的任职，行为当日该人不在此岗位",
        "by what was registered, the person did not hold the post on the day of the act",
        "question",
    ),
    # 11 registry
    "GENESIS_MISPLACED": Message(
        "首条记录不是建立日志的记录，或该记录出现在别处",
        "the first entry does not found the log, or a founding stands elsewhere",
        "keep",
    ),
    "GENESIS_NOT_PINNED": Message(
        "策略未写明首条记录的摘要（genesis），不能确认这是哪一个日志",
        "the policy pins no first entry (genesis): which log this is can't be told",
        "policy",
    ),
    "GENESIS_OTHER": Message(
        "首条记录不是策略所钉住的那一条：这是另一个日志",
        "the policy pins another first entry: this is another log",
        "keep",
    ),
    "REGISTRAR_MISSING": Message(
        "登记事项缺少所需登记员的签名", "an act of the registry lacks the signatures of registrars that it needs", "ask"
    ),
    "POSSESSION_BAD": Message(
        "密钥登记时的持有证明不成立", "the proof that a new key's holder has it does not hold", "ask"
    ),
    "KEY_WEAK": Message("登记了不安全的密钥", "a weak key was enrolled", "ask"),
    "REGISTRY_CONFLICT": Message(
        "登记事项与此前的登记相抵触", "an act of the registry contradicts what was registered before", "ask"
    ),
    "LOG_RETIRED": Message("日志已封存，其后仍有记录", "entries stand after the log's last act, its retirement", "ask"),
    "PREDECESSOR_CONTRADICTED": Message(
        "创始记录所称前一日志的校验点，与前一日志自身签出的不同",
        "the genesis names another tree of the log before than that log has signed",
        "keep",
    ),
    "PREDECESSOR_OTHER": Message(
        "创始记录所称的前一日志，未能用您所持的证据证实",
        "what the genesis says of the log before could not be confirmed by what you hold",
        "predecessor",
    ),
    "EDIT_NOT_ALLOWED": Message(
        "更正、作废、异议或删除由无权者作出",
        "a correction, voiding, dispute or erasure by somebody who may not make it",
        "ask",
    ),
    "AUTHORITY_UNSHOWN": Message(
        "登记该密钥或登记员的权限，摘录未全部出示",
        "that a key or a registrar was made by those who may does not follow from what the extract shows",
        "extract",
    ),
    # 12 seen checkpoints
    "SEEN_CONTRADICTED": Message(
        "签名人当时所见的日志与这份日志不是同一个", "the signer had seen another log than this one", "keep"
    ),
    "SEEN_AHEAD": Message(
        "签名人声称见过尚不存在的校验点", "the signer claims a checkpoint that reaches this entry", "keep"
    ),
    "SEEN_UNSHOWN": Message(
        "签名人当时所见的校验点不在证据中", "a checkpoint that a signer had seen is not in the evidence", "resend"
    ),
    # 13 body parts
    "PART_ALTERED": Message("正文与记录中的摘要不符", "a body part does not fit the digest in its entry", "keep"),
    "PART_MALFORMED": Message("正文不符合其类型的声明", "a body part does not fit its declared type", "keep"),
    "PART_MISSING": Message(
        "正文既未出示，也无扣留说明或删除记录", "a body part is missing, neither withheld nor erased", "parts"
    ),
    "PART_WITHHELD_REQUIRED": Message(
        "策略要求出示的正文或事件内容被扣留", "body parts or states that the policy requires are withheld", "scope"
    ),
    "PART_STRAY": Message("有不属于任何记录的正文", "there is a body part that no entry names", "ask"),
    "SCOPE_CONTRADICTED": Message(
        "证据所出示的内容与其自称的范围不符", "the evidence shows other contents than its scope announces", "scope"
    ),
    "PART_SHOWN_AFTER_ERASURE": Message(
        "已依法删除的正文仍被出示：可能违反删除决定",
        "a body part that was erased is shown all the same: the erasure may not have been carried out",
        "question",
    ),
    "STATE_ALTERED": Message(
        "事件内容与记录中的摘要或长度不符",
        "the state of an event does not fit the digest or length in its entry",
        "keep",
    ),
    "STATE_MISSING": Message(
        "事件内容既未出示，也无扣留说明", "the state of an event is missing, not even withheld", "states"
    ),
    "STATE_STRAY": Message("有不属于任何记录的事件内容", "there is a state that no entry names", "ask"),
    # 14 attachments
    "ATTACHMENT_ALTERED": Message(
        "附件与记录中的摘要不符", "an attachment does not fit the digest in its entry", "keep"
    ),
    "ATTACHMENT_SIZE": Message(
        "附件大小与签名人所写不符，但摘要相符",
        "an attachment fits its digest, but not the size that its signer named",
        "ask",
    ),
    "ATTACHMENT_MISSING": Message("附件既未出示，也无扣留说明", "an attachment is missing, not even withheld", "parts"),
    "ATTACHMENT_WITHHELD_REQUIRED": Message(
        "策略要求出示的附件被扣留", "attachments that the policy requires are withheld", "scope"
    ),
    "ATTACHMENT_WITHHELD_IN_SCOPE": Message(
        "所称范围内的记录有附件被扣留：可能由业务系统保管，请索取后比对摘要",
        "an attachment within the announced scope is withheld: its host may keep it; ask for it and compare its digest",
        "question",
    ),
    "ATTACHMENT_STRAY": Message("有不属于任何记录的附件", "there is an attachment that no entry names", "ask"),
    # 15 tree
    "ROOT_MISMATCH": Message(
        "记录与校验点不符：此前的记录被改动、删除、插入或调换",
        "the entries are not those that the checkpoint covers: changed, removed, inserted or reordered",
        "keep",
    ),
    "PROOF_MISMATCH": Message(
        "所附证明推不出校验点的根：这条记录被改动，或不在该日志的这个位置",
        "the proof does not lead to the checkpoint's root: the entry was changed, or does not stand there",
        "keep",
    ),
    "PROOF_UNCHECKED": Message(
        "没有可用的校验点，无从证明记录在日志中", "there is no checkpoint by which an entry could be proven", "resend"
    ),
    "EXTRACT": Message(
        "这是摘录：只核验了所示各条，其余未出示；不证明齐全、不证明无更正、撤销或密钥吊销",
        "an extract: what it shows was verified, and nothing else; not that it is complete, uncorrected, or unrevoked",
        "extract",
    ),
    "ENTRIES_REMOVED": Message(
        "记录少于校验点所覆盖的条数：有记录被删除", "there are fewer entries than a checkpoint covers", "keep"
    ),
    "OLDER_THAN_KNOWN": Message(
        "证据早于您所持的校验点", "the evidence is older than the checkpoint that you hold", "older"
    ),
    "CONSISTENCY_BAD": Message(
        "较早的校验点没有附上能成立的一致性证明",
        "an earlier checkpoint comes without a proof that this log goes on from it",
        "resend",
    ),
    "PAST_UNKNOWN": Message(
        "此前的记录不能凭核验记忆认定，未予核验",
        "the inspector's memory can't vouch for the entries before; nothing was judged",
        "whole",
    ),
    "EMPTY": Message("没有任何记录，什么也没有核验", "there are no entries: nothing was verified", "resend"),
    # 16 and 17 database
    "COLUMN_MISMATCH": Message("数据库列与记录内容不符", "a column of the database is not what the entry says", "keep"),
    "FILE_DAMAGED": Message(
        "数据库文件的页或索引前后不一，所读内容未必是表中所存",
        "pages or indexes of the database file contradict each other: what is read need not be what the tables hold",
        "damaged",
    ),
    "POSITION_GAP": Message(
        "数据库中的位置不连续：有记录被删除", "the positions in the database are not dense", "keep"
    ),
    "HEAD_MISMATCH": Message("数据库的头部与记录不符", "the head of the database is not that of its entries", "keep"),
    # 18 read models
    "READ_MODEL_MISMATCH": Message(
        "读取模型与记录不符：据其作出的查询结果可能有遗漏",
        "the read model is not what the entries give: answers from it may lack something",
        "rebuild",
    ),
    "READ_MODEL_VERSION": Message(
        "读取模型由其他版本的程序生成，未作比对", "other code made the read model; it was not compared", "rebuild"
    ),
    # 19 anchor
    "NO_ANCHOR": Message(
        "没有满足策略的校验点：整体未被锚定", "no checkpoint satisfies the policy: nothing is anchored", "anchor"
    ),
    "ANCHOR_STALE": Message(
        "锚定过旧，或没有可证明的时间", "the anchor is older than the policy allows, or has no time", "anchor"
    ),
    # 20 times
    "CLOCK_STEP": Message("日志时钟曾回拨", "the log's clock stepped back", "question"),
    "RECORDED_OUTSIDE_INTERVAL": Message(
        "日志记下的时间不在可证明的区间内", "the time of recording lies outside the proven interval", "question"
    ),
    "HAPPENED_AFTER_RECORDED": Message(
        "所称发生时间晚于记录时间", "the act is said to have happened after it was recorded", "question"
    ),
    "SIGNED_IN_DISPUTE": Message(
        "有记录由据称已泄露的密钥签名，且不能证明签于泄露之前",
        "acts were signed by a key said to be compromised, and nothing proves them older",
        "question",
    ),
    # 21 the verifier itself
    "INTERNAL_ERROR": Message("核验未能进行到底", "the verification could not be carried to its end", "report"),
}
