"""The two lists: drafted, endorsed over the exact version, committed to, pledged, filed (L1a to L3b)."""

from __future__ import annotations

import pytest
from campus_records import HOLDERS, Log

from trail.evidence.record import PartRef
from trail.rules.calendar import day_of, start_of

KINDS = ("responsibility", "task")
OWNERS = ("jia", "jia/secretary", "jia/deputy", "jia/member", "lab/head")


def drafted(log: Log, day: str = "2026-03-01"):
    """All lists of the college and of the section in its charge."""
    return {(owner, kind): log.draft(kind, owner, day) for owner in OWNERS for kind in KINDS}


def test_the_whole_chain_in_time():
    log = Log()
    lists = drafted(log)
    log.endorse("jia/secretary", [lists[o, k] for o in ("jia/deputy", "jia/member") for k in KINDS], "2026-03-10")
    log.endorse("jia/member", [lists["lab/head", k] for k in KINDS], "2026-03-10")
    own = [lists["jia", k] for k in KINDS]
    log.on("CommitmentSigned", own, "2026-03-11", body="jia")
    for party in ("jia/deputy", "jia/member", "jia/branch"):
        log.pledge(party, "committee", "2026-03-12")
        log.pledge(party, "responsible", "2026-03-13")
    log.file(own, "dic", "2026-04-20")
    rows = {(o.duty, o.post): o.state for o in log.at("2026-05-01").unit("jia").obligations if o.duty[0] == "L"}

    assert {"in_time", "void"} == set(rows.values())
    assert {("L2c", "jia/secretary"), ("L2c", "jia/deputy")} == {k for k, state in rows.items() if state == "void"}
    assert log.one("L1c", "2026-05-01", unit="lab").state == "in_time"


def test_whose_list_is_missing():
    """L1a asks for a list of the team, of each of its members, and of each head in its charge."""
    log = Log()
    log.draft("responsibility", "jia", "2026-03-01")
    log.draft("responsibility", "jia/deputy", "2026-03-01")
    one = log.one("L1a", "2026-04-21")

    assert (one.state, one.holder) == ("overdue", None)
    assert [m.counterpart for m in one.missing] == ["jia/secretary", "jia/member", "lab/head"]


def test_a_list_for_another_year_does_not_count():
    log = Log()
    log.draft("task", "jia", "2026-03-01", year=2025)

    assert (
        next(o.state for o in log.at("2026-04-21").unit("jia").obligations if o.duty == "L1b" and o.post is None)
        == "overdue"
    )


class TestEndorsement:
    def one(self, log: Log, as_of: str):
        return log.one("L2b", as_of)

    def endorsed(self, day: str = "2026-04-01"):
        log = Log()
        lists = drafted(log)
        wanted = [lists[o, k] for o in ("jia/deputy", "jia/member") for k in KINDS]
        log.endorse("jia/secretary", wanted, day)
        return log, lists

    def test_only_by_the_secretary(self):
        log = Log()
        lists = drafted(log)
        log.endorse("jia/deputy", list(lists.values()), "2026-04-01")

        assert self.one(log, "2026-04-10").done == 0

    def test_a_later_edit_voids_it(self):
        """Computed, not an event: the list that stands now is endorsed by nobody."""
        log, _ = self.endorsed()
        assert self.one(log, "2026-05-01").state == "in_time"

        draft = log.draft("task", "jia/member", "2026-05-10")
        one = self.one(log, "2026-05-10")
        assert (one.state, [(m.counterpart, m.list) for m in one.missing]) == ("overdue", [("jia/member", "task")])
        assert "C2" in [g.code for g in log.at("2026-05-10").unit("jia").gaps]

        log.endorse("jia/secretary", [draft], "2026-05-12")
        assert self.one(log, "2026-05-12").state == "in_time"  # what stood on the due day was endorsed by then

    def test_endorsed_again_only_after_the_due_day(self):
        log, _ = self.endorsed("2026-04-01")
        draft = log.draft("task", "jia/member", "2026-04-15")
        log.endorse("jia/secretary", [draft], "2026-04-25")

        assert self.one(log, "2026-05-01").state == "late"

    def test_a_correction_of_the_content_is_an_edit(self):
        log, lists = self.endorsed()
        correction = log.correct(lists["jia/member", "task"], "2026-04-05", fields={"tasks": [{"number": "2"}]})
        assert self.one(log, "2026-04-10").done == 3

        log.endorse("jia/secretary", [correction], "2026-04-06")
        assert self.one(log, "2026-05-01").state == "in_time"

    def test_a_correction_of_a_part_is_an_edit(self):
        log, lists = self.endorsed()
        target = lists["jia/member", "task"]
        parts = (PartRef("content", b"d" * 32, 9), PartRef("reason", b"r" * 32, 9))
        fields = {"target": [target.statement.id, target.digest]}
        log.add("RecordCorrected@1", fields, "2026-04-05", stream=target.statement.stream, parts=parts)

        assert self.one(log, "2026-04-10").done == 3

    def test_a_correction_of_the_date_is_not(self):
        log, lists = self.endorsed()
        log.correct(lists["jia/member", "task"], "2026-04-05", happened=["date", "2026-03-02", "day", False])

        assert self.one(log, "2026-04-10").done == 4

    def test_the_first_endorsement_counts(self):
        """To endorse once more takes nothing away, before the due day or after it."""
        for first, second in (("2026-04-01", "2026-04-02"), ("2026-05-01", "2026-05-02")):
            log, lists = self.endorsed(first)
            wanted = [lists[o, k] for o in ("jia/deputy", "jia/member") for k in KINDS]
            log.endorse("jia/secretary", wanted, second)

            assert start_of(day_of(first)) == self.one(log, "2026-06-01").completed

    def test_another_digest_is_another_version(self):
        log = Log()
        draft = log.draft("task", "jia/member", "2026-03-01")
        log.endorse("jia/secretary", [draft._replace(digest=b"x" * 32)], "2026-03-02")

        assert self.one(log, "2026-04-10").done == 0


class TestPledges:
    def test_both_sides_over_one_text(self):
        log = Log()
        log.pledge("jia/member", "committee", "2026-03-12")
        assert log.one("L2a", "2026-04-10").done == 0

        log.pledge("jia/member", "responsible", "2026-03-13", text=b"u" * 32)
        assert log.one("L2a", "2026-04-10").done == 0

        last = log.pledge("jia/member", "responsible", "2026-03-14")
        one = log.one("L2a", "2026-04-10")
        assert one.done == 1
        assert last.position in [b.position for b in one.because]

    def test_late_when_the_second_side_is(self):
        log = Log()
        for party in ("jia/deputy", "jia/member", "jia/branch"):
            log.pledge(party, "committee", "2026-03-12")
            log.pledge(party, "responsible", "2026-04-21")

        assert log.one("L2a", "2026-05-01").state == "late"


class TestFiling:
    @pytest.mark.parametrize(("sent", "state"), [("2026-04-20", "in_time"), ("2026-04-21", "late")])
    def test_by_the_twentieth(self, sent: str, state: str):
        """AMB1: 4月中旬前 is the 20th, 24:00."""
        log = Log()
        log.file([log.draft(k, "jia", "2026-03-01") for k in KINDS], "dic", sent)

        assert state == log.one("L3b", "2026-05-01").state

    def test_only_the_committees_own_lists(self):
        """AMB22."""
        log = Log()
        log.file([log.draft(k, "jia/member", "2026-03-01") for k in KINDS], "dic", "2026-04-01")

        assert log.one("L3b", "2026-04-10").done == 0

    def test_the_university_files_with_the_stationed_group(self):
        log = Log()
        lists = [log.draft(k, "uni", "2026-03-01", unit="uni") for k in KINDS]
        log.file(lists, "stationed-group", "2026-04-30")

        assert log.one("L3a", "2026-05-01", unit="uni").state == "in_time"

    def test_filed_without_endorsement_is_a_gap(self):
        """C4: recorded and shown, never refused; the filing counts."""
        log = Log()
        log.file([log.draft(k, "jia", "2026-03-01") for k in KINDS], "dic", "2026-04-01")

        assert "C4" in [g.code for g in log.at("2026-04-10").unit("jia").gaps]


def test_posts_of_a_plain_body_that_stands_for_the_committee():
    """A committee may be a body of its own below its unit: its commitment is the unit's."""
    log = Log()
    log.add("UnitEstablished@1", {"unit": "jia-pc", "kind": "body", "name": "甲党委", "parent": "jia"}, "2026-01-01",
            stream="registry/units/jia-pc")  # fmt: skip
    lists = [log.draft(k, "jia-pc", "2026-03-01") for k in KINDS]
    log.on("CommitmentSigned", lists, "2026-03-11", body="jia-pc", by="jia/secretary")
    log.file(lists, "dic", "2026-04-01")

    assert log.one("L2e", "2026-05-01").state == "in_time"
    assert log.one("L3b", "2026-05-01").state == "in_time"
    assert HOLDERS["jia/secretary"] == "p-10"
