"""The importer: any event log in XES becomes a log that verifies, with every event in it."""

import datetime as dt
import gzip
import hashlib
import os
import stat
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.profile import scaled

from trail import KeyFile, Trail, Verdict
from trail.application import audit
from trail.evidence.record import Record, decode_part
from trail.evidence.registry import Registry
from trail.signing import pkcs8

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "bpic2020_travel_permits.xes.gz"
SHORT_ROUNDS = 1_000

sys.path.insert(0, str(ROOT / "examples"))
try:
    import import_event_log
    import xes
finally:
    sys.path.remove(str(ROOT / "examples"))


@pytest.fixture(autouse=True)
def quick_key_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key files that open in no time; five of them are written for each import."""
    monkeypatch.setattr(pkcs8, "ROUNDS", SHORT_ROUNDS)


class Imported(NamedTuple):
    """What an import left: the events' records in order, their body parts' content, the registry, the counts."""

    events: list[Record]
    contents: list[dict[str, Any]]
    registry: Registry
    counts: Counter[str]

    def bodies(self) -> list[str]:
        """Who did each event."""
        return [record.statement.performers[0].who for record in self.events]

    def types(self) -> list[str]:
        """The type of each event, without its version."""
        return [record.statement.type.removesuffix("@1") for record in self.events]

    def rows(self, number: int = 0, of: str = "event") -> list[tuple[str, str, str]]:
        """Key, type and value of the attributes in one event's body part."""
        return [(row["key"], row["type"], row["value"]) for row in self.contents[number].get(of, [])]


def import_bytes(data: bytes, into: Path) -> Imported:
    """Import *data*, verify what came of it, and read it back."""
    source = into.with_name(into.name + ".xes")
    source.write_bytes(data)
    return look(into, import_event_log.import_file(source, into))


def look(into: Path, counts: Counter[str]) -> Imported:
    report = audit(into / "trail.db", (into / "policy").read_text(encoding="utf-8"))
    assert report.verdict is Verdict.INTACT, report.findings
    assert report.exposed == 0
    # Event logs may foretell; and the importer had no post yet when it happened.
    assert {remark.code for remark in report.remarks} <= {"HAPPENED_AFTER_RECORDED", "POST_NOT_HELD"}
    with Trail.open(into / "trail.db", read_only=True) as trail:
        events = [record for record in trail.records() if record.statement.hand == "imported"]
        contents = []
        for record in events:
            parts = [trail.reader.part(ref.digest) for ref in record.statement.parts]
            contents.append(decode_part(parts[0]).data if parts and parts[0] is not None else {})
        return Imported(events, contents, trail.registry(), counts)


def log_of(inside: str, *, namespace: str = ' xmlns="http://www.xes-standard.org/"') -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<log{namespace}>{inside}</log>'.encode()


def event_of(*attributes: tuple[str, str, str]) -> str:
    inside = "".join(f"<{kind} key={quoted(key)} value={quoted(value)}/>" for key, kind, value in attributes)
    return f"<event>{inside}</event>"


def quoted(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def one(*attributes: tuple[str, str, str]) -> bytes:
    return log_of(f"<trace>{event_of(*attributes)}</trace>")


def named(name: str, *more: tuple[str, str, str]) -> str:
    return event_of(("concept:name", "string", name), *more)


RICH = """
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<global scope="event"><string key="concept:name" value="__INVALID__"/></global>
<classifier name="Activity" keys="concept:name lifecycle:transition"/>
<string key="source" value="nowhere"/>
<trace>
  <string key="concept:name" value="case 7"/>
  <event>
    <string key="concept:name" value="Decide"/>
    <string key="org:resource" value="Anna Beispiel"/>
    <string key="org:role" value="Clerk"/>
    <string key="lifecycle:transition" value="complete"/>
    <date key="time:timestamp" value="2011-10-01T00:38:44.546+02:00"/>
    <int key="amount" value="20000"/><float key="rate" value="1.50"/><boolean key="urgent" value="true"/>
    <id key="identity:id" value="8a7a1c6e-0000-4000-8000-000000000001"/>
    <string key="outer" value="o"><string key="inner" value="i"><int key="deep" value="3"/></string></string>
    <list key="items"><values><string key="item" value="a"/><string key="item" value="b"/></values></list>
    <container key="box"><int key="x" value="1"/></container>
  </event>
  <event>
    <string key="concept:name" value="Decide"/><string key="org:role" value="Clerk"/>
    <date key="time:timestamp" value="2011-10-01T00:38:44+02:00"/>
  </event>
  <event><string key="concept:name" value="Pay"/><string key="org:group" value="Office"/></event>
  <string key="late" value="after the events"/>
</trace>
<trace><string key="concept:name" value="empty"/></trace>
"""


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://www.xes-standard.org/"'])
def test_everything_an_event_log_can_say(tmp_path: Path, namespace: str) -> None:
    got = import_bytes(log_of(RICH, namespace=namespace), tmp_path / "out")
    assert got.bodies() == ["Anna Beispiel", "Clerk", "Office"]
    assert got.types() == ["Decide", "Decide", "Pay"]
    assert [record.statement.stream for record in got.events] == ["case/1"] * 3
    assert got.rows(0) == [
        ("org:role", "string", "Clerk"),
        ("time:timestamp", "date", "2011-10-01T00:38:44.546+02:00"),
        ("amount", "int", "20000"),
        ("rate", "float", "1.50"),
        ("urgent", "boolean", "true"),
        ("identity:id", "id", "8a7a1c6e-0000-4000-8000-000000000001"),
        ("outer", "string", "o"),
        ("inner", "string", "i"),
        ("deep", "int", "3"),
        ("items", "list", ""),
        ("item", "string", "a"),
        ("item", "string", "b"),
        ("box", "container", ""),
        ("x", "int", "1"),
    ]
    assert [row.get("depth", 0) for row in got.contents[0]["event"]] == [0] * 7 + [1, 2, 0, 1, 1, 0, 1]
    assert got.rows(0, "trace") == [("concept:name", "string", "case 7")]
    assert got.contents[1] == {}, "nothing was left to say"
    assert got.rows(2, "trace") == [("late", "string", "after the events")]
    assert got.counts["traces without events"] == 1


def test_lifecycle_and_time_are_public(tmp_path: Path) -> None:
    got = import_bytes(log_of(RICH), tmp_path / "out")
    first, second, third = (record.statement for record in got.events)
    assert first.fields == {"lifecycle": "complete"}
    assert (first.happened.value, first.happened.zone, first.happened.precision) == (1_317_422_324, 120, "second")
    assert not second.happened.uncertain
    assert third.fields == {"undated": True}
    assert third.happened == second.happened._replace(uncertain=True)


def test_where_the_log_comes_from_is_recorded(tmp_path: Path) -> None:
    data = log_of(RICH)
    import_bytes(data, tmp_path / "out")
    with Trail.open(tmp_path / "out" / "trail.db", read_only=True) as trail:
        found = next(r for r in trail.records() if r.statement.type == "EventLogImported@1")
        part = decode_part(trail.reader.part(found.statement.parts[0].digest) or b"")
    assert found.statement.fields == {"events": 3, "file": hashlib.sha256(data).digest(), "traces": 2}
    rows: Any = part.data["attributes"]
    assert [(row["key"], row["type"]) for row in rows] == [
        ("Concept", "extension"), ("event", "global"), ("concept:name", "string"), ("Activity", "classifier"),
        ("source", "string"),
    ]  # fmt: skip


def test_an_event_that_says_nothing(tmp_path: Path) -> None:
    before = dt.datetime.now(dt.UTC).timestamp()
    got = import_bytes(log_of("<trace><event/><event></event></trace><event/>"), tmp_path / "out")
    assert got.bodies() == ["unknown"] * 3
    assert got.types() == ["unnamed event"] * 3
    assert [record.statement.stream for record in got.events] == ["case/1", "case/1", "events"]
    for record in got.events:
        assert record.statement.happened.uncertain
        assert record.statement.happened.start() >= int(before)
    for what in ("name", "time", "resource"):
        assert got.counts[f"events without a {what}"] == 3


def test_an_empty_log(tmp_path: Path) -> None:
    got = import_bytes(log_of(""), tmp_path / "out")
    assert got.events == []
    assert got.counts["events"] == 0


@pytest.mark.parametrize(
    ("text", "value", "uncertain"),
    [
        ("2017-04-06T13:32:10+02:00", 1_491_478_330, False),
        ("2017-04-06T11:32:10Z", 1_491_478_330, False),
        ("2017-04-06T11:32:10.1234567Z", 1_491_478_330, False),
        ("2017-04-06T11:32:10", 1_491_478_330, True),
        ("1970-01-01T00:00:00Z", 0, False),
    ],
)
def test_times(tmp_path: Path, text: str, value: object, uncertain: bool) -> None:
    got = import_bytes(one(("time:timestamp", "date", text)), tmp_path / "out")
    happened = got.events[0].statement.happened
    assert (happened.value, happened.uncertain) == (value, uncertain)
    assert got.counts["events without a time"] == 0
    assert got.counts["times without a zone"] == uncertain


@pytest.mark.parametrize(
    "text", ["last Tuesday", "1899-12-31T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_what_is_no_time_for_a_record_is_kept_as_text(tmp_path: Path, text: str) -> None:
    got = import_bytes(one(("time:timestamp", "date", text)), tmp_path / "out")
    assert got.rows() == [("time:timestamp", "date", text)]
    assert got.counts["events without a time"] == 1


def test_names_that_differ_by_case_space_or_form_stay_apart(tmp_path: Path) -> None:
    names = ["Pay", "pay", "Pay ", " Pay", "P\u00e1y", "Pa\u0301y", "Pay\u200b", "Pay\n", "P@y", "P y", "P  y"]
    data = log_of("<trace>" + "".join(map(named, names)) + "</trace>")
    got = import_bytes(data, tmp_path / "out")
    assert len(set(got.types())) == len(names)
    assert got.types()[:2] == ["Pay", "pay"]
    for number, name in enumerate(names):
        if got.types()[number] != name:
            assert got.rows(number) == [("concept:name", "string", xes.clean(name))]


TAKEN = ("TalkHeld", "LogFounded", "unnamed event", "EventLogImported")


@pytest.mark.parametrize("name", [*TAKEN, "x" * 5000, "\u202e", "@"])
def test_a_name_that_is_taken_or_unfit_becomes_another(tmp_path: Path, name: str) -> None:
    got = import_bytes(log_of(f"<trace>{named(name)}</trace>"), tmp_path / "out")
    assert got.types() != [name]
    assert hashlib.sha256(name.encode()).hexdigest()[:16] in got.types()[0]


def test_a_resource_keeps_its_name_as_the_name_of_its_body(tmp_path: Path) -> None:
    names = ["root", "unknown", "张一", "a/b@c", "n" * 400, "tab\tnul\u0085", "\u00a0x"]
    events = "".join(event_of(("org:resource", "string", name)) for name in names)
    got = import_bytes(log_of(f"<trace>{events}</trace>"), tmp_path / "out")
    assert len(set(got.bodies())) == len(names)
    assert got.bodies()[2] == "张一"
    for body, name in zip(got.bodies(), names, strict=True):
        unit = got.registry.units[body]
        assert (unit.kind, unit.parent) == ("body", "root")
        assert unit.name == xes.clean(name)


def test_a_resource_and_a_role_of_one_name_are_two_bodies(tmp_path: Path) -> None:
    events = event_of(("org:resource", "string", "A")) + event_of(("org:role", "string", "A"))
    got = import_bytes(log_of(f"<trace>{events}</trace>"), tmp_path / "out")
    assert got.bodies()[0] == "A"
    assert got.bodies()[1].startswith("A #")


def test_an_empty_resource_is_none(tmp_path: Path) -> None:
    got = import_bytes(one(("org:resource", "string", " "), ("org:role", "string", "R")), tmp_path / "out")
    assert got.bodies() == ["R"]
    assert got.rows() == [("org:resource", "string", " ")]


def test_of_two_attributes_with_one_key_the_first_counts_and_both_are_kept(tmp_path: Path) -> None:
    twice = [("concept:name", "string", "A"), ("concept:name", "string", "B"), ("x", "int", "1"), ("x", "int", "2")]
    got = import_bytes(one(*twice), tmp_path / "out")
    assert got.types() == ["A"]
    assert got.rows() == [("concept:name", "string", "B"), ("x", "int", "1"), ("x", "int", "2")]


def test_characters_that_a_record_does_not_carry_are_escaped(tmp_path: Path) -> None:
    got = import_bytes(one(("k\u0085", "string", "a\u0080\tb\r\nc\ufdd0\u202e")), tmp_path / "out")
    assert got.rows() == [("k\\u{85}", "string", "a\\u{80}\tb\\u{d}\nc\\u{fdd0}\u202e")]


def test_a_long_value_is_cut_and_says_so(tmp_path: Path) -> None:
    value = "长" * 50_000
    got = import_bytes(one(("note", "string", value)), tmp_path / "out")
    row = got.contents[0]["event"][0]
    assert row["value"] == "长" * xes.MAX_VALUE
    assert (row["length"], row["sha256"]) == (50_000, hashlib.sha256(value.encode()).digest())
    assert got.counts["values that were cut"] == 1


def test_more_than_a_part_can_hold_is_left_out_and_counted(tmp_path: Path) -> None:
    many = [(f"k{n}", "string", "😀" * 150) for n in range(3000)]
    got = import_bytes(one(*many), tmp_path / "out")
    rows = got.rows()
    left = len(many) - len(rows) + 1
    assert rows[-1] == ("", "omitted", f"{left} more attributes were left out")
    assert got.counts["attributes that were left out"] == left
    few = import_bytes(one(*[("k", "int", "1")] * 1000), tmp_path / "few")
    assert len(few.rows()) == 1000


def test_gzip_and_other_encodings(tmp_path: Path) -> None:
    text = one(("concept:name", "string", "prüfen")).decode().replace("UTF-8", "ISO-8859-1")
    source = tmp_path / "a.xes.gz"
    source.write_bytes(gzip.compress(text.encode("latin-1")))
    got = look(tmp_path / "out", import_event_log.import_file(source, tmp_path / "out"))
    assert got.types() == ["prüfen"]


LAUGHS = '<!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><log><string key="k" value="&b;"/></log>'
OUTSIDE = '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]><log><string key="k" value="v"/>&x;</log>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (LAUGHS.encode(), "DOCTYPE"),
        (OUTSIDE.encode(), "DOCTYPE"),
        (b'<!DOCTYPE log SYSTEM "http://example.org/x.dtd"><log/>', "DOCTYPE"),
        (b"<html><body/></html>", "no XES file"),
        (b"<log><trace>", "not well-formed"),
        (b"<log>&undefined;</log>", "not well-formed"),
        (b"", "not well-formed"),
        (b"position,act\n1,talk\n", "not well-formed"),
        (gzip.compress(log_of(RICH))[:-20], "can't be read"),
    ],
)
def test_what_can_not_be_read_leaves_nothing(tmp_path: Path, data: bytes, says: str) -> None:
    source = tmp_path / "a.xes"
    source.write_bytes(data)
    with pytest.raises(xes.Refused, match=says):
        import_event_log.import_file(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_second_import_into_the_same_folder_is_refused(tmp_path: Path) -> None:
    import_bytes(log_of(RICH), tmp_path / "out")
    before = (tmp_path / "out" / "policy").read_bytes()
    with pytest.raises(xes.Refused, match="holds a log already"):
        import_event_log.import_file(tmp_path / "out.xes", tmp_path / "out")
    assert (tmp_path / "out" / "policy").read_bytes() == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(xes.Refused, match="not an empty folder"):
        import_event_log.import_file(tmp_path / "out.xes", tmp_path / "other")


def test_an_interrupted_import_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a.xes"
    source.write_bytes(log_of("<trace>" + named("a") * 7 + "</trace>"))
    monkeypatch.setattr(import_event_log, "BATCH", 3)

    def interrupt(done: int, total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_event_log.import_file(source, tmp_path / "out", interrupt)
    assert "Delete the folder" in (tmp_path / "out" / "UNFINISHED").read_text()
    assert not (tmp_path / "out" / "policy").exists()
    with pytest.raises(xes.Refused, match="not finished"):
        import_event_log.import_file(source, tmp_path / "out")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_nobody_else_reads_the_keys_and_their_owner_can_go_on(tmp_path: Path) -> None:
    import_bytes(log_of(RICH), tmp_path / "out")
    keys = tmp_path / "out" / "keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    for file in keys.glob("*.pem"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((keys / "passphrase").stat().st_mode) == 0o600
    log_key = KeyFile(keys / "log.pem", lambda: (keys / "passphrase").read_text().strip())
    with Trail.open(tmp_path / "out" / "trail.db", log_key=log_key, state=keys / "log.state") as trail:
        assert trail.checkpoint().size == trail.reader.head().size


def test_the_command(tmp_path: Path) -> None:
    source, into = tmp_path / "a.xes", tmp_path / "out"
    source.write_bytes(log_of(RICH))
    command = [sys.executable, str(ROOT / "examples" / "import_event_log.py"), str(source), "--into", str(into)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].startswith("3 events of 2 traces in ")
    assert done.stdout.splitlines()[-1] == f"  trail verify {into / 'trail.db'} --policy {into / 'policy'}"
    assert done.stderr == "", "no progress where nobody watches"
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def travel(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    if not SHARED.exists():
        pytest.skip("needs ../shared/data/bpic2020_travel_permits.xes.gz")
    into = tmp_path_factory.mktemp("travel") / "out"
    return look(into, import_event_log.import_file(SHARED, into))


def test_the_travel_permits_of_a_real_university(travel: Imported) -> None:
    assert len(travel.events) == travel.counts["events"] == 26_028
    assert travel.counts["traces"] == 1_478
    assert set(travel.bodies()) == {"unknown"}
    per_stream = Counter(record.statement.stream for record in travel.events)
    assert len(per_stream) == 1_478
    with gzip.open(SHARED, "rt", encoding="utf-8") as stream:
        names = Counter(line.split('value="')[1].split('"')[0] for line in stream if 'key="concept:name"' in line)
    assert all(names[name] == count for name, count in Counter(travel.types()).items())


# --- any event log ----------------------------------------------------------------------------------------------------

XML_TEXT = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\ufffe\uffff")
    .filter(lambda c: c >= " " or c in "\t\n\r")
    .filter(lambda c: ord(c) & 0xFFFE != 0xFFFE),
    max_size=30,
)  # fmt: skip
KEYS = st.sampled_from(["concept:name", "org:resource", "org:role", "org:group", "lifecycle:transition", "cost", ""])
ZONES = st.none() | st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=8))])
FIRST, LAST = dt.datetime(1000, 1, 2), dt.datetime(9999, 12, 30)  # noqa: DTZ001 - hypothesis adds the zone
TIMES = st.datetimes(FIRST, LAST, timezones=ZONES).map(dt.datetime.isoformat)
ATTRIBUTES = st.one_of(
    st.tuples(KEYS | XML_TEXT, st.sampled_from(["string", "int", "float", "boolean", "id"]), XML_TEXT),
    st.tuples(st.just("time:timestamp"), st.just("date"), TIMES | XML_TEXT),
)
TRACES = st.lists(st.lists(st.lists(ATTRIBUTES, max_size=6), max_size=4), max_size=4)


@settings(max_examples=scaled(25))
@given(traces=TRACES)
def test_any_event_log_is_imported_whole_and_verifies(traces: list[list[list[tuple[str, str, str]]]]) -> None:
    data = log_of("".join("<trace>" + "".join(event_of(*event) for event in trace) + "</trace>" for trace in traces))
    events = [(f"case/{number}", event) for number, trace in enumerate(traces, 1) for event in trace]
    with tempfile.TemporaryDirectory() as folder:
        got = import_bytes(data, Path(folder) / "out")
    assert [record.statement.stream for record in got.events] == [stream for stream, _ in events]
    for number, (_, event) in enumerate(events):
        statement = got.events[number].statement
        public = {got.types()[number], got.bodies()[number], statement.fields.get("lifecycle")}
        left = Counter((xes.clean(key), kind, xes.clean(value)) for key, kind, value in event)
        left.subtract(got.rows(number))
        assert min(left.values(), default=0) >= 0, "nothing was made up"
        for (_, kind, value), count in left.items():
            if count:
                at = dt.datetime.fromisoformat(value).timestamp() if kind == "date" else None
                assert value in public or at == statement.happened.value, "what the part leaves out is public"
