"""The policy file: every word, every refusal with its line, and the quorum against a brute-force model."""

from __future__ import annotations

import hashlib
import pickle
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail.errors import PolicyError
from trail.signing import (
    Group,
    NoteKey,
    Policy,
    PrivateKey,
    cosign,
    format_note,
    format_policy,
    open_note,
    parse_note,
    parse_policy,
    sign_note,
)

ORIGIN = "example.edu/trail"


def private(number: int) -> PrivateKey:
    return PrivateKey.from_seed(number.to_bytes(32, "big"))


LOG = NoteKey(ORIGIN, 1, private(1).public.raw)
WITNESSES = {f"w{n}": NoteKey(f"w{n}.example", 4, private(100 + n).public.raw) for n in range(6)}
LOG_LINE = f"log {LOG.vkey}\n"
W0, W1, W2 = (f"witness {name} {WITNESSES[name].vkey}\n" for name in ("w0", "w1", "w2"))

WHOLE = (
    "# The inspector's own file.\n"
    "\n"
    f"log {LOG.vkey} https://log.example.edu/\n"
    f"\twitness w0\t {WITNESSES['w0'].vkey}   https://w0.example/submit \n"
    f"{W1}{W2}"
    "   # 一个小组一票\n"
    "group pair all w0 w1\n"
    "group top 2 pair w2\n"
    "quorum top\n"
    f"genesis {'ab' * 32}\n"
    f"genesis {'cd' * 32}\n"
    "fresh 30\n"
    "require bodies\n"
    "require attachments\n"
)


def test_every_word_is_read() -> None:
    policy = parse_policy(WHOLE)

    assert policy == Policy(
        logs=(LOG,),
        witnesses={name: WITNESSES[name] for name in ("w0", "w1", "w2")},
        groups={"pair": Group(2, ("w0", "w1")), "top": Group(2, ("pair", "w2"))},
        quorum="top",
        genesis=frozenset({bytes.fromhex("ab" * 32), bytes.fromhex("cd" * 32)}),
        fresh_days=30,
        require=frozenset({"bodies", "attachments"}),
        urls={LOG.vkey: "https://log.example.edu/", WITNESSES["w0"].vkey: "https://w0.example/submit"},
        digest=hashlib.sha256(WHOLE.encode()).digest(),
    )
    assert parse_policy(WHOLE.encode()) == policy
    assert policy.keys == (LOG, *policy.witnesses.values())
    assert policy.log_keys(ORIGIN) == (LOG,)
    assert policy.log_keys("other") == ()
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert hash(policy) == hash(parse_policy(WHOLE))


def test_the_least_policy_is_one_quorum_line() -> None:
    policy = parse_policy("quorum none\n")

    assert policy.logs == ()
    assert policy.quorum is None
    assert policy.satisfied(set())
    assert policy.earliest_quorum({"w0": 1}) is None
    assert policy.latest_quorum({"w0": 1}) is None


def test_any_is_one_and_all_is_every_member() -> None:
    policy = parse_policy(f"{W0}{W1}{W2}group one any w0 w1\ngroup both all one w2\nquorum both\n")

    assert policy.groups == {"one": (1, ("w0", "w1")), "both": (2, ("one", "w2"))}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("tsa https://tsa.example/\nquorum none\n", 1),
        ("quorum none\nwitnesses w0\n", 2),
        ("quorum none\nQUORUM none\n", 2),
        ("quorum none\nquorum none\n", 2),
        ("\n# nothing\n", 2),
        (f"{LOG_LINE}quorum\n", 2),
        (f"{LOG_LINE}quorum none none\n", 2),
        ("quorum w0\n" + W0, 1),
        (f"{W0}quorum w1\n", 2),
        ("log\nquorum none\n", 1),
        ("log nonsense\nquorum none\n", 1),
        (f"log {LOG.vkey} url more\nquorum none\n", 1),
        (f"log {WITNESSES['w0'].vkey}\nquorum none\n", 1),
        (f"witness w0 {LOG.vkey}\nquorum none\n", 1),
        (f"witness {WITNESSES['w0'].vkey}\nquorum none\n", 1),
        (f"witness none {WITNESSES['w0'].vkey}\nquorum none\n", 1),
        (f"{W0}witness w0 {WITNESSES['w1'].vkey}\nquorum none\n", 2),
        (f"{W0}witness other {WITNESSES['w0'].vkey}\nquorum none\n", 2),
        (f"{LOG_LINE}{LOG_LINE}quorum none\n", 2),
        (f"{LOG_LINE}log {NoteKey('other', 1, LOG.raw).vkey}\nquorum none\n", 2),
        (f"{LOG_LINE}witness w {NoteKey(ORIGIN, 4, LOG.raw).vkey}\nquorum none\n", 2),
        (f"{W0}log {NoteKey('w0.example', 1, WITNESSES['w0'].raw).vkey}\nquorum none\n", 2),
        (f"{W0}group w0 any w0\nquorum none\n", 2),
        (f"{W0}group none any w0\nquorum none\n", 2),
        (f"{W0}group g any\nquorum none\n", 2),
        (f"{W0}group g any w0 w0\nquorum none\n", 2),
        (f"{W0}group g any none\nquorum none\n", 2),
        (f"{W0}group g any g\nquorum none\n", 2),
        (f"{W0}group g any h\ngroup h any w0\nquorum none\n", 2),
        (f"{W0}group g any w0\ngroup h any w0\nquorum none\n", 3),
        (f"{W0}{W1}group g 0 w0 w1\nquorum none\n", 3),
        (f"{W0}{W1}group g 3 w0 w1\nquorum none\n", 3),
        (f"{W0}{W1}group g -1 w0 w1\nquorum none\n", 3),
        (f"{W0}{W1}group g +1 w0 w1\nquorum none\n", 3),
        (f"{W0}{W1}group g 01 w0 w1\nquorum none\n", 3),
        (f"{W0}{W1}group g 1.0 w0 w1\nquorum none\n", 3),
        (f"{W0}{W1}group g ١ w0 w1\nquorum none\n", 3),
        (f"{W0}{W1}group g 99999999999999999999 w0 w1\nquorum none\n", 3),
        (f"{W0}{W1}group g most w0 w1\nquorum none\n", 3),
        (f"quorum none\ngenesis {'ab' * 31}\n", 2),
        (f"quorum none\ngenesis {'AB' * 32}\n", 2),
        (f"quorum none\ngenesis {'ab' * 32} {'cd' * 32}\n", 2),
        (f"quorum none\ngenesis {'ab' * 32}\ngenesis {'ab' * 32}\n", 3),
        ("quorum none\ngenesis\n", 2),
        ("quorum none\nfresh\n", 2),
        ("quorum none\nfresh 0\n", 2),
        ("quorum none\nfresh 36501\n", 2),
        ("quorum none\nfresh 1\nfresh 1\n", 3),
        ("quorum none\nfresh 30 days\n", 2),
        ("quorum none\nrequire\n", 2),
        ("quorum none\nrequire everything\n", 2),
        ("quorum none\nrequire bodies attachments\n", 2),
        ("quorum none\nrequire bodies\nrequire bodies\n", 3),
        ("quorum none\r\n", 1),
        ("# comment\r\nquorum none\n", 1),
        ("quorum none\n# \x00\n", 2),
        ("quorum none\n# \x7f\n", 2),
        ("quorum\u00a0none\n", 1),
        ("quorum\u3000none\n", 1),
        ("quorum\u2028none\n", 1),
        ("quorum none\u2028fresh 1\n", 1),
        ("\ufeffquorum none\n", 1),
        ("quorum none\nfresh 30", 2),
        ("", 1),
    ],
)
def test_what_is_not_exactly_right_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(text)

    assert refused.value.facts["line"] == line
    assert refused.value.advice()


def test_tsa_is_refused_with_the_reason() -> None:
    with pytest.raises(PolicyError, match="later version"):
        parse_policy("tsa https://tsa.example/\nquorum none\n")


def test_D13_one_key_is_one_vote_and_the_earlier_line_is_named() -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(f"{W0}{W1}witness again {NoteKey('again', 4, WITNESSES['w0'].raw).vkey}\nquorum none\n")

    assert refused.value.facts["earlier"] == 1


def test_C6_two_witnesses_with_one_name_and_one_id_are_refused() -> None:
    """Ids have 32 bits: seeds 35399 and 50728 meet."""
    one, two = (NoteKey("w", 4, private(seed).public.raw) for seed in (35_399, 50_728))

    with pytest.raises(PolicyError, match="told apart"):
        parse_policy(f"witness a {one.vkey}\nwitness b {two.vkey}\nquorum none\n")


def test_C2_a_weak_witness_is_refused_with_its_line() -> None:
    weak = "w+00000000+BAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    with pytest.raises(PolicyError, match="line 1: the key is of low order"):
        parse_policy(f"witness w {weak}\nquorum none\n")


def test_two_logs_and_two_keys_of_one_log_are_allowed() -> None:
    rotated, other = NoteKey(ORIGIN, 1, private(2).public.raw), NoteKey("other", 1, private(3).public.raw)

    policy = parse_policy(format_policy(logs=[LOG, rotated, other]))

    assert policy.log_keys(ORIGIN) == (LOG, rotated)


def test_bytes_that_are_no_utf8_and_huge_files_are_refused() -> None:
    for data in (b"quorum none\n# \xff\n", "quorum none\n".encode("utf-16"), b"#" * (1 << 20) + b"\nquorum none\n"):
        with pytest.raises(PolicyError):
            parse_policy(data)


def test_a_hundred_witnesses_in_a_chain_of_groups_are_read() -> None:
    """The specification asks for 32 of each; nesting costs no recursion."""
    keys = {f"k{n}": NoteKey(f"k{n}", 4, private(200 + n).public.raw) for n in range(100)}
    groups = {f"g{n}": (1, [f"k{n}", *([f"g{n - 1}"] if n else [])]) for n in range(100)}

    policy = parse_policy(format_policy(logs=[LOG], witnesses=keys, groups=groups, quorum="g99"))

    assert policy.earliest_quorum({"k0": 7}) == policy.latest_quorum({"k0": 7}) == 7
    assert policy.satisfied({"k0"})


# The quorum against its definition

Tree = str | tuple[int, list["Tree"]]


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Six witnesses, folded into groups until one name is left or drawn as the quorum."""
    free = list(WITNESSES)
    groups: dict[str, tuple[int, list[str]]] = {}
    for number in range(draw(st.integers(0, 4))):
        if not free:
            break
        members = draw(st.lists(st.sampled_from(free), min_size=1, max_size=4, unique=True))
        free = [name for name in free if name not in members]
        groups[f"g{number}"] = (draw(st.integers(1, len(members))), members)
        free.append(f"g{number}")
    quorum = draw(st.sampled_from([*WITNESSES, *groups]))
    return parse_policy(format_policy(logs=[LOG], witnesses=WITNESSES, groups=groups, quorum=quorum))


def model(policy: Policy, name: str, present: frozenset[str]) -> bool:
    """The definition, read straight from the specification."""
    if name in policy.witnesses:
        return name in present
    threshold, members = policy.groups[name]
    return sum(model(policy, member, present) for member in members) >= threshold


SUBSETS = [frozenset(chosen) for size in range(7) for chosen in combinations(WITNESSES, size)]


@given(policies())
def test_satisfied_is_what_the_definition_says_for_every_subset(policy: Policy) -> None:
    quorum = str(policy.quorum)

    for present in SUBSETS:
        assert policy.satisfied(present) == model(policy, quorum, present)
        assert policy.satisfied({*present, "stranger", quorum}) == model(policy, quorum, present | {quorum})


@given(policies(), st.dictionaries(st.sampled_from([*WITNESSES, "stranger"]), st.integers(0, 9)))
def test_the_earliest_quorum_is_the_smallest_of_the_latest_times(policy: Policy, times: dict[str, int]) -> None:
    latest = [
        max(times[name] for name in chosen)
        for chosen in SUBSETS
        if chosen and chosen <= times.keys() and model(policy, str(policy.quorum), chosen)
    ]

    assert policy.earliest_quorum(times) == (min(latest) if latest else None)


@given(policies(), st.dictionaries(st.sampled_from([*WITNESSES, "stranger"]), st.integers(0, 9)))
def test_the_latest_quorum_is_the_largest_of_the_earliest_times(policy: Policy, times: dict[str, int]) -> None:
    earliest = [
        min(times[name] for name in chosen)
        for chosen in SUBSETS
        if chosen and chosen <= times.keys() and model(policy, str(policy.quorum), chosen)
    ]

    found = policy.latest_quorum(times)
    assert found == (max(earliest) if earliest else None)
    mirrored = policy.earliest_quorum({name: -time for name, time in times.items()})
    assert found == (None if mirrored is None else -mirrored)


@given(policies(), st.dictionaries(st.sampled_from(sorted(WITNESSES)), st.integers(0, 9)), st.data())
def test_one_more_witness_or_a_later_time_never_lowers_the_latest_quorum(
    policy: Policy, times: dict[str, int], data: st.DataObject
) -> None:
    more = {**times, data.draw(st.sampled_from(sorted(WITNESSES))): data.draw(st.integers(0, 9))}
    more = {name: max(time, times.get(name, 0)) for name, time in more.items()}
    before, after = policy.latest_quorum(times), policy.latest_quorum(more)
    assert before is None or (after is not None and after >= before)


NESTED = (
    "group q 2 w0 w1 w2",
    "group q 3 w0 w1 w2 w3",
    "group q all w0 w1",
    "group q 4 w0 w1 w2 w3 w4",
    "group city any w0 w1\ngroup press all w2 w3\ngroup q 2 city press w4",
    "group city 2 w0 w1 w2\ngroup press 2 w3 w4 w5\ngroup q all city press",
)


@pytest.mark.parametrize("groups", NESTED)
@given(times=st.fixed_dictionaries({}, optional={name: st.integers(0, 9) for name in sorted(WITNESSES)}))
def test_who_makes_no_quorum_alone_moves_no_time_beyond_the_others(groups: str, times: dict[str, int]) -> None:
    """However they date: no lower bound is later than the others' last word, no upper one before their first."""
    lines = "".join(f"witness {name} {key.vkey}\n" for name, key in WITNESSES.items())
    policy = parse_policy(f"{LOG_LINE}{lines}{groups}\nquorum q\n")
    for liars in SUBSETS:
        honest = {name: time for name, time in times.items() if name not in liars}
        ahead, back = honest | dict.fromkeys(liars, 100), honest | dict.fromkeys(liars, -100)
        if policy.satisfied(liars):  # the control: whoever makes a quorum says what they like
            assert (policy.latest_quorum(ahead), policy.earliest_quorum(back)) == (100, -100)
            continue
        late, early = policy.latest_quorum(ahead), policy.earliest_quorum(back)
        assert late is None or late <= max(honest.values())
        assert early is None or early >= min(honest.values())
        # Nor do they take anything away that the others prove by themselves.
        late, early = policy.latest_quorum(honest), policy.earliest_quorum(honest)
        assert late is None or (policy.latest_quorum(back) or 0) >= late
        assert early is None or (policy.earliest_quorum(ahead) or 0) <= early


@given(policies(), st.integers(1, 36_500) | st.none(), st.sets(st.sampled_from(["bodies", "attachments"])))
def test_a_policy_is_read_as_it_was_written(policy: Policy, fresh: int | None, require: set[str]) -> None:
    text = format_policy(
        logs=policy.logs,
        witnesses=policy.witnesses,
        groups=policy.groups,
        quorum=policy.quorum,
        genesis=[bytes(32)],
        fresh_days=fresh,
        require=require,
        urls={LOG.vkey: "https://log.example"},
    )
    again = parse_policy(text)

    assert (again.witnesses, again.groups, again.quorum) == (policy.witnesses, policy.groups, policy.quorum)
    assert (again.fresh_days, set(again.require), set(again.genesis)) == (fresh, require, {bytes(32)})


@given(st.text(st.characters(codec="utf-8")))
def test_no_text_raises_anything_but_a_policy_error(text: str) -> None:
    line: object = 0
    try:
        parse_policy(text + "\nquorum none\n")
    except PolicyError as error:
        line = error.facts["line"]
    assert isinstance(line, int)


@pytest.mark.parametrize(
    "wrong",
    [
        {"witnesses": {"a b": WITNESSES["w0"]}},
        {"witnesses": {"a\nfresh 3\n# ": WITNESSES["w0"]}},
        {"witnesses": {"w0": WITNESSES["w0"]}, "groups": {"g": (1, ["w0 # x"])}},
        {"urls": {LOG.vkey: "a b"}},
        {"urls": {"unknown": "https://example"}},
        {"genesis": [b"short"]},
        {"fresh_days": 0},
        {"quorum": "absent"},
    ],
)
def test_what_could_not_be_read_back_is_not_written(wrong: dict[str, object]) -> None:
    with pytest.raises(PolicyError):
        format_policy(logs=[LOG], **wrong)  # type: ignore[arg-type]


def test_names_are_opaque_and_compared_exactly() -> None:
    """A Kelvin sign is no K, and two normal forms of one letter are two names."""
    odd = ["K", "\u212a", "\u00e9", "e\u0301", "市纪委", "all", "any", "#"]
    witnesses = dict(zip(odd, (NoteKey("n", 4, private(300 + n).public.raw) for n in range(len(odd))), strict=True))

    policy = parse_policy(format_policy(logs=[LOG], witnesses=witnesses, quorum="\u212a"))

    assert policy.satisfied({"\u212a"})
    assert not policy.satisfied({"K"})


def test_times_are_each_witness_earliest_under_the_policy_own_names() -> None:
    policy = parse_policy(f"{LOG_LINE}{W0}{W1}{W2}group two 2 w0 w1 w2\nquorum two\n")
    text = f"{ORIGIN}\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    lines = [
        sign_note(text, ORIGIN, private(1)),
        cosign(text, "w1.example", private(101), 900),
        cosign(text, "w0.example", private(100), 800),
        cosign(text, "w0.example", private(100), 500),
        cosign(text, "stranger.example", private(999), 1),
    ]

    times = policy.times(open_note(parse_note(format_note(text, lines)), policy.keys))

    assert times == {"w0": 500, "w1": 900}
    assert policy.earliest_quorum(times) == 900
    assert policy.satisfied(times.keys())
