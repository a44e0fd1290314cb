"""
Proven times, worked through with real signatures: the cases of ``docs/times.md``, by date, each with what is proven.

Dates are of the year 2027, nine in the morning in Asia/Shanghai.  Three witnesses (dic, lib, press), a quorum of two.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import pytest
from tests.evidence.kit import Log, key_of, witness_key
from tests.evidence.opaque_kit import OpaqueLog

from trail.evidence.file import EntryItem, Item
from trail.evidence.intervals import Interval
from trail.evidence.moment import Happened
from trail.evidence.record import Record, Seen
from trail.evidence.times import ActTimes
from trail.evidence.verdict import Report, Verdict
from trail.report.text import report_lines
from trail.signing import dated_anchor_digest, parse_note
from trail.verify import verify

WITNESSES = {name: witness_key(name) for name in ("dic", "lib", "press")}
CST = dt.timezone(dt.timedelta(hours=8))
NOT_PROVEN = None


def on(day: str, hour: int = 9) -> int:
    """UTC seconds of ``03-05`` of 2027, at an hour in Asia/Shanghai."""
    return int(dt.datetime.fromisoformat(f"2027-{day}T{hour:02}:00").replace(tzinfo=CST).timestamp())


@cache
def _founded() -> Log:
    log = Log()
    log.appoint("p-001", "jia/secretary")
    return log


class Case:
    """A log with its checkpoints and cosignatures, told in order."""

    def __init__(self) -> None:
        self.log = copy.deepcopy(_founded())
        self.cosigned: dict[int, dict[str, int]] = {}

    def checkpoint(self, **cosigned: str) -> int:
        """A checkpoint of the log as it stands, cosigned on these days by these witnesses; its size."""
        size = len(self.log.entries)
        self.cosigned.setdefault(size, {})
        self.cosign(size, **cosigned)
        return size

    def cosign(self, size: int, **days: str) -> None:
        """Witnesses cosign an issued checkpoint, on these days."""
        self.cosigned[size] |= {name: on(day) for name, day in days.items()}

    def note(self, size: int) -> str:
        return self.log.checkpoint(size, self.cosigned[size])

    def seen(self, size: int, *names: str) -> Seen:
        """What a signer had seen: a checkpoint, and the cosignatures of these witnesses on it."""
        by = {s.name: s.line for s in parse_note(self.note(size)).signatures}
        named = tuple(sorted(dated_anchor_digest(by[f"{name}.example"]) for name in names))
        return Seen(size, self.log.root(size), named)

    def act(self, recorded: str, seen: Seen | None = None, *, happened: str | None = None, hour: int = 9) -> Record:
        """A talk, recorded on a day, said to have been held on that day or another."""
        built = self.log.talk(seen=seen, happened=Happened.on(f"2027-{happened or recorded}"))
        return self.log.add(built, recorded=on(recorded, hour))

    def policy(self, count: int = 2, **options: Any) -> str:
        """The inspector's policy: so many of three witnesses."""
        groups = {"some": (count, tuple(WITNESSES))}
        return self.log.policy(**({"witnesses": WITNESSES, "groups": groups, "quorum": "some"} | options))

    def items(self) -> list[Item]:
        return self.log.items([self.note(size) for size in sorted(self.cosigned)])

    def judged(self, policy: str | None = None, items: Iterable[Item] | None = None) -> Judged:
        """The report, and the interval of every act."""
        rows: list[ActTimes] = []
        report = verify(self.items() if items is None else items, policy or self.policy(), times=rows.append)
        return Judged(report, {row.position: row.interval(report.times.upper) for row in rows}, rows)


class Judged(NamedTuple):
    """A report, the intervals by position, and the rows."""

    report: Report
    intervals: dict[int, Interval]
    rows: list[ActTimes]

    def remarks(self, code: str) -> list[int | None]:
        return [one.position for one in self.report.remarks if one.code == code]

    def said(self, lang: str) -> str:
        return "\n".join(report_lines(self.report, lang))


@pytest.fixture
def case() -> Case:
    return Case()


def proven(signed: str | None, recorded: str | None, not_after: str | None) -> Interval:
    return Interval(*(None if day is None else on(day) for day in (signed, recorded, not_after)))


# --- 1 a checkpoint of 1 March, an act of 5 March that names it, cosigned only on 1 April ----------------------------


def test_an_act_names_a_checkpoint_that_nobody_had_cosigned_yet(case: Case) -> None:
    size = case.checkpoint()
    act = case.act("03-05", case.seen(size))
    case.cosign(size, dic="04-01", lib="04-01")
    april = case.act("04-02", case.seen(size, "dic", "lib"))
    case.checkpoint(dic="04-03", lib="04-03")
    found = case.judged()

    assert found.report.verdict is Verdict.INTACT
    assert found.intervals[size] == proven(NOT_PROVEN, NOT_PROVEN, "04-01")
    assert found.intervals[act.position] == proven(NOT_PROVEN, NOT_PROVEN, "04-03"), "April's witness had not seen it"
    assert found.intervals[april.position] == proven("04-01", "04-01", "04-03")
    assert found.report.counts == {}


def test_the_same_act_is_bounded_from_below_where_march_s_checkpoint_was_cosigned_in_march(case: Case) -> None:
    size = case.checkpoint(dic="03-01", lib="03-01")
    act = case.act("03-05", case.seen(size, "dic", "lib"))
    case.checkpoint(dic="04-01", lib="04-01")
    found = case.judged()

    assert found.intervals[act.position] == proven("03-01", "03-01", "04-01")
    times = found.report.times
    assert (times.widest, times.widest_at) == (on("04-01") - on("03-01"), act.position)
    assert (times.positions, times.signed, times.recorded, times.until) == (act.position, 1, 1, act.position)
    assert "31 d (from position" in found.said("en")
    assert "31 天（自第" in found.said("zh")


def test_one_witness_is_no_quorum_from_below_nor_from_above(case: Case) -> None:
    size = case.checkpoint(dic="03-01")
    act = case.act("03-05", case.seen(size, "dic"))
    case.checkpoint(dic="04-01")
    found = case.judged()

    assert found.intervals[act.position] == proven(NOT_PROVEN, NOT_PROVEN, NOT_PROVEN)
    assert found.report.verdict is Verdict.INCONCLUSIVE
    assert case.judged(case.policy(1)).intervals[act.position] == proven("03-01", "03-01", "04-01")


def test_a_signer_who_held_only_some_of_a_quorum_proves_nothing_of_time(case: Case) -> None:
    """Nor is a quorum put together from what two statements name; who names both proves it."""
    size = case.checkpoint(dic="03-01", lib="03-02")
    acts = [case.act("03-05", case.seen(size, name)) for name in ("dic", "lib")]
    whole = case.act("03-06", case.seen(size, "dic", "lib"))
    case.checkpoint(dic="04-01", lib="04-01")
    found = case.judged()

    assert {found.intervals[one.position] for one in acts} == {proven(NOT_PROVEN, NOT_PROVEN, "04-01")}
    assert found.intervals[whole.position] == proven("03-01", "03-01", "04-01")
    assert found.report.times.signed == 1


# --- 2 statements that name nothing ----------------------------------------------------------------------------------


def test_statements_that_name_nothing_are_bounded_by_what_stands_before_them(case: Case) -> None:
    first = case.act("02-01")
    size = case.checkpoint(dic="03-01", lib="03-01")
    naming = case.act("03-05", case.seen(size, "dic", "lib"))
    nothing = case.act("03-06")
    case.checkpoint(dic="04-01", lib="04-01")
    found = case.judged()

    assert found.intervals[first.position] == proven(NOT_PROVEN, NOT_PROVEN, "03-01")
    assert found.intervals[naming.position] == proven("03-01", "03-01", "04-01")
    assert found.intervals[nothing.position] == proven(NOT_PROVEN, "03-01", "04-01")


def test_an_anchor_by_a_key_that_the_policy_does_not_name_bounds_nothing(case: Case) -> None:
    size = case.checkpoint(dic="03-01", lib="03-01", stranger="03-04")
    act = case.act("03-05", case.seen(size, "stranger"))
    case.checkpoint(dic="04-01", lib="04-01", stranger="03-06")

    assert case.judged().intervals[act.position] == proven(NOT_PROVEN, NOT_PROVEN, "04-01")


# --- 3 an old `seen` replayed ----------------------------------------------------------------------------------------


def test_an_old_anchor_named_again_is_a_weaker_bound_and_never_a_wrong_one(case: Case) -> None:
    march = case.checkpoint(dic="03-01", lib="03-01")
    old = case.seen(march, "dic", "lib")
    case.act("03-05", old)
    may = case.checkpoint(dic="05-01", lib="05-01")
    case.act("05-05", case.seen(may, "dic", "lib"))
    replayed = case.act("06-10", old, happened="03-08")
    case.checkpoint(dic="07-01", lib="07-01")
    found = case.judged()

    # It may have been signed in March; but it came into the log after May's anchor was named, and by July.
    assert found.intervals[replayed.position] == proven("03-01", "05-01", "07-01")
    assert found.report.counts == {}


# --- 4 a clock set back a month --------------------------------------------------------------------------------------


def test_a_clock_set_back_a_month_is_remarked_and_order_goes_by_position(case: Case) -> None:
    size = case.checkpoint(dic="05-01", lib="05-01")
    before = case.act("05-02", case.seen(size, "dic", "lib"))
    back = case.act("04-02", case.seen(size, "dic", "lib"))
    again = case.act("04-03")
    case.checkpoint(dic="05-03", lib="05-03")
    found = case.judged()

    assert found.report.verdict is Verdict.INTACT
    assert found.remarks("CLOCK_STEP") == [back.position]
    assert found.remarks("RECORDED_OUTSIDE_INTERVAL") == [back.position, again.position]
    assert found.report.counts["RECORDED_OUTSIDE_INTERVAL"] == 2
    assert [found.intervals[one.position] for one in (before, back, again)] == [
        proven("05-01", "05-01", "05-03"), proven("05-01", "05-01", "05-03"), proven(NOT_PROVEN, "05-01", "05-03"),
    ]  # fmt: skip
    assert [row.position for row in found.rows] == sorted(row.position for row in found.rows)
    assert "the log's clock readings of 2 entries" in found.said("en")
    assert "2 条的日志时钟读数在证明的区间之外" in found.said("zh")


def test_a_clock_set_ahead_lies_beyond_the_upper_bound(case: Case) -> None:
    ahead = case.act("06-05")
    case.checkpoint(dic="05-03", lib="05-03")
    found = case.judged()

    assert found.remarks("RECORDED_OUTSIDE_INTERVAL") == [ahead.position]
    assert found.intervals[ahead.position] == proven(NOT_PROVEN, NOT_PROVEN, "05-03")


@pytest.mark.parametrize(("early", "late"), [(300, 300), (301, 301)])
def test_the_tolerance_is_300_whole_seconds_on_both_sides(case: Case, early: int, late: int) -> None:
    size = case.checkpoint(dic="05-01", lib="05-01")
    built = case.log.talk(seen=case.seen(size, "dic", "lib"))
    low = case.log.add(built, recorded=on("05-01") - early)
    high = case.log.add(case.log.talk(), recorded=on("05-03") + late)
    case.checkpoint(dic="05-03", lib="05-03")

    outside = [low.position, high.position] if early > 300 else []
    assert case.judged().remarks("RECORDED_OUTSIDE_INTERVAL") == outside


# --- 5 a quorum of two of three with different times -----------------------------------------------------------------


def test_a_quorum_stands_when_its_second_witness_had_cosigned(case: Case) -> None:
    act = case.act("03-05")
    case.checkpoint(press="03-20", dic="03-10", lib="04-01")

    assert case.judged().intervals[act.position] == proven(NOT_PROVEN, NOT_PROVEN, "03-20")
    assert case.judged(case.policy(3)).intervals[act.position] == proven(NOT_PROVEN, NOT_PROVEN, "04-01")
    assert case.judged(case.policy(1)).intervals[act.position] == proven(NOT_PROVEN, NOT_PROVEN, "03-10")


def test_from_below_the_second_latest_of_three_counts(case: Case) -> None:
    size = case.checkpoint(press="03-20", dic="03-10", lib="04-01")
    some = case.act("04-02", case.seen(size, "dic", "press"))
    every = case.act("04-03", case.seen(size, "dic", "lib", "press"))
    case.checkpoint(dic="05-01", lib="05-01", press="05-02")

    def bounds(count: int) -> list[Interval]:
        found = case.judged(case.policy(count))
        return [found.intervals[one.position] for one in (some, every)]

    assert bounds(2) == [proven("03-10", "03-10", "05-01"), proven("03-20", "03-20", "05-01")]
    assert bounds(3) == [proven(NOT_PROVEN, NOT_PROVEN, "05-02"), proven("03-10", "03-10", "05-02")]
    assert bounds(1) == [proven("03-20", "03-20", "05-01"), proven("04-01", "04-01", "05-01")]


def test_of_one_witness_s_lines_the_first_counts_from_above_and_the_last_that_is_named_from_below(case: Case) -> None:
    case.act("02-27")
    size = case.checkpoint(dic="03-01", lib="03-03")
    old = case.seen(size, "dic", "lib")
    again = parse_note(case.log.checkpoint(size, {"dic": on("03-04")})).lines[-1]
    one = case.act("03-05", old)
    both = case.act("03-06", old._replace(anchors=tuple(sorted({*old.anchors, dated_anchor_digest(again)}))))
    last = case.checkpoint(dic="04-01", lib="04-01")
    found = case.judged(items=case.log.items([case.note(size) + again, case.note(last)]))

    assert found.intervals[size] == proven(NOT_PROVEN, NOT_PROVEN, "03-03")
    assert found.intervals[one.position] == proven("03-01", "03-01", "04-01")
    assert found.intervals[both.position] == proven("03-03", "03-03", "04-01")
    twice = case.judged(case.policy(1), items=case.log.items([case.note(size) + again, case.note(last)]))
    assert twice.intervals[size].not_after == on("03-01")
    assert twice.intervals[both.position] == proven("03-04", "03-04", "04-01")


# --- 6 a witness that dates ahead ------------------------------------------------------------------------------------


def test_one_witness_that_dates_ahead_does_not_move_a_quorum_that_stands_without_it(case: Case) -> None:
    act = case.act("03-05")
    case.checkpoint(dic="03-10", lib="03-11", press="12-31")
    assert case.judged().intervals[act.position] == proven(NOT_PROVEN, NOT_PROVEN, "03-11")


def test_a_quorum_that_needs_it_is_dated_late_which_is_true_and_says_little(case: Case) -> None:
    act = case.act("03-05")
    case.checkpoint(dic="03-10", press="12-31")
    assert case.judged().intervals[act.position] == proven(NOT_PROVEN, NOT_PROVEN, "12-31")


def test_named_from_below_it_makes_no_punctual_act_late(case: Case) -> None:
    size = case.checkpoint(dic="03-01", lib="03-01", press="12-31")
    act = case.act("03-05", case.seen(size, "dic", "lib", "press"))
    other = case.act("03-05", case.seen(size, "dic", "press"))
    nothing = case.act("03-06")
    case.checkpoint(dic="04-01", lib="04-01")
    found = case.judged()

    assert found.report.verdict is Verdict.INTACT
    assert {found.intervals[one.position] for one in (act, other)} == {proven("03-01", "03-01", "04-01")}
    assert found.intervals[nothing.position] == proven(NOT_PROVEN, "03-01", "04-01")
    assert found.report.counts == {}
    assert found.report.times.crossed == 0


def test_two_that_date_ahead_contradict_the_next_quorum_and_both_are_told(case: Case) -> None:
    size = case.checkpoint(dic="12-30", lib="03-01", press="12-31")
    act = case.act("03-05", case.seen(size, "dic", "lib", "press"))
    case.checkpoint(dic="04-01", lib="04-01")
    found = case.judged()

    assert found.report.verdict is Verdict.INTACT
    assert found.intervals[act.position] == proven("12-30", "12-30", "04-01")
    assert found.intervals[act.position].crossed
    assert (found.report.times.crossed, found.report.times.widest) == (1, None)
    assert found.remarks("RECORDED_OUTSIDE_INTERVAL") == [act.position]
    assert "a witness's clock is wrong" in found.said("en")
    assert "有见证人的时钟不对" in found.said("zh")
    # A policy that no longer trusts the two has a clean answer.
    policy = case.policy(witnesses={"lib": WITNESSES["lib"]}, groups={}, quorum="lib")
    assert case.judged(policy).intervals[act.position] == proven("03-01", "03-01", "04-01")


# --- 7 two quorums at different sizes --------------------------------------------------------------------------------


def test_the_earliest_covering_quorum_counts_even_on_a_larger_checkpoint(case: Case) -> None:
    first = case.act("03-05")
    small = case.checkpoint()
    second = case.act("03-06")
    case.checkpoint(dic="04-01", lib="04-01")
    third = case.act("04-05")
    case.cosign(small, dic="05-01", lib="05-01")
    case.checkpoint(dic="06-01", lib="06-01")
    found = case.judged()

    assert [found.intervals[one.position].not_after for one in (first, second, third)] == [
        on("04-01"), on("04-01"), on("06-01"),
    ]  # fmt: skip


def test_a_quorum_is_of_one_checkpoint_and_not_put_together_from_two(case: Case) -> None:
    first = case.act("03-05")
    case.checkpoint(dic="03-06")
    case.act("03-07")
    case.checkpoint(lib="03-08")
    case.act("03-09")
    case.checkpoint(dic="05-01", lib="05-01")

    assert case.judged().intervals[first.position] == proven(NOT_PROVEN, NOT_PROVEN, "05-01")


# --- 8 a revocation with a claimed date of compromise ----------------------------------------------------------------


def test_a_claimed_date_of_compromise_disputes_only_what_nothing_proves_to_be_older(case: Case) -> None:
    safe = case.act("03-05")
    case.checkpoint(dic="04-01", lib="04-01")
    named = case.checkpoint()
    disputed = case.act("04-05", case.seen(named, "dic", "lib"))
    back = case.act("03-06", happened="03-06")  # written in now, with a clock that says March
    fields = {"key": key_of("p-001").public.id, "reason": "compromised", "compromised_since": on("04-10")}
    built = case.log.registrar_built("KeyRevoked", fields, ("r-1",))
    revoked = case.log.add(built, recorded=on("04-20"))
    case.checkpoint(dic="05-01", lib="05-01")
    found = case.judged()

    (remark,) = [one for one in found.report.remarks if one.code == "SIGNED_IN_DISPUTE"]
    assert (remark.position, remark.found) == (revoked.position, [disputed.position, back.position])
    assert found.intervals[safe.position] == proven(NOT_PROVEN, NOT_PROVEN, "04-01")
    # What is disputed is exactly what has no upper bound before the date: a lower bound makes nothing older.
    since = on("04-10")
    mine = [row.position for row in found.rows if row.type == "TalkHeld@1" and row.position < revoked.position]
    late = [p for p in mine if (end := found.intervals[p].not_after) is None or end >= since]
    assert late == [disputed.position, back.position]


# --- 9 what stands in the tree that was seen -------------------------------------------------------------------------


def test_whoever_names_a_tree_signed_after_all_that_stands_in_it(case: Case) -> None:
    """The newest checkpoint has no witness yet, but an act in it names March's: the root can't be older than that."""
    march = case.checkpoint(dic="03-01", lib="03-01")
    case.act("03-05", case.seen(march, "dic", "lib"))
    bare = case.checkpoint()
    act = case.act("03-06", case.seen(bare))
    early = case.act("03-07", case.seen(march))  # names March's checkpoint, but none of its cosignatures
    case.checkpoint(dic="04-01", lib="04-01")
    found = case.judged()

    assert found.intervals[act.position] == proven("03-01", "03-01", "04-01")
    assert found.intervals[early.position] == proven(NOT_PROVEN, "03-01", "04-01")


def test_a_tree_that_was_never_compared_bounds_nothing(case: Case) -> None:
    march = case.checkpoint(dic="03-01", lib="03-01")
    case.act("03-05", case.seen(march, "dic", "lib"))
    size = len(case.log.entries)
    invented = case.act("03-06", Seen(size, bytes(32), ()))
    case.checkpoint(dic="04-01", lib="04-01")
    found = case.judged()

    assert found.report.verdict is not Verdict.INTACT
    assert found.intervals[invented.position].signed_not_before is NOT_PROVEN


# --- 10 what the entries do not bear out -----------------------------------------------------------------------------


def test_a_checkpoint_that_covers_other_entries_proves_nothing_about_these(case: Case) -> None:
    case.act("03-05")
    size = case.checkpoint(dic="03-10", lib="03-10")
    note = case.note(size)
    forged = case.log.record(case.log.talk(happened=Happened.on("2027-03-04")), recorded=on("03-05"))
    other = copy.deepcopy(case.log)
    other.entries[-1:] = []
    other.add(case.log.talk(), recorded=on("03-05"))
    found = case.judged(items=other.items([note]))

    assert forged.position == size + 1
    assert found.report.verdict is Verdict.ALTERED
    assert "ROOT_MISMATCH" in found.report.counts
    assert {one.not_after for one in found.intervals.values()} == {NOT_PROVEN}
    assert found.report.times.until == 0


def test_a_file_that_was_cut_off_proves_nothing_by_a_checkpoint_it_does_not_reach(case: Case) -> None:
    size = case.checkpoint(dic="03-01", lib="03-01")
    case.act("03-05")
    case.checkpoint(dic="04-01", lib="04-01")
    items = case.items()
    last = max(at for at, item in enumerate(items) if isinstance(item, EntryItem))
    found = case.judged(items=items[:last])

    assert found.report.verdict is not Verdict.INTACT
    assert found.report.times.until == size == len(found.rows)


# --- 11 opaque logs --------------------------------------------------------------------------------------------------


def test_an_event_of_an_application_is_bounded_from_above_alone() -> None:
    log = OpaqueLog()
    for day in ("03-05", "03-06"):
        log.event(recorded=on(day))
    policy = log.policy(witnesses=WITNESSES, groups={"some": (2, tuple(WITNESSES))}, quorum="some")
    rows: list[ActTimes] = []
    note = log.checkpoint(2, {"dic": on("04-01"), "lib": on("04-02")})
    report = verify(log.items([note]), policy, times=rows.append)

    assert report.verdict is Verdict.INTACT
    assert [(row.position, row.event, row.type, row.happened) for row in rows] == [
        (1, "shelf-1/1", "stock:Shelf.Filled", None), (2, "shelf-1/2", "stock:Shelf.Filled", None),
    ]  # fmt: skip
    assert {row.interval(report.times.upper) for row in rows} == {proven(NOT_PROVEN, NOT_PROVEN, "04-02")}
    assert (report.times.until, report.times.signed, report.times.recorded) == (2, 0, 0)
    assert "not after: 2 of 2; not before: can't be known" in "\n".join(report_lines(report, "en"))
    assert "不晚于 2 条；不早于：不可知" in "\n".join(report_lines(report, "zh"))


def test_where_there_is_no_whole_nothing_is_summed_up(case: Case) -> None:
    empty = verify(b"", case.policy())
    assert "proven times" not in "\n".join(report_lines(empty, "en"))
    assert "proven times" in case.judged().said("en")


# --- 12 without a quorum ---------------------------------------------------------------------------------------------


def test_a_policy_without_a_quorum_proves_no_time(case: Case) -> None:
    size = case.checkpoint(dic="03-01")
    act = case.act("03-05", case.seen(size, "dic"))
    case.checkpoint(dic="04-01")
    policy = case.log.policy(witnesses=WITNESSES)
    assert case.judged(policy).intervals[act.position] == proven(NOT_PROVEN, NOT_PROVEN, NOT_PROVEN)
