"""Corrections, voidings and disputes: what stands, since when it is known, and that all stays visible."""

from __future__ import annotations

from campus_records import Log
from hypothesis import given
from hypothesis import strategies as st

from trail.projections import Edits

TO = ["p-11", "p-12", "p-13"]


def edits_of(log: Log) -> Edits:
    return Edits(r for r in log.records if r.statement.type.startswith("Record"))


class TestAcrossTheDueDate:
    def late_then_corrected(self):
        log = Log()
        report = log.report("principal", "jia/secretary", "2026-H1", "2026-07-12", ["dic", "uni"])
        edit = log.correct(report, "2026-07-20", recorded="2026-07-20", fields={"sent": "2026-07-09"})
        return log, report, edit

    def test_a_correction_moves_an_act_into_time(self):
        """Whoever looks from before the correction sees late; who knows it sees in time, and that it came later."""
        log, report, edit = self.late_then_corrected()
        before = log.one("R5", "2026-07-31", period="2026-H1", known_at=report.position)
        after = log.one("R5", "2026-07-31", period="2026-H1")

        assert (before.state, after.state) == ("late", "in_time")
        assert {edit.position, report.position} == {b.position for b in after.because}

    def test_what_it_changed_carries_its_own_label(self):
        log = Log()
        talk = log.talk("jia/secretary", TO, "2026-03-05")
        log.correct(talk, "2026-11-01", recorded="2026-11-01", happened=["date", "2026-03-04", "day", False])
        labels = {b.position: b.label for b in log.one("S2a", "2026-12-31").because}

        assert {talk.position: "contemporaneous", talk.position + 1: "backfilled"} == labels

    def test_edits_apply_whatever_their_date(self):
        """A correction of July, known today, corrects what is said about March."""
        log = Log()
        talk = log.talk("jia/secretary", TO, "2026-03-05")
        log.correct(talk, "2026-07-01", happened=["date", "2026-04-05", "day", False])

        assert log.one("S2a", "2026-03-31").done == 0
        assert log.one("S2a", "2026-03-31", known_at=talk.position).done == 3

    def test_corrected_out_of_its_year(self):
        log = Log()
        talk = log.talk("jia/secretary", TO, "2026-12-30")
        log.correct(talk, "2027-01-04", happened=["date", "2027-01-02", "day", False])

        assert log.one("S2a", "2027-01-31", period="2026").state == "overdue"
        assert log.one("S2a", "2027-01-31", period="2027").done == 3


class TestVoided:
    def test_voided_and_the_voiding_voided(self):
        log = Log()
        talk = log.talk("jia/secretary", TO, "2026-03-05")
        voiding = log.void(talk, "2026-03-06")
        assert log.one("S2a", "2026-06-30").done == 0
        assert voiding.position in [b.position for b in log.one("S2a", "2026-06-30").because]

        again = log.void(voiding, "2026-03-07")
        assert log.one("S2a", "2026-06-30").done == 3

        log.void(again, "2026-03-08")
        assert log.one("S2a", "2026-06-30").done == 0

    def test_the_last_that_holds_decides(self):
        """Corrected after it was voided, the record stands as corrected; the voiding stays visible."""
        log = Log()
        talk = log.talk("jia/secretary", TO, "2026-03-05")
        log.void(talk, "2026-03-06")
        correction = log.correct(talk, "2026-03-07", happened=["date", "2026-03-04", "day", False])
        assert log.one("S2a", "2026-06-30").done == 3

        log.void(correction, "2026-03-08")
        assert log.one("S2a", "2026-06-30").done == 0

    def test_corrections_add_up_field_by_field(self):
        """The last correction decides for what it changed, and leaves alone what an earlier one changed."""
        log = Log()
        talk = log.talk("jia/secretary", ["p-11"], "2026-03-05")
        log.correct(talk, "2026-03-06", happened=["date", "2026-03-04", "day", False])
        log.correct(talk, "2026-03-07", fields={"counterparts": [{"person": p} for p in TO]})
        settled = edits_of(log).apply(talk)

        assert (settled.statement.happened.date(), len(settled.statement.fields["counterparts"])) == ("2026-03-04", 3)
        assert (talk.digest, talk.position) == (settled.digest, settled.position)

    def test_roster_facts_are_subject_to_it(self):
        log = Log()
        log.relieve("jia/secretary", "p-10", "2026-06-01")
        wrong = log.assign("jia/secretary", "p-20", "2026-06-01")
        right = log.correct(wrong, "2026-08-01", fields={"person": "p-21"})

        assert log.one("R5", "2026-07-31", period="2026-H1").holder == "p-21"
        assert log.one("R5", "2026-07-31", period="2026-H1", known_at=right.position - 1).holder == "p-20"
        log.void(wrong, "2026-08-02")
        assert log.one("R5", "2026-07-31", period="2026-H1").holder is None

    def test_a_dispute_changes_nothing_and_shows(self):
        log = Log()
        talk = log.talk("jia/secretary", TO, "2026-03-05")
        dispute = log.edit("Disputed", talk, "2026-03-06")
        one = log.one("S2a", "2026-06-30")

        assert one.state == "in_time"
        assert ("DISPUTED", (talk.position, dispute.position)) in [(g.code, g.positions) for g in one.gaps]

    def test_the_ledger_keeps_everything(self):
        log = Log()
        talk = log.talk("jia/secretary", TO, "2026-03-05")
        voiding = log.void(talk, "2026-03-06")
        entry = log.at("2026-01-01").ledger[talk.position - 1]

        assert (talk, False, [voiding.position]) == (entry.record, entry.stands, [e.position for e in entry.edits])


@given(st.data())
def test_a_chain_of_voidings(data: st.DataObject):
    """Each record stands exactly if no voiding that itself stands names it: the definition, read backwards."""
    log = Log(rules=None)
    chain = [log.talk("jia/secretary", TO, "2026-03-05") for _ in range(2)]
    for _ in range(data.draw(st.integers(0, 8))):
        chain.append(log.void(data.draw(st.sampled_from(chain)), "2026-03-06"))
    edits = edits_of(log)

    def stands(record) -> bool:
        return not any(
            r.statement.type == "RecordVoided@1"
            and r.statement.fields["target"][0] == record.statement.id
            and stands(r)
            for r in chain
        )

    for record in chain[:2]:
        assert stands(record) == (edits.apply(record) is not None)
