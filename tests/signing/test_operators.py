"""One operator, one vote: several keys under one key name, in the policy file; against every way to nest groups."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from trail.errors import PolicyError
from trail.signing import NoteKey, Policy, PrivateKey, parse_policy

LOG = NoteKey("example.edu/trail", 1, PrivateKey.from_seed(bytes(32)).public.raw)
LOG_LINE = f"log {LOG.vkey}\n"


def witness(local: str, number: int, operator: str) -> str:
    """A witness line: its name here, which key it is, and the key name, which says whose."""
    key = PrivateKey.from_seed(number.to_bytes(32, "big")).public.raw
    return f"witness {local} {NoteKey(f'{operator}.example', 4, key).vkey}\n"


OLD, NEW, SISTER = witness("city-old", 1, "city"), witness("city-new", 2, "city"), witness("sister", 3, "sister")
THREE = LOG_LINE + OLD + NEW + SISTER


def refusal(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)
    return caught.value


def test_an_old_and_a_new_key_of_one_witness_are_one_vote() -> None:
    policy = parse_policy(THREE + "group city any city-old city-new\ngroup both all city sister\nquorum both\n")

    assert not policy.satisfied({"city-old", "city-new"})
    assert policy.satisfied({"city-old", "sister"})
    assert policy.satisfied({"city-new", "sister"})
    # The old key's word of then still says when: of the two, the earlier one counts.
    assert policy.earliest_quorum({"city-old": 100, "city-new": 300, "sister": 200}) == 200
    assert policy.earliest_quorum({"city-new": 300, "sister": 200}) == 300


@pytest.mark.parametrize(
    "groups",
    [
        "group q 2 city-old city-new sister\nquorum q\n",
        "group q all city-old city-new\nquorum q\n",
        "group a any city-old\ngroup b any city-new\ngroup q 2 a b sister\nquorum q\n",
        "group a any city-old\ngroup b any city-new\ngroup q all a b\nquorum q\n",
        "group a all city-old sister\ngroup q 2 a city-new\nquorum q\n",
        "group a 1 city-new sister\ngroup q all city-old a\nquorum q\n",
        # Nobody counts twice here, but it takes thought to see it: one way to write it is enough.
        "group a any city-old\ngroup b any city-new\ngroup q any a b\nquorum q\n",
    ],
)
def test_D13_D14_two_keys_of_one_operator_that_could_be_two_votes_are_refused(groups: str) -> None:
    error = refusal(THREE + groups)

    assert error.facts["line"] == 3  # the later of the two
    assert error.facts["earlier"] == 2
    assert "group <name> any city-old city-new" in error.message
    assert "one operator, one vote" in error.message


@pytest.mark.parametrize("quorum", ["none", "sister", "city-old"])
def test_a_witness_that_the_quorum_does_not_lean_on_may_stand_there(quorum: str) -> None:
    assert parse_policy(f"{THREE}quorum {quorum}\n").satisfied({quorum})


def test_one_of_three_keys_in_another_group_is_enough_to_refuse() -> None:
    third = witness("city-third", 4, "city")
    inner = "group city any city-old city-new\n"
    assert refusal(THREE + third + inner + "group q all city city-third\nquorum q\n").facts["line"] == 5
    assert parse_policy(THREE + third + "group city any city-old city-new city-third sister\nquorum city\n")


def test_names_of_operators_are_compared_exactly() -> None:
    twins = LOG_LINE + witness("a", 1, "city") + witness("b", 2, "City") + "group q all a b\nquorum q\n"
    assert parse_policy(twins).satisfied({"a", "b"})  # opaque, as the specification has them


def test_C17_a_log_is_no_witness_of_its_own() -> None:
    own = NoteKey(LOG.name, 4, PrivateKey.from_seed((9).to_bytes(32, "big")).public.raw)
    for quorum in ("none", "w"):
        error = refusal(f"{LOG_LINE}witness w {own.vkey}\nquorum {quorum}\n")
        assert (error.facts["line"], "is the log itself" in error.message) == (2, True)


@pytest.mark.parametrize("lines", [("log", "witness"), ("witness", "log"), ("log", "log"), ("witness", "witness")])
def test_C17_one_key_has_one_role_across_lines(lines: Sequence[str]) -> None:
    raw = PrivateKey.from_seed((9).to_bytes(32, "big")).public.raw
    text = ""
    for number, kind in enumerate(lines):
        key = NoteKey(f"n{number}.example", 1 if kind == "log" else 4, raw)
        text += f"log {key.vkey}\n" if kind == "log" else f"witness n{number} {key.vkey}\n"
    error = refusal(text + "quorum none\n")
    assert (error.facts["line"], error.facts["earlier"]) == (2, 1)


@pytest.mark.parametrize("threshold", ["0", "-1", "+1", "01", "4", "1.0", "none"])
def test_C14_a_threshold_is_between_one_and_the_number_of_members(threshold: str) -> None:
    error = refusal(f"{LOG_LINE}{OLD}{SISTER}group q {threshold} city-old sister\nquorum q\n")
    assert error.facts["line"] == 4


def test_C14_a_group_without_members_does_not_stand() -> None:
    for groups in ("group q all\nquorum q\n", "group q any\nquorum q\n", "group q 1\nquorum q\n"):
        assert refusal(LOG_LINE + OLD + groups).facts["line"] == 3


# --- the law ---------------------------------------------------------------------------------------------------------


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A policy file of up to five witnesses of up to three operators, and the operator of each."""
    whose = draw(st.lists(st.sampled_from(["city", "province", "sister"]), min_size=1, max_size=5))
    names = [f"w{number}" for number in range(len(whose))]
    text = LOG_LINE + "".join(witness(name, n + 1, who) for n, (name, who) in enumerate(zip(names, whose, strict=True)))
    free = list(names)
    for number in range(draw(st.integers(0, 4))):
        if not free:
            break
        members = draw(st.lists(st.sampled_from(free), min_size=1, max_size=4, unique=True))
        text += f"group g{number} {draw(st.integers(1, len(members)))} {' '.join(members)}\n"
        free = [name for name in free if name not in members] + [f"g{number}"]
    return text + f"quorum {draw(st.sampled_from(free))}\n", whose


def subsets(names: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(some) for size in range(len(names) + 1) for some in combinations(names, size)]


def read(text: str) -> Policy | None:
    """The policy, None where it could count an operator twice; no other fault is expected."""
    try:
        return parse_policy(text)
    except PolicyError as error:
        if "one operator, one vote" not in error.message:
            raise
        return None


def counted(policy: Policy) -> set[str]:
    """The witnesses that the quorum leans on."""
    names, found = [str(policy.quorum)], set()
    while names:
        name = names.pop()
        names += policy.groups[name].members if name in policy.groups else ()
        found |= {name} & set(policy.witnesses)
    return found


@given(files())
def test_a_second_key_of_an_operator_never_makes_a_quorum(drawn: tuple[str, list[str]]) -> None:
    text, whose = drawn
    policy = read(text)
    if policy is None:
        return
    operator = {f"w{number}": who for number, who in enumerate(whose)}
    for present in subsets(list(operator)):
        if policy.satisfied(present):
            continue
        voted = {operator[name] for name in present & counted(policy)}
        for name in operator.keys() - present:
            assert operator[name] not in voted or not policy.satisfied({*present, name}), (text, present, name)


@given(files(), st.integers(0, 4), st.data())
def test_a_witness_written_twice_never_makes_a_quorum(
    drawn: tuple[str, list[str]], which: int, data: st.DataObject
) -> None:
    """Duplicate one line under another name and key, and put it into any group: refused, or without effect."""
    text, whose = drawn
    which %= len(whose)
    groups = [line.split()[1] for line in text.splitlines() if line.startswith("group")]
    assume(groups)
    into = data.draw(st.sampled_from(groups))
    twin = witness("twin", 99, whose[which])
    lines = [f"{line} twin" if line.startswith(f"group {into} ") else line for line in text.splitlines()]
    doubled = LOG_LINE + twin + "".join(line + "\n" for line in lines[1:])
    before, after = read(text), read(doubled)
    if before is None or after is None:
        return
    for present in subsets([f"w{number}" for number in range(len(whose))]):
        if f"w{which}" in present & counted(before) and not before.satisfied(present):
            assert not after.satisfied({*present, "twin"}), (doubled, present)


# --- how many dishonest ones a quorum bears --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "of", "bears"),
    [(1, 1, 0), (1, 2, -1), (2, 2, 1), (2, 3, 0), (3, 3, 2), (2, 4, -1), (3, 4, 1), (3, 5, 0), (4, 5, 2), (5, 7, 2)],
)
def test_k_of_n_bears_f_dishonest_ones_if_2k_is_more_than_n_and_f(wanted: int, of: int, bears: int) -> None:
    lines = "".join(witness(f"w{n}", n + 1, f"operator {n}".replace(" ", "-")) for n in range(of))
    names = " ".join(f"w{n}" for n in range(of))
    assert parse_policy(f"{LOG_LINE}{lines}group q {wanted} {names}\nquorum q\n").bears == bears
    assert 2 * wanted > of + bears
    assert not 2 * wanted > of + bears + 1


def test_without_a_quorum_nobody_is_borne_and_two_keys_of_one_operator_are_one() -> None:
    assert parse_policy(f"{THREE}quorum none\n").bears is None
    assert parse_policy(f"{THREE}quorum sister\n").bears == 0
    two = THREE + "group city any city-old city-new\ngroup both all city sister\nquorum both\n"
    assert parse_policy(two).bears == 1


@given(files())
def test_what_a_quorum_bears_is_what_any_two_quorums_have_in_common(drawn: tuple[str, list[str]]) -> None:
    text, whose = drawn
    policy = read(text)
    if policy is None:
        return
    operator = {f"w{number}": who for number, who in enumerate(whose)}
    quorums = [some & counted(policy) for some in subsets(list(operator)) if policy.satisfied(some)]
    common = min(len({operator[n] for n in one} & {operator[n] for n in two}) for one in quorums for two in quorums)
    assert policy.bears == common - 1, text


TWO = LOG_LINE + witness("w0", 1, "city") + witness("w1", 2, "sister")


@given(files(), st.lists(st.integers(0, 9), min_size=9, max_size=9))
@example((f"{TWO}group q all w0 w1\nquorum q\n", ["city", "sister"]), [5] * 9)
def test_as_many_dishonest_ones_as_it_bears_prove_no_time_that_the_honest_ones_do_not(
    drawn: tuple[str, list[str]], dates: list[int]
) -> None:
    """With all their keys, and any dates: bounds from below and above stay within what the honest ones say."""
    text, whose = drawn
    policy = read(text)
    if policy is None or policy.bears is None:
        return
    names = [f"w{number}" for number in range(len(whose))]
    operator = dict(zip(names, whose, strict=True))
    times = dict(zip(names, dates, strict=False))
    for liars in subsets(sorted(set(whose))):
        if len(liars) > policy.bears:
            continue
        honest = {name: time for name, time in times.items() if operator[name] not in liars}
        lying = {name for name in names if operator[name] in liars}
        late = policy.latest_quorum(honest | dict.fromkeys(lying, 100))
        early = policy.earliest_quorum(honest | dict.fromkeys(lying, -100))
        assert late is None or late <= max(honest.values())
        assert early is None or early >= min(honest.values())


@pytest.mark.parametrize(("wanted", "of", "liars", "holds"), [
    (2, 2, 1, True), (3, 4, 1, True), (4, 5, 2, True), (2, 3, 1, True), (2, 3, 2, False), (3, 4, 3, False),
    (1, 1, 1, False),
])  # fmt: skip
def test_what_makes_a_quorum_alone_proves_what_it_likes(wanted: int, of: int, liars: int, holds: bool) -> None:
    """The control; and times stand against more dishonest ones than two histories do: all but a quorum of them."""
    lines = "".join(witness(f"w{n}", n + 1, f"operator-{n}") for n in range(of))
    names = [f"w{n}" for n in range(of)]
    policy = parse_policy(f"{LOG_LINE}{lines}group q {wanted} {' '.join(names)}\nquorum q\n")
    said = {name: 100 if number < liars else 5 for number, name in enumerate(names)}
    assert policy.latest_quorum(said) == (5 if holds else 100)
