"""Questions for the inspector: asked where there is something to ask, and nowhere else; no findings, no scores."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from campus_records import Log, noon
from hypothesis import given
from test_laws import DAYS, histories
from test_lookback import Grounded

from trail.errors import CallerError
from trail.evidence.record import Performer, SignerRef
from trail.projections.questions import CODES, DEFAULTS, Question, Questions, Thresholds, questions

END = "2026-12-31"


def ask(log: Log, **options: Any) -> Questions:
    return questions(log.at(END), **options)


def codes(found: Questions) -> list[str]:
    return [question.code for question in found]


def only(found: Questions, code: str) -> Question:
    (question,) = (q for q in found if q.code == code)
    return question


def at(question: Question) -> list[int]:
    return [line.position for line in question.cited.all]


def minute(log: Log, count: int, *, hand: str, seconds: int = 10, persons: bool = True, recorder: str = "p-40") -> None:
    """Talks of several persons that came in one soon after the other."""
    posts = ["jia/secretary", "jia/deputy", "jia/member", "jia/branch"]
    for number in range(count):
        post = posts[number % len(posts)] if persons else posts[0]
        record = log.talk(post, ["p-00"], "2026-05-06")
        statement = record.statement._replace(hand=hand)
        if hand != "own":
            statement = statement._replace(signers=(SignerRef(recorder, "jia/recorder", b"k" * 32),))
        log.records[-1] = record._replace(statement=statement, recorded=noon("2026-05-06") + number * seconds)


def test_an_honest_year_raises_no_question():
    log = Log()
    for month in range(1, 11):
        log.talk("jia/secretary", ["p-11"], f"2026-{month:02}-05")

    assert ask(log, notice="2026-10-20").questions == ()


class TestLag:
    def test_thirty_days(self):
        log = Log()
        log.talk("jia/secretary", ["p-11"], "2026-03-05", recorded="2026-04-04")
        late = log.talk("jia/secretary", ["p-12"], "2026-03-05", recorded="2026-06-01")
        question = only(ask(log), "LAG")

        assert (question.unit, at(question)) == ("jia", [late.position])
        assert dict(question.facts) == {"count": 1, "days": 30, "longest": 88}

    def test_a_correction_is_no_lag(self):
        log = Log()
        talk = log.talk("jia/secretary", ["p-11"], "2026-03-05")
        log.correct(talk, "2026-09-01", fields={"topic": "x"})

        assert codes(ask(log)) == []

    def test_the_threshold_is_a_setting(self):
        log = Log()
        log.talk("jia/secretary", ["p-11"], "2026-03-05", recorded="2026-03-20")

        assert codes(ask(log)) == []
        assert codes(ask(log, thresholds=Thresholds(lag_days=10))) == ["LAG"]


class TestAroundANotice:
    def log(self, *, recorded: str) -> Log:
        log = Log()
        for day in ("2026-03-05", "2026-03-06", "2026-03-07"):
            log.talk("jia/secretary", ["p-11"], day, recorded=recorded)
        return log

    @pytest.mark.parametrize(
        ("recorded", "asked"),
        [
            ("2026-10-12", False), ("2026-10-13", True), ("2026-10-19", True),
        ],
    )  # fmt: skip
    def test_back_filled_in_the_week_before(self, recorded: str, asked: bool):
        found = ask(self.log(recorded=recorded), notice="2026-10-20")

        assert ("BURST_BEFORE_NOTICE" in codes(found)) is asked
        assert "RECORDED_AFTER_NOTICE" not in codes(found)

    @pytest.mark.parametrize("recorded", ["2026-10-20", "2026-11-30"])
    def test_back_filled_after_it(self, recorded: str):
        question = only(ask(self.log(recorded=recorded), notice="2026-10-20"), "RECORDED_AFTER_NOTICE")

        assert len(at(question)) == 3
        assert dict(question.facts) == {"count": 3, "notice": "2026-10-20"}

    def test_what_happened_after_it_is_no_matter(self):
        log = Log()
        log.talk("jia/secretary", ["p-11"], "2026-10-21", recorded="2026-11-20")

        assert codes(ask(log, notice="2026-10-20")) == []

    def test_a_record_made_at_once_is_no_matter(self):
        log = Log()
        log.talk("jia/secretary", ["p-11"], "2026-10-19", recorded="2026-10-20")

        assert codes(ask(log, notice="2026-10-20")) == []

    def test_a_notice_to_the_university_is_one_to_its_units(self):
        log = self.log(recorded="2026-10-19")
        notice = log.add("TourNoticeIssued@1", {}, "2026-10-20", unit="uni")
        found = ask(log, unit="jia")

        assert [(n.day, n.position) for n in found.notices] == [("2026-10-20", notice.position)]
        assert "BURST_BEFORE_NOTICE" in codes(found)


class TestBurst:
    def test_five_in_a_day(self):
        log = Log()
        for number in range(5):
            assert "BURST" not in codes(ask(log))
            log.talk("jia/secretary", ["p-11"], f"2026-03-0{number + 1}", recorded="2026-06-01")

        assert len(at(only(ask(log), "BURST"))) == 5

    def test_two_bursts_are_two_questions(self):
        log = Log()
        for recorded in ("2026-06-01", "2026-08-03"):
            for number in range(5):
                log.talk("jia/secretary", ["p-11"], f"2026-03-0{number + 1}", recorded=recorded)
        found = [q for q in ask(log) if q.code == "BURST"]

        assert [len(at(q)) for q in found] == [5, 5]
        assert not set(at(found[0])) & set(at(found[1]))

    def test_imports_of_two_units_are_not_one_burst(self):
        log = Log()
        for by in ("jia/secretary", "uni/secretary"):
            for number in range(3):
                log.talk(by, ["p-11"], f"2026-03-0{number + 1}", recorded="2026-06-01")

        assert "BURST" not in codes(ask(log))


class TestSubmittedTogether:
    def test_one_recorder_three_persons(self):
        log = Log()
        minute(log, 3, hand="recorded")
        question = only(ask(log), "ONE_RECORDER")

        assert dict(question.facts) == {
            "recorder": "p-40", "post": "jia/recorder", "persons": 3, "count": 3, "seconds": 60, "first": "2026-05-06",
        }  # fmt: skip

    @pytest.mark.parametrize(("count", "seconds", "persons"), [(2, 10, True), (3, 30, True), (9, 1, False)])
    def test_not_so_many_or_not_so_fast(self, count: int, seconds: int, persons: bool):
        log = Log()
        minute(log, count, hand="recorded", seconds=seconds, persons=persons)

        assert "ONE_RECORDER" not in codes(ask(log))

    def test_ten_acts_of_one_person(self):
        log = Log()
        minute(log, 10, hand="recorded", seconds=1, persons=False)

        assert "ONE_RECORDER" in codes(ask(log))

    def test_own_hands_in_one_second(self):
        log = Log()
        minute(log, 3, hand="own", seconds=0)
        question = only(ask(log), "SIGNED_TOGETHER")

        assert dict(question.facts)["persons"] == 3
        assert "ONE_RECORDER" not in codes(ask(log))

    def test_own_hands_a_second_apart(self):
        log = Log()
        minute(log, 3, hand="own", seconds=1)

        assert "SIGNED_TOGETHER" not in codes(ask(log))

    def test_a_body_is_no_person(self):
        log = Log()
        minute(log, 3, hand="recorded")
        for number, record in enumerate(log.records[-3:], len(log.records) - 3):
            body = record.statement._replace(performers=(Performer("body", "jia", ""),))
            log.records[number] = record._replace(statement=body)

        assert "ONE_RECORDER" not in codes(ask(log))


def test_imported_batches():
    log = Log()
    minute(log, 2, hand="imported", recorder="p-50")
    question = only(ask(log), "IMPORTED")

    assert dict(question.facts) == {"count": 2, "by": "p-50", "first": "2026-05-06", "backfilled": 0}


def test_the_same_text_again_and_again():
    log = Log()
    texts = {}
    for number, day in enumerate(("2026-03-05", "2026-04-07", "2026-05-12"), 1):
        record = log.talk("jia/secretary", ["p-11"], day)
        texts[record.position] = f"{number}. 了解履职情况，提出改进要求，对方表示接受并认真整改落实。({day})"

    assert len(at(only(ask(log, texts=texts), "SAME_TEXT"))) == 3
    assert codes(ask(log)) == [], "texts are not in statements: without parts nothing is asked"
    texts[record.position] = "本次谈话的内容与前两次完全不同，记录如下，双方确认无误后签名。"
    assert codes(ask(log, texts=texts)) == []


def test_a_clock_outside_its_bounds():
    log = Log()
    talk = log.talk("jia/secretary", ["p-11"], "2026-06-18", recorded="2026-06-18")
    found = ask(log, ground=Grounded({talk.position: noon("2026-11-05")}))

    assert at(only(found, "CLOCK")) == at(only(found, "LAG")) == [talk.position]


def test_only_of_one_unit():
    log = Log()
    log.talk("uni/secretary", ["p-11"], "2026-03-05", recorded="2026-06-01")
    log.talk("jia/secretary", ["p-11"], "2026-03-05", recorded="2026-06-01")

    assert [q.unit for q in ask(log)] == ["jia", "uni"]
    assert [q.unit for q in ask(log, unit="jia")] == ["jia"]
    with pytest.raises(CallerError, match="no such unit"):
        ask(log, unit="bing")


def test_thresholds():
    assert Thresholds.changed([]) == DEFAULTS
    assert Thresholds.changed(["lag_days=10", "burst_count=3"]) == Thresholds(lag_days=10, burst_count=3)
    for word in ("lag_days", "lag_days=", "lag_days=0", "lag_days=-1", "notice_types=x", "no_such=1", "lag_days=1.5"):
        with pytest.raises(CallerError, match="not a threshold"):
            Thresholds.changed([word])
    assert list(DEFAULTS.to_json()) == [one.name for one in fields(Thresholds)]


@given(histories(), DAYS)
def test_questions_change_nothing_and_rest_on_known_records(log: Log, day: str):
    """Every question names records, of what happened before the date, each with its leaf; nobody gets a score."""
    snapshot = log.at(day)
    before = json.dumps(snapshot.unit("jia").to_json(), sort_keys=True)
    found = questions(snapshot, notice="2026-09-01")
    known = {line.position for line in found.lines}

    assert json.dumps(snapshot.unit("jia").to_json(), sort_keys=True) == before
    assert set(codes(found)) <= set(CODES)
    for question in found:
        assert at(question)
        assert set(at(question)) <= known
    assert not {"score", "rank"} & set(json.dumps(found.to_json()).split('"'))
