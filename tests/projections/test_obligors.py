"""Who is obliged, and for each of whom, by the words of a rule set; and the conditions on who did an act."""

from __future__ import annotations

import pytest
from campus_records import Log
from own_rules import HEAD

from trail.projections import Obligation
from trail.rules import RuleSet, load

LEVELS = HEAD.replace(
    'members = ["deputy_secretary", "member"]',
    'members = ["deputy_secretary", "member", "principal"]\nprincipals = ["principal"]\ncadres = ["deputy_secretary"]',
).replace("[bodies]", '[bodies]\nown = [{ own = true }]')  # fmt: skip


def row(obliged: str, more: str = "", act: str = '{ type = "Done@1", performer = "obligor" }', **keys: str) -> RuleSet:
    """A rule set of one duty."""
    given = {"levels": '["university", "unit"]', "cadence": '"year"', "due": '"12-31"'} | keys
    rows = "".join(f"{key} = {value}\n" for key, value in given.items())
    return load(
        f'{LEVELS}\n[[duty]]\nid = "C1"\narticle = "1"\ntext = "每年"\nclass = "MC"\nsource = "text"\n{rows}{more}\n'
        f'obliged = ["{obliged}"]\nsatisfied_by = [{act}]\n'
    )


def log_with(own: RuleSet) -> Log:
    log = Log(rules=own)
    log.post("jia/dean", "jia", "principal")
    log.assign("jia/dean", "p-15", "2025-01-01")
    log.post("jia/recorder", "jia", "recorder")
    log.assign("jia/recorder", "p-16", "2025-01-01")
    return log


def owed(own: RuleSet, log: Log, unit: str = "jia") -> dict[str | None, Obligation]:
    rows = log.at("2026-12-31", None, own).unit(unit).obligations
    assert len({o.post for o in rows}) == len(rows)
    return {o.post: o for o in rows}


@pytest.mark.parametrize(
    ("obliged", "posts"),
    [
        ("team", {None}),
        ("leader", {"jia/secretary"}),
        ("member", {"jia/dean", "jia/deputy", "jia/member"}),
        ("deputy", {"jia/deputy", "jia/member"}),
        ("principal", {"jia/secretary", "jia/dean"}),
        ("cadre", {"jia/deputy"}),
        ("recorder", {"jia/recorder"}),
        ("commission", set()),
    ],
)
def test_who_is_obliged(obliged: str, posts: set[str | None]):
    own = row(obliged)

    assert set(owed(own, log_with(own))) == posts


def test_the_commission_below_the_university():
    """As a body, and the unit above is not obliged by it; its bodies and posts discharge it."""
    own = row("commission", act='{ type = "Done@1", performer = "unit" }')
    log = log_with(own)
    assert set(owed(own, log, "dic")) == {None}
    assert owed(own, log, "uni") == {}
    log.add("Done@1", {}, "2026-03-05", by="uni/deputy")
    assert owed(own, log, "dic")[None].done == 0
    log.add("Done@1", {}, "2026-03-06", by="dic/secretary")
    assert owed(own, log, "dic")[None].state == "in_time"


def test_either():
    """The university's committee or its commission: the act of one counts for the other."""
    act = '{ type = "Done@1", performer = "either" }'
    for obliged, unit in (("team", "uni"), ("commission", "dic")):
        own = row(obliged, act=act, levels='["university"]')
        for by in ("uni/deputy", "dic/secretary"):
            log = log_with(own)
            log.add("Done@1", {}, "2026-03-05", by=by)
            assert owed(own, log, unit)[None].state == "in_time"
        log = log_with(own)
        log.add("Done@1", {}, "2026-03-05", by="jia/secretary")
        assert owed(own, log, unit)[None].done == 0


@pytest.mark.parametrize(
    ("group", "unit", "post", "missing"),
    [
        ("members", "jia", "jia/secretary", {"jia/dean", "jia/deputy", "jia/member"}),
        ("below", "jia", "jia/secretary", {"jia/branch"}),
        ("heads", "jia", "jia/secretary", set()),
        ("all_heads", "jia", "jia/secretary", {"lab/head"}),
        ("below", "uni", "uni/secretary", {"jia/secretary", "jia/branch"} - {"jia/branch"}),
        ("committees", "uni", "uni/secretary", {"jia"}),
    ],
)
def test_for_each_of_whom(group: str, unit: str, post: str, missing: set[str]):
    how = "unit" if group == "committees" else "named"
    act = f'{{ type = "TalkHeld@1", performer = "obligor", counterpart = "{how}" }}'
    own = row("leader", f'counterparts = ["{group}"]', act)

    one = owed(own, log_with(own), unit)[post]
    assert {m.counterpart for m in one.missing} == missing
    assert (one.state == "void") == (not missing)


@pytest.mark.parametrize(
    ("performer", "fields", "by", "done"),
    [
        ("chair", {"chair": {"person": "p-10", "post": "jia/secretary"}}, "jia/deputy", 1),
        ("chair", {"chair": {"person": "p-10"}}, "jia/deputy", 1),
        ("chair", {"lead": {"person": "p-10"}}, "jia/deputy", 1),
        ("chair", {"chair": {"person": "p-11"}, "attended": [{"person": "p-10"}]}, "jia/secretary", 0),
        ("chair", {}, "jia/secretary", 0),
        ("attended", {"attended": [{"person": "p-11"}, {"person": "p-10"}]}, "jia/deputy", 1),
        ("attended", {"chair": {"person": "p-10"}}, "jia/deputy", 1),
        ("attended", {"attended": [{"person": "p-11"}]}, "jia/secretary", 0),
        ("recorder", {}, "jia/secretary", 1),
        ("recorder", {}, "jia/deputy", 0),
        ("unit", {}, "jia/deputy", 1),
        ("unit", {}, "uni/deputy", 0),
    ],
)
def test_who_did_it(performer: str, fields: dict[str, object], by: str, done: int):
    own = row("leader", act=f'{{ type = "Done@1", performer = "{performer}" }}')
    log = log_with(own)
    log.add("Done@1", fields, "2026-03-05", by=by)

    assert owed(own, log)["jia/secretary"].done == done


def test_a_chair_who_no_longer_holds_the_post():
    """Named without a post, somebody chairs in the posts that they hold on that day."""
    own = row("leader", act='{ type = "Done@1", performer = "chair" }')
    log = log_with(own)
    log.relieve("jia/secretary", "p-10", "2026-03-01")
    log.add("Done@1", {"chair": {"person": "p-10"}}, "2026-03-05", by="jia/deputy")

    assert owed(own, log)["jia/secretary"].done == 0


def test_a_general_fact_that_names_the_duty():
    own = row("leader", act='{ type = "FactRecorded@1", duty = "named" }')
    log = log_with(own)
    log.add("FactRecorded@1", {"duties": ["C2"]}, "2026-03-05", by="jia/secretary")
    log.add("FactRecorded@1", {"duties": ["C1"]}, "2026-03-05", by="jia/deputy")
    assert owed(own, log)["jia/secretary"].done == 0
    log.add("FactRecorded@1", {"duties": ["C1", "C2"]}, "2026-03-05", by="jia/secretary")
    assert owed(own, log)["jia/secretary"].done == 1


@pytest.mark.parametrize(("period", "done"), [("2026", 1), ("2026-H2", 1), ("2026-H1", 0), (None, 0), ("2025-H2", 0)])
def test_a_closing_report(period: str | None, done: int):
    """The report of January, about the second half, may also be that of the year."""
    own = row("leader", act='{ type = "Done@1", performer = "obligor", period = "closing" }')
    log = log_with(own)
    log.add("Done@1", {}, "2026-12-05", by="jia/secretary", period=period)

    assert owed(own, log)["jia/secretary"].done == done


def test_to_ones_own_unit():
    own = row(
        "member", 'recipients = ["own", "discipline_commission"]',
        '{ type = "Done@1", performer = "obligor", recipient = "named" }', levels='["unit"]',
    )  # fmt: skip
    log = log_with(own)
    log.add("Done@1", {"recipients": ["jia"]}, "2026-03-05", by="jia/deputy")

    assert [m.recipient for m in owed(own, log)["jia/deputy"].missing] == ["dic"]


@pytest.mark.parametrize(
    ("where", "fields", "done"),
    [
        ('{ kind = "a" }', {"kind": "a"}, 1),
        ('{ kind = "a" }', {"kind": "b"}, 0),
        ('{ kind = ["a", "b"] }', {"kind": "b"}, 1),
        ('{ topics = "a" }', {"topics": ["b", "a"]}, 1),
        ('{ topics = ["a", "c"] }', {"topics": ["b"]}, 0),
        ("{ major = true }", {"major": True}, 1),
        ("{ major = true }", {"major": 1}, 0),
        ("{ major = false }", {}, 0),
        ('{ kind = "a", major = true }', {"kind": "a", "major": False}, 0),
        ('{ kind = "a" }', {"kind": 3}, 0),
    ],
)
def test_fields(where: str, fields: dict[str, object], done: int):
    own = row("leader", act=f'{{ type = "Done@1", performer = "obligor", where = {where} }}')
    log = log_with(own)
    log.add("Done@1", fields, "2026-03-05", by="jia/secretary")

    assert owed(own, log)["jia/secretary"].done == done
