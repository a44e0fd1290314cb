"""
Proven intervals against their naive definition, in random logs without signatures: what is written down, word by word.

An act here is a size that its signer had seen and the dated anchors that they named on it; a checkpoint is its size and
each witness's time.  The definition goes through all of them anew for every position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.evidence.kit import log_note_key, witness_key

from trail.evidence.intervals import (
    NOTHING_PROVEN,
    TOLERANCE,
    Interval,
    LowerBounds,
    Proven,
    UpperBounds,
    latest_named,
    latest_of_each,
    proven,
)
from trail.evidence.record import Seen
from trail.signing import Policy, format_policy, parse_policy

WITNESSES = ("dic", "lib", "press")
STRANGER = "stranger"
ROOT = bytes(32)
FAR = 10_000  # well beyond the tolerance, so that bounds cross


class Act(NamedTuple):
    """What the signer had seen: a size (0: nothing), and the witnesses whose cosignatures on it they named."""

    seen: int
    named: tuple[str, ...]


class Story(NamedTuple):
    """A log: its acts by position, and of each checkpoint the time at which each witness cosigned it."""

    acts: tuple[Act, ...]
    checkpoints: Mapping[int, Mapping[str, int]]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Acts that name earlier checkpoints, and witnesses that date as they like."""
    size = draw(st.integers(1, 9))
    dates = st.dictionaries(st.sampled_from((*WITNESSES, STRANGER)), st.integers(0, 5).map(lambda n: n * FAR))
    checkpoints = draw(st.dictionaries(st.integers(1, size), dates, max_size=5))
    acts = []
    for position in range(1, size + 1):
        known = [at for at in checkpoints if at < position]
        at = draw(st.sampled_from([0, *known]))
        there = sorted(checkpoints.get(at, ()))
        held = draw(st.just(there) | st.lists(st.sampled_from(there), unique=True)) if there else []
        acts.append(Act(at, tuple(held)))
    return Story(tuple(acts), checkpoints)


@cache
def policy(threshold: int) -> Policy:
    witnesses = {name: witness_key(name) for name in WITNESSES}
    groups = {"some": (threshold, WITNESSES)}
    return parse_policy(format_policy(logs=[log_note_key()], witnesses=witnesses, groups=groups, quorum="some"))


# --- the definition --------------------------------------------------------------------------------------------------


def signed(story: Story, position: int, threshold: int) -> int | None:
    """
    Over all sets of the witnesses that the statement names which make the quorum, the largest earliest time; or that
    of a statement in the tree whose root it names.
    """
    act = story.acts[position - 1]
    known = [name for name in act.named if name != STRANGER]
    own = [min(story.checkpoints[act.seen][name] for name in some) for some in combinations(known, threshold)]
    inside = [time for at in range(1, act.seen + 1) if (time := signed(story, at, threshold)) is not None]
    return max([*own, *inside], default=None)


def recorded(story: Story, position: int, threshold: int) -> int | None:
    """The latest of the statement itself and of every earlier position."""
    times = [time for at in range(1, position + 1) if (time := signed(story, at, threshold)) is not None]
    return max(times, default=None)


def not_after(story: Story, position: int, threshold: int) -> int | None:
    """Over all covering checkpoints and all sets of witnesses that make the quorum: the smallest latest time."""
    found = []
    for size, dates in story.checkpoints.items():
        known = [name for name in dates if name != STRANGER]
        if size >= position:
            found += [max(dates[name] for name in some) for some in combinations(known, threshold)]
    return min(found, default=None)


def naive(story: Story, threshold: int) -> list[Interval]:
    """The interval of every act, from the definition."""
    positions = range(1, len(story.acts) + 1)
    return [
        Interval(signed(story, p, threshold), recorded(story, p, threshold), not_after(story, p, threshold))
        for p in positions
    ]


# --- the code --------------------------------------------------------------------------------------------------------


def digest(size: int, name: str) -> bytes:
    return f"{size}/{name}".encode()


def lower_of(story: Story, threshold: int) -> LowerBounds[int]:
    dated = {digest(size, name): (name, time) for size, dates in story.checkpoints.items()
             for name, time in dates.items() if name != STRANGER}  # fmt: skip

    def named(seen: Seen) -> list[int] | None:
        if seen.size not in story.checkpoints:
            return None
        time = latest_named(policy(threshold), (dated[one] for one in seen.anchors if one in dated))
        return [] if time is None else [time]

    return LowerBounds(named)


def seen_by(act: Act) -> Seen | None:
    return Seen(act.seen, ROOT, tuple(digest(act.seen, name) for name in act.named)) if act.seen else None


def upper_of(story: Story, threshold: int) -> UpperBounds[int]:
    rules = policy(threshold)
    times = {size: rules.earliest_quorum({name: time for name, time in dates.items() if name != STRANGER})
             for size, dates in story.checkpoints.items()}  # fmt: skip
    return UpperBounds((size, time) for size, time in times.items() if time is not None)


def told(story: Story, threshold: int) -> tuple[list[Interval], LowerBounds[int], UpperBounds[int]]:
    """The intervals in one pass, as the verifier takes them."""
    lower, upper = lower_of(story, threshold), upper_of(story, threshold)
    rows = []
    for position, act in enumerate(story.acts, 1):
        seen = seen_by(act)
        since = None if seen is None else lower.take(position, seen)
        rows.append(Interval(since, lower.recorded(position), upper.at(position)))
    return rows, lower, upper


@given(stories(), st.integers(1, 3))
def test_the_intervals_are_those_of_the_definition(story: Story, threshold: int) -> None:
    rows, lower, _ = told(story, threshold)
    assert rows == naive(story, threshold)
    assert [lower.signed(seen_by(act)) for act in story.acts] == [row.signed_not_before for row in rows]


@given(stories(), st.integers(1, 3))
def test_the_bounds_never_fall_with_the_position(story: Story, threshold: int) -> None:
    rows, _, _ = told(story, threshold)

    def ascending(times: Sequence[int | None], none: float) -> bool:
        filled = [none if time is None else time for time in times]
        return filled == sorted(filled)

    assert ascending([row.recorded_not_before for row in rows], float("-inf"))
    assert ascending([row.not_after for row in rows], float("inf"))
    assert all((row.signed_not_before or 0) <= (row.recorded_not_before or 0) for row in rows)


@given(stories(), st.integers(1, 3), st.data())
def test_one_more_anchor_only_narrows(story: Story, threshold: int, data: st.DataObject) -> None:
    """A cosignature that comes late, and an act that names one more of those that are there."""
    before, _, _ = told(story, threshold)
    size = data.draw(st.integers(1, len(story.acts)))
    who, time = data.draw(st.sampled_from(WITNESSES)), data.draw(st.integers(0, 5)) * FAR
    dates = dict(story.checkpoints.get(size, {}))
    if who in dates:
        return
    more = {**story.checkpoints, size: {**dates, who: time}}
    acts = list(story.acts)
    for position in data.draw(st.sets(st.integers(1, len(acts)))):
        act = acts[position - 1]
        if act.seen == size:
            acts[position - 1] = act._replace(named=(*act.named, who))
    after, _, _ = told(Story(tuple(acts), more), threshold)
    for old, new in zip(before, after, strict=True):
        for name in ("signed_not_before", "recorded_not_before"):
            assert getattr(old, name) is None or getattr(new, name) >= getattr(old, name)
        assert old.not_after is None or (new.not_after is not None and new.not_after <= old.not_after)


@given(stories(), st.integers(1, 3))
def test_a_key_that_the_policy_does_not_name_counts_for_nothing(story: Story, threshold: int) -> None:
    bare = {size: {name: time for name, time in dates.items() if name != STRANGER}
            for size, dates in story.checkpoints.items()}  # fmt: skip
    acts = tuple(act._replace(named=tuple(name for name in act.named if name != STRANGER)) for act in story.acts)
    assert told(story, threshold)[0] == told(Story(acts, bare), threshold)[0]


@given(stories(), st.sampled_from((2, 3)))
@example(Story((Act(0, ()), Act(1, WITNESSES)), {1: dict.fromkeys(WITNESSES, FAR)}), 2)
def test_fewer_dishonest_witnesses_than_a_quorum_prove_no_false_time(story: Story, threshold: int) -> None:
    """
    Honest witnesses' clocks are right: acts are signed in the order of the log, after what they name and what was
    recorded before.  However the others date, no act is proven to be signed or recorded later than it was.
    """
    for liars in combinations(WITNESSES, threshold - 1):
        lied = {
            size: {name: 9 * FAR if name in liars else time for name, time in dates.items()}
            for size, dates in story.checkpoints.items()
        }
        true = 0
        for act, row in zip(story.acts, told(Story(story.acts, lied), threshold)[0], strict=True):
            honest = [lied[act.seen][name] for name in act.named if name not in {*liars, STRANGER}]
            true = max([true, *honest])  # the earliest moment at which it can have been recorded
            assert (row.signed_not_before or 0) <= true
            assert (row.recorded_not_before or 0) <= true


def test_as_many_as_a_quorum_could_and_one_witness_could_if_it_were_enough() -> None:
    """The control: what the law above excludes is there as soon as one of its premises falls."""
    one = Story((Act(0, ()), Act(1, ("dic", "lib", "press"))), {1: {"dic": FAR, "lib": FAR, "press": 5 * FAR}})
    assert [told(one, k)[0][1].signed_not_before for k in (1, 2, 3)] == [5 * FAR, FAR, FAR]
    two = one._replace(checkpoints={1: {"dic": FAR, "lib": 4 * FAR, "press": 5 * FAR}})
    assert [told(two, k)[0][1].signed_not_before for k in (1, 2, 3)] == [5 * FAR, 4 * FAR, FAR]


@given(stories(), st.integers(1, 3))
def test_the_sum_is_that_of_the_rows(story: Story, threshold: int) -> None:
    rows, lower, upper = told(story, threshold)
    found = proven(len(rows), sum(row.signed_not_before is not None for row in rows), lower, upper)
    both = [row for row in rows if row.recorded_not_before is not None and row.not_after is not None]
    widths = [max((row.not_after or 0) - (row.recorded_not_before or 0), 0) for row in both if not row.crossed]
    assert found.positions == len(rows)
    assert found.recorded == sum(row.recorded_not_before is not None for row in rows)
    assert found.until == sum(row.not_after is not None for row in rows)
    assert (found.both, found.crossed) == (len(both), sum(row.crossed for row in rows))
    assert found.widest == max(widths, default=None)
    if found.widest_at is not None:
        one = rows[found.widest_at - 1]
        assert max((one.not_after or 0) - (one.recorded_not_before or 0), 0) == found.widest


@given(stories(), st.integers(1, 3), st.integers(0, 6))
def test_what_a_quorum_had_seen_before_a_time(story: Story, threshold: int, day: int) -> None:
    """All positions up to there, and no other, have an upper bound before it; on the day itself is not before."""
    rows, _, upper = told(story, threshold)
    last = upper.before(day * FAR)
    assert [p for p, row in enumerate(rows, 1) if row.not_after is not None and row.not_after < day * FAR] == [
        *range(1, last + 1)
    ]


@given(stories(), st.integers(1, 3), st.integers(1, 8))
def test_a_run_that_was_broken_off_goes_on_as_if_it_had_not_been(story: Story, threshold: int, at: int) -> None:
    whole, lower, _ = told(story, threshold)
    first = lower_of(story, threshold)
    for position, act in enumerate(story.acts[:at], 1):
        seen = seen_by(act)
        if seen is not None:
            first.take(position, seen)
    second = LowerBounds(first._named, first.steps())
    for position, act in enumerate(story.acts[at:], at + 1):
        seen = seen_by(act)
        if seen is not None:
            assert second.take(position, seen) == whole[position - 1].signed_not_before
    assert second.steps() == lower.steps()


# --- one by one ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recorded_at", "inside"),
    [(1_000 - TOLERANCE - 1, False), (1_000 - TOLERANCE, True), (1_500, True), (2_000 + TOLERANCE, True),
     (2_000 + TOLERANCE + 1, False)],
)  # fmt: skip
def test_a_clock_may_differ_by_the_tolerance_on_both_sides(recorded_at: int, inside: bool) -> None:
    assert Interval(None, 1_000, 2_000).admits(recorded_at) is inside


def test_a_side_that_is_not_proven_admits_everything() -> None:
    assert Interval(5_000).admits(0)
    assert Interval(None, None, 0).admits(TOLERANCE)
    assert not Interval(None, 1_000, None).admits(0)


def test_bounds_cross_only_beyond_the_tolerance() -> None:
    assert not Interval(None, 1_000 + TOLERANCE, 1_000).crossed
    assert Interval(None, 1_001 + TOLERANCE, 1_000).crossed
    assert not Interval(None, 1_000, None).crossed


def test_nothing_is_proven_of_nothing() -> None:
    empty = proven(0, 0, lower_of(Story((), {}), 2), UpperBounds())
    assert empty == NOTHING_PROVEN == Proven()
    assert empty.to_json() == {
        "positions": 0, "signed": 0, "recorded": 0, "until": 0, "both": 0, "crossed": 0, "widest": None,
        "widest_at": None,
    }  # fmt: skip


def test_of_one_witness_s_lines_the_latest_counts() -> None:
    """An honest witness made both before the statement; and one that dates ahead in the second is one of a quorum."""
    named = [("dic", 3), ("lib", 2), ("dic", 9), ("dic", 1)]
    assert latest_of_each(named) == {"dic": 9, "lib": 2}
    assert [latest_named(policy(k), named) for k in (1, 2, 3)] == [9, 2, None]
    assert latest_named(policy(1), []) is None


def test_a_policy_without_a_quorum_proves_no_lower_bound() -> None:
    text = format_policy(logs=[log_note_key()], witnesses={name: witness_key(name) for name in WITNESSES})
    assert latest_named(parse_policy(text), [(name, 5) for name in WITNESSES]) is None


def test_a_checkpoint_of_another_tree_bounds_nothing() -> None:
    lower: LowerBounds[int] = LowerBounds(lambda seen: [5] if seen.root == ROOT else None)
    assert lower.take(1, Seen(0, ROOT, ())) == 5
    assert lower.take(3, Seen(2, bytes([1]) * 32, ())) is None
    assert lower.recorded(3) == 5
