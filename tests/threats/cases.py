"""
One row of the table: an attack at a tier, what the inspector brings, and what the report must then say.

An attack is a small function of the world, a copy and the tier; unless it says otherwise, the checkpoints are made to
fit afterwards as far as the tier can (`tests.threats.world.seal`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pytest
from tests.threats.world import TIERS, Tier, World, seal

from trail.application import audit
from trail.evidence.record import decode_entry
from trail.evidence.refusals import CODES, FORGED, OPEN
from trail.inspecting import State, inspect
from trail.inspecting.inspection import StateMemory, audited
from trail.signing import PublicKey, parse_policy
from trail.testing.stored import DatabaseCopy, EvidenceCopy
from trail.verify import Report, verify

Change = Callable[[World, Any, Tier], None]

BRINGS: Final = {
    "policy": "the policy alone",
    "fresh": "a policy that says `fresh`",
    "known": "the last checkpoint, held",
    "older": "an older checkpoint, held",
    "state": "the memory of an earlier verification (`--state`)",
    "receipt": "a receipt (`trail proof`), whose checkpoint is then the known one",
}
"""What the inspector has beside the evidence; a policy always."""

ZH: Final = {
    "ANCHOR_STALE": "锚定过旧",
    "CAUSE_UNKNOWN": "记录引用了日志中此前没有的记录",
    "CHECKPOINT_FOREIGN": "校验点没有策略所列日志密钥的签名",
    "CHECKPOINT_FORGED": "签名不是该日志密钥所签",
    "CHECKPOINT_FORK": "两个不同的校验点（分叉）",
    "CLOCK_STEP": "日志时钟曾回拨",
    "COLUMN_MISMATCH": "数据库列与记录内容不符",
    "COSIGNATURE_BAD": "不是其密钥所签，不予计入",
    "EDIT_NOT_ALLOWED": "更正、作废、异议或删除由无权者作出",
    "ENTRIES_REMOVED": "记录少于校验点所覆盖的条数：有记录被删除",
    "ENTRY_MALFORMED": "记录的字节不成其为记录",
    "EXCLUSIVE_MOVED": "独占性记录（背书、决定）与签名人所见版本之间另有记录",
    "GENESIS_MISPLACED": "首条记录不是建立日志的记录，或该记录出现在别处",
    "GENESIS_OTHER": "首条记录不是策略所钉住的那一条",
    "HAND_NOT_ADMITTED": "此类行为不允许以这种方式记录",
    "HAPPENED_AFTER_RECORDED": "所称发生时间晚于记录时间",
    "HEAD_MISMATCH": "数据库的头部与记录不符",
    "ID_REUSED": "同一事件编号用于两条记录",
    "KEY_DOUBLE_USE": "同一密钥用于两种用途",
    "KEY_ENDED": "签名密钥在此位置之前已注销或更换",
    "KEY_OF_ANOTHER": "签名密钥登记在另一人名下",
    "KEY_UNKNOWN": "签名密钥在此位置尚未登记",
    "KEY_WEAK": "登记了不安全的密钥",
    "LOG_NOT_IN_POLICY": "策略中没有这个日志",
    "NO_ANCHOR": "没有满足策略的校验点：整体未被锚定",
    "NO_GRANT": "签名人没有为此所需的授权",
    "NOT_A_PERFORMER": "签名人不在行为人之列",
    "OLDER_THAN_KNOWN": "证据早于您所持的校验点",
    "ORIGIN_MISMATCH": "记录属于另一个日志",
    "POSITION_GAP": "数据库中的位置不连续：有记录被删除",
    "POSSESSION_BAD": "持有证明不成立",
    "POST_KIND": "签名人的岗位类别不能作出此类行为",
    "POST_NOT_HELD": "行为当日该人不在此岗位",
    "RECORDED_OUTSIDE_INTERVAL": "日志记下的时间不在可证明的区间内",
    "RECORDER_ELSEWHERE": "经办人不属于行为人所在单位或其上级",
    "REGISTRAR_MISSING": "缺少所需登记员的签名",
    "REGISTRY_CONFLICT": "与此前的登记相抵触",
    "ROOT_MISMATCH": "此前的记录被改动、删除、插入或调换",
    "SEEN_CONTRADICTED": "签名人当时所见的日志与这份日志不是同一个",
    "SEEN_AHEAD": "签名人声称见过尚不存在的校验点",
    "SEEN_UNSHOWN": "签名人当时所见的校验点不在证据中",
    "SIGNATURE_BAD": "签名与内容不符：内容或签名被改动",
    "SIGNED_IN_DISPUTE": "据称已泄露的密钥签名",
    "VERSION_GAP": "序列中的版本号不连续",
}
"""By code, what the Chinese report must say: written down here, not taken from the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    An attack at a tier.

    ``code`` is the finding that shows it, or a remark (several: with spaces between); empty where nothing does, and
    then ``shows`` is what the Chinese report says all the same (with the world's sizes by name) and ``why`` the reason
    that it can't say more.
    """

    case: str
    tier: str
    how: str
    does: str
    change: Change
    code: str = ""
    brings: str = "policy"
    file: bool = False
    start: str = "log.db"
    sealed: bool = True
    shows: str = ""
    why: str = ""

    @property
    def id(self) -> str:
        """The name of the test."""
        parts = [self.case, self.tier, self.how, self.brings, "file" if self.file else ""]
        return "-".join(part for part in parts if part)

    @property
    def expected(self) -> str:
        """The verdict: that of the gravest of the codes."""
        effects = {CODES[code][1] for code in self.codes}
        return "altered" if FORGED in effects else "inconclusive" if OPEN in effects else "intact"

    @property
    def codes(self) -> list[str]:
        """Every code that must be found."""
        return self.code.split()


ROWS: list[Row] = []


def remember(patch: pytest.MonkeyPatch) -> None:
    """Have each good signature checked once, and each entry read once by the tamper kit (not by the verifier)."""
    check, good = PublicKey.verify, set[tuple[bytes, bytes, bytes]]()

    def verify_once(self: PublicKey, message: bytes, signature: bytes) -> None:
        made = (self.id, message, signature)
        if made not in good:
            check(self, message, signature)
            good.add(made)

    patch.setattr(PublicKey, "verify", verify_once)
    patch.setattr("trail.testing.stored.decode_entry", lru_cache(maxsize=8_192)(decode_entry))


def attack(case: str, how: str, does: str, *seen: tuple[Any, ...], **more: Any) -> Callable[[Change], Change]:
    """
    Enter an attack into the table, once for each of *seen*: tier, code, then what the inspector brings, ``"file"``.

    A code of ``""`` says that nothing shows it; then a text for the Chinese report and the reason follow in *more*.
    """

    def enter(change: Change) -> Change:
        for tier, code, *rest in seen:
            file = "file" in rest
            brings = next((word for word in rest if word in BRINGS), "policy")
            blind = {} if not code else {"shows": "", "why": ""}
            ROWS.append(
                Row(case=case, tier=tier, how=how, does=does, change=change, code=code, brings=brings, file=file,
                    **{**more, **blind})
            )  # fmt: skip
        return change

    return enter


def carried_out(row: Row, world: World) -> DatabaseCopy | EvidenceCopy:
    """The copy as the attacker leaves it."""
    copy: DatabaseCopy | EvidenceCopy = world.file() if row.file else world.database(row.start)
    row.change(world, copy, TIERS[row.tier])
    if row.sealed:
        seal(copy, TIERS[row.tier])
    return copy


def inspected(row: Row, world: World, copy: DatabaseCopy | EvidenceCopy) -> Report:
    """What the inspector's command reports of it."""
    policy = world.fresh_policy if row.brings == "fresh" else world.honest_policy
    known = {"known": world.known, "older": world.older, "receipt": world.receipt}.get(row.brings)
    if row.brings == "state":
        with world.memory() as state:
            return _with_memory(world, copy, policy, state)
    if isinstance(copy, EvidenceCopy):
        return verify(copy.save(), policy, known=known, now=world.now)
    path = copy.save()
    try:
        return audit(path, policy, known=known, now=world.now)
    finally:
        path.unlink()


def _with_memory(world: World, copy: DatabaseCopy | EvidenceCopy, policy: str, state: State) -> Report:
    """As `trail verify --state` does it."""
    if isinstance(copy, EvidenceCopy):
        return inspect(copy.save(), policy, state, now=world.now).report
    memory, path = StateMemory(state, parse_policy(policy)), copy.save()
    try:
        return audited(state, memory, audit(path, policy, memory=memory, now=world.now)).report
    finally:
        path.unlink()
