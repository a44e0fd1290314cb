"""
Import an event log in XES (IEEE 1849) into a new log of acts, and have a witness cosign it::

    python examples/import_event_log.py travel_permits.xes.gz --into travel
    trail verify travel/trail.db --policy travel/policy

It is an example of a host system that declares its own types: nothing in the library knows of XES.

* Every resource (``org:resource``, else ``org:role``, else ``org:group``) becomes a body, every ``concept:name`` a
  declared type, every trace a stream ``case/<number in the file>``.  A name that can't be an identifier as it stands
  (too long, odd spaces, invisible characters, taken) is shortened and gets a piece of its SHA-256 behind it.
* An event is recorded by the importer, under a grant to import, as performed by its body.  Public are type, body,
  time and ``lifecycle:transition``; all other attributes lie as text in one body part, which can be erased.  So can
  the trace's attributes, beside its first event.  Names of bodies and types are public and stay: where resources are
  persons' names that must not stay, replace them by pseudonyms before.
* An event without a time (of 1970 or later) is marked ``undated`` and takes, as uncertain, the time of the event
  before it in its trace, or else that of the import; one without a zone is read as UTC and is uncertain; one without a
  name is of the type ``unnamed event``; one without a resource is of the body ``unknown``.  The summary counts them.
* The file is read twice, as a stream (``xes.py``): first for bodies and types, then for the events.

DIR then holds ``trail.db``, ``policy``, ``keys/`` and ``witness/``.  All keys are made for this import, and the
passphrase of their files lies beside them, readable for you alone: enough for an example, and for nothing else.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from xes import (
    ATTRIBUTE,
    LIFECYCLE,
    MAX_RECORDS,
    NAME,
    TIME,
    Attribute,
    Event,
    Refused,
    Xes,
    actor_of,
    clean,
    identifier,
    moment,
    read,
    records,
    told,
)

from trail import (
    Field,
    GenericAct,
    GrantGiven,
    Happened,
    KeyEnrolled,
    PartSpec,
    PersonRegistered,
    PostAssigned,
    PostCreated,
    PrivateKey,
    Trail,
    TrailError,
    TypeDeclared,
    TypeSpec,
    UnitEstablished,
    declare,
    format_policy,
    write_key_file,
)
from trail.aggregates import LIBRARY_TYPES
from trail.application import Acting, Registering
from trail.evidence.registry import BUILT_IN
from trail.signing import LOG_ED25519, NoteKey, possession_message
from trail.witness import Witness, request

ROOT, UNKNOWN, UNNAMED, UNFINISHED = "root", "unknown", "unnamed event", "UNFINISHED"
IMPORTER = POST = "importer"

BATCH = 500  # events of one transaction
LOG_IMPORTED = declare(
    "EventLogImported",
    fields={"events": Field("int"), "file": Field("digest"), "traces": Field("int")},
    parts={"log": PartSpec({"attributes": Field("list", of=ATTRIBUTE, max=MAX_RECORDS)}, optional=True)},
    hands=("own",),
)


@dataclass
class Survey:
    """What the first pass finds: each actor's body, each name's type, and how many of what."""

    digest: bytes = b""
    bodies: dict[tuple[str, str] | None, str] = field(default_factory=dict)
    types: dict[str | None, TypeSpec] = field(default_factory=dict)
    log: list[Attribute] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def survey(path: Path) -> Survey:
    """The first pass; raises `Refused`."""
    found, xes = Survey(), Xes()
    ids: dict[str, object] = dict.fromkeys((ROOT, UNKNOWN))
    reserved = {spec.name for spec in LIBRARY_TYPES} | {compiled.spec.name for compiled in BUILT_IN.values()}
    names: dict[str, object] = dict.fromkeys(reserved | {UNNAMED, LOG_IMPORTED.name})
    with_events, last = 0, 0
    for event in read(path, xes):
        said = told(event)
        found.counts["events"] += 1
        with_events, last = with_events + (event.case > last), max(last, event.case)
        actor = actor_of(said)
        if actor not in found.bodies:
            body = found.bodies[actor] = UNKNOWN if actor is None else identifier(actor[1], ids)
            ids[body] = None
        name = said[NAME].value if NAME in said else None
        if name not in found.types:
            type_name = UNNAMED if name is None else identifier(name, names)
            names[type_name] = None
            found.types[name] = declared(type_name)
    found.counts["traces"] = xes.traces
    found.counts["traces without events"] = xes.traces - with_events
    found.log = xes.log
    with path.open("rb") as stream:
        found.digest = hashlib.file_digest(stream, "sha256").digest()
    return found


def declared(name: str) -> TypeSpec:
    """The type of the events of one name."""
    attributes = Field("list", optional=True, of=ATTRIBUTE, max=MAX_RECORDS)
    return declare(
        name,
        fields={"lifecycle": Field("id", optional=True), "undated": Field("bool", optional=True)},
        parts={"attributes": PartSpec({"event": attributes, "trace": attributes}, optional=True)},
        hands=("imported",),
    )


class Acts:
    """Makes an act of each event, and counts what was not as it should be."""

    def __init__(self, found: Survey, now: dt.datetime) -> None:
        self._found = found
        self._start = Happened.at(now, precision="second", uncertain=True)
        self._case = -1
        self._before = self._start
        self.counts: Counter[str] = Counter()

    def __call__(self, event: Event) -> GenericAct:
        """The act of one event; raises `Refused` where the first pass has not seen its like."""
        said = told(event)
        actor = actor_of(said)
        name = said[NAME].value if NAME in said else None
        try:
            body, spec = self._found.bodies[actor], self._found.types[name]
        except KeyError:
            raise Refused("the file was changed while it was read") from None
        if event.case != self._case:
            self._case, self._before = event.case, self._start
        happened, undated = self._happened(said)
        lifecycle = identifier(said[LIFECYCLE].value) if LIFECYCLE in said else None
        shown = {NAME: spec.name, LIFECYCLE: lifecycle, TIME: _text(happened)}
        if actor is not None:
            shown[actor[0]] = body
        content = {"event": records(_rest(event.attributes, said, shown)), "trace": records(event.trace)}
        part = {key: one.rows for key, one in content.items() if one.rows}
        self.counts["events without a name"] += name is None
        self.counts["events without a resource"] += actor is None
        self.counts["values that were cut"] += sum(one.cut for one in content.values())
        self.counts["attributes that were left out"] += sum(one.left for one in content.values())
        return GenericAct(
            key=spec.key,
            spec=spec,
            stream=f"case/{event.case}" if event.case else "events",
            happened=happened,
            performers=(("body", body, ""),),
            unit=body,
            fields={"lifecycle": lifecycle, "undated": undated or None},
            parts={"attributes": part} if part else {},
        )

    def _happened(self, said: Mapping[str, Attribute]) -> tuple[Happened, bool]:
        given = moment(said[TIME].value) if TIME in said else None
        if given is None:
            self.counts["events without a time"] += 1
            return self._before, True
        self.counts["times without a zone"] += given.uncertain
        self._before = given._replace(uncertain=True)
        return given, False


def _text(happened: Happened) -> str:
    """How XES would write the time that is recorded."""
    if not isinstance(happened.value, int):
        return ""
    zone = dt.timezone(dt.timedelta(minutes=happened.zone))
    return dt.datetime.fromtimestamp(happened.value, zone).isoformat()


def _rest(
    attributes: list[Attribute], said: Mapping[str, Attribute], shown: Mapping[str, str | None]
) -> list[Attribute]:
    """Every attribute but those that the record shows already, word for word, and that hold no others."""
    rest = []
    for number, attribute in enumerate(attributes):
        holds = number + 1 < len(attributes) and attributes[number + 1].depth > attribute.depth
        plain = said.get(attribute.key) is attribute and shown.get(attribute.key) == attribute.value
        if holds or not plain:
            rest.append(attribute)
    return rest


# --- the log ----------------------------------------------------------------------------------------------------------


class Keys:
    """New keys, each in an encrypted file; the passphrase lies beside them, so that the example can be gone on with."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._folder = folder
        self._passphrase = secrets.token_urlsafe(24)
        handle = os.open(folder / "passphrase", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="ascii") as file:
            file.write(self._passphrase + "\n")

    def make(self, name: str) -> PrivateKey:
        """A new key, kept as *name*."""
        key = PrivateKey.generate()
        write_key_file(self._folder / f"{name}.pem", key, self._passphrase)
        return key


def furnish(trail: Trail, registering: Registering, key: PrivateKey, found: Survey, title: str) -> None:
    """Record who and what the events name: the importer with a grant, the bodies, the types."""
    origin, today = trail.origin, dt.datetime.now(dt.UTC).date()
    possession = key.sign(possession_message(origin, IMPORTER, key.public))
    registering.record_many([
        UnitEstablished(unit=ROOT, kind="external", name=clean(title)[:500] or ROOT),
        PersonRegistered(person=IMPORTER, name="import_event_log.py"),
        KeyEnrolled(person=IMPORTER, key=key.public.raw, possession=possession),
        PostCreated(post=POST, unit=ROOT, kind="importer", title="Importer"),
        PostAssigned(post=POST, person=IMPORTER, from_=today),
        GrantGiven(grant="import", post=POST, action="import", types=["*"], unit=ROOT),
        TypeDeclared(schema=LOG_IMPORTED),
    ])  # fmt: skip
    bodies = (
        UnitEstablished(unit=body, kind="body", parent=ROOT, name=clean(actor[1])[:500] if actor else UNKNOWN)
        for actor, body in found.bodies.items()
    )
    while batch := list(islice(bodies, BATCH)):
        registering.record_many(batch)
    types = (TypeDeclared(schema=spec) for spec in found.types.values())
    while declarations := list(islice(types, BATCH)):
        registering.record_many(declarations)


def record_events(
    path: Path, acting: Acting, found: Survey, now: dt.datetime, progress: Callable[[int, int], None]
) -> Counter[str]:
    """The second pass: where the log comes from, then every event, in batches; returns what was counted."""
    acts, total, done = Acts(found, now), found.counts["events"], 0
    fields = {"events": total, "file": found.digest, "traces": found.counts["traces"]}
    parts = {"log": {"attributes": records(found.log).rows}} if found.log else {}
    acting.record(GenericAct(key=LOG_IMPORTED.key, spec=LOG_IMPORTED, stream="import", fields=fields, parts=parts))
    events = map(acts, read(path, Xes()))
    while batch := list(islice(events, BATCH)):
        acting.record_many(batch)
        done += len(batch)
        progress(done, total)
    if done != total:
        raise Refused("the file was changed while it was read")
    return acts.counts


def cosigned_policy(trail: Trail, log_key: PrivateKey, witness_key: PrivateKey, folder: Path) -> str:
    """Issue a checkpoint, have a new witness cosign it, and write the policy that pins log, genesis and witness."""
    log = NoteKey(trail.origin, LOG_ED25519, log_key.public.raw)
    trail.checkpoint()
    with Witness(folder / "state.db", witness_key, "witness.example/import", [log], new=True) as witness:
        trail.add_cosignatures(witness.sign(request(trail.reader, 0), int(time.time())))
        return format_policy(
            logs=[log], witnesses={"witness": witness.key}, quorum="witness", genesis=[trail.genesis()]
        )


def import_file(path: Path, into: Path, progress: Callable[[int, int], None] = lambda *_: None) -> Counter[str]:
    """
    Import *path* into the new or empty folder *into*; returns what was counted.

    While it works, and after it was interrupted, a file ``UNFINISHED`` says so.

    Raises:
        Refused: The file or the folder can't be used.
        TrailError: It could not be recorded.
    """
    check_free(into)
    found = survey(path)  # before anything is made
    into.mkdir(parents=True, exist_ok=True)
    marker = into / UNFINISHED
    marker.write_text("This import is not finished. Delete the folder and import again.\n", encoding="utf-8")
    keys, folder = Keys(into / "keys"), into / "witness"
    folder.mkdir(mode=0o700)
    registrars = [(name, keys.make(name)) for name in ("registrar-1", "registrar-2")]
    log_key, importer, witness = keys.make("log"), keys.make(IMPORTER), keys.make("witness")
    origin = f"import.example/{found.digest.hex()[:16]}"
    database = into / "trail.db"
    state = into / "keys" / "log.state"
    with Trail.create(database, origin=origin, registrars=registrars, log_key=log_key, state=state) as trail:
        furnish(trail, trail.registering(registrars), importer, found, path.name)
        acting = trail.acting(IMPORTER, POST, importer)
        counts = record_events(path, acting, found, dt.datetime.now(dt.UTC), progress)
        policy = cosigned_policy(trail, log_key, witness, folder)
    (into / "policy").write_text(policy, encoding="utf-8")
    marker.unlink()
    return found.counts + counts + Counter(types=len(found.types), bodies=len(found.bodies))


def check_free(into: Path) -> None:
    """Refuse a folder that holds anything."""
    if (into / UNFINISHED).exists():
        raise Refused(f"{into} holds an import that was not finished: delete the folder and import again")
    if (into / "trail.db").exists():
        raise Refused(f"{into} holds a log already, and an import makes a new one: name another folder")
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise Refused(f"{into} is not an empty folder: name another")


# --- the command ------------------------------------------------------------------------------------------------------


def show(done: int, total: int) -> None:
    """A line of progress, on a terminal alone."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{done:,} of {total:,} events ({done * 100 // total} %)", end=end, file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    """Exit codes: 0 done, 1 it could not be recorded, 2 the file or the folder can't be used, 130 interrupted."""
    parser = argparse.ArgumentParser(description="Import an event log in XES into a new log of acts.")
    parser.add_argument("file", type=Path, help="the event log, .xes or .xes.gz")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    options = parser.parse_args(argv)
    started = time.monotonic()
    try:
        counts = import_file(options.file, options.into, show)
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    except TrailError as error:
        print(f"{error.message}\n{error.advice()}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted: what is in {options.into} is not finished. Delete it and import again.", file=sys.stderr)
        return 130
    spent = time.monotonic() - started
    events, traces = counts["events"], counts["traces"]
    print(f"{events:,} events of {traces:,} traces in {spent:.1f} s ({events / spent:,.0f} a second)")
    print(f"  types: {counts['types']:,}, bodies: {counts['bodies']:,}")
    for what, count in counts.items():
        if what not in ("events", "traces", "types", "bodies") and count:
            print(f"  {count:,} {what}")
    print(f"The keys in {options.into / 'keys'} lie beside their passphrase: for trying out, nothing else.")
    print("Verify it with:")
    print(f"  trail verify {options.into / 'trail.db'} --policy {options.into / 'policy'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
