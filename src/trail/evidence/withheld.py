"""
What is withheld although the announced scope shows it: a unit's file must not lack the one talk that matters.

A verifier decides by the rule of `trail.evidence.scope`, at the end, for the registry there decides.  So until then the
positions are kept of those acts of which a body part is withheld, by what the rule asks of them: 8 bytes each, beside
one row for each unit or group of performers.  A file that announces everything or nothing needs none of this.

An exporter shows all parts of an act or none.  Of an act that its withheld parts alone might put into the scope nobody
can tell whether they do; but where another part of it, or an attachment, is shown, the two contradict each other.

Showing more than was announced hides nothing, and is judged like all else that is shown.  An attachment that is
withheld contradicts no scope, for its host may keep it, and nothing in the log says so; but it is remarked on.
"""

from __future__ import annotations

from array import array
from itertools import chain
from typing import Any

from trail.errors import EncodingError, RecordError
from trail.evidence.file import EVERYTHING, NOTHING, AttachmentItem, StateItem, is_scope
from trail.evidence.findings import Findings
from trail.evidence.judge import Beside, Judge
from trail.evidence.opaque import OpaqueEntry
from trail.evidence.record import Record, decode_entry
from trail.evidence.registry import Registry
from trail.evidence.scope import Bearing, Scope, Shown, bearing_of, is_open, scope_from_header


class Withheld:
    """Gathers, under one announced *scope*: `entry`, then `beside` for what follows it; `judge` at the end."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._parts = _Acts(scope)
        self._files = _Acts(scope)
        self._entry = b""
        self._position = 0
        self._record: Record | OpaqueEntry | None = None
        self._hidden: tuple[set[bytes], set[bytes]] = (set(), set())  # of parts, of attachments
        self._some = False

    def entry(self, entry: bytes, position: int, record: Record | OpaqueEntry | None) -> None:
        """Take the next entry; *record* is None where nobody has decoded it yet, or nobody can."""
        self._settle()
        self._entry, self._position, self._record = entry, position, record

    def beside(self, item: Beside) -> None:
        """Take what lies beside it."""
        if item.data is not None:
            self._some = True
        elif item.digest is not None and type(item) is not StateItem:
            self._hidden[type(item) is AttachmentItem].add(item.digest)

    def _settle(self) -> None:
        (parts, files), some = self._hidden, self._some
        self._some = False
        if not parts and not files:
            return
        self._hidden = (set(), set())
        record = self._record
        if record is None:
            try:
                record = decode_entry(self._entry, self._position)
            except (EncodingError, RecordError):
                return  # of no scope, as for whoever exports it: what it is itself, check 3 says
        if isinstance(record, OpaqueEntry):
            return
        if not parts.isdisjoint(one.digest for one in record.statement.parts):
            self._parts.take(record, some)
        if not files.isdisjoint(one.digest for one in record.statement.attachments):
            self._files.take(record, some)

    def judge(self, findings: Findings, registry: Registry) -> None:
        """Say of each act that lies in the scope, by the *registry* at the end, that some of it is withheld."""
        self._settle()
        unit = self._scope.unit
        if unit is not None and unit not in registry.units:
            findings.find("SCOPE_CONTRADICTED", "the announced unit is none that the registry knows", found=unit)
        shown = Shown(self._scope, registry)
        for position in self._parts.inside(shown):
            findings.find("SCOPE_CONTRADICTED", "a body part of an act of the announced scope is withheld", position)
        for position in self._files.inside(shown):
            findings.find("ATTACHMENT_WITHHELD_IN_SCOPE", "an attachment of an act of the announced scope is withheld",
                          position)  # fmt: skip


class _Acts:
    """Positions of acts, by what the rule asks of them."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._bearing: dict[Bearing, array[int]] = {}
        self._torn = array("q")  # some of it shown, some withheld, and not told by the statement to lie outside

    def take(self, record: Record, some: bool) -> None:
        """Take one of which something is withheld; *some* of it is shown."""
        bearing = bearing_of(record.statement, self._scope)
        if bearing is None:
            return
        torn = some and is_open(bearing, self._scope)
        (self._torn if torn else self._bearing.setdefault(bearing, array("q"))).append(record.position)

    def inside(self, shown: Shown) -> list[int]:
        """Those that lie in the scope, as far as that can be told."""
        told = (positions for bearing, positions in self._bearing.items() if shown.tells(bearing))
        return sorted(chain(self._torn, *told))


def withheld_under(header: dict[str, Any]) -> Withheld | None:
    """What gathers under the scope of a header; None where it shows everything or nothing, or is no scope."""
    scope = scope_from_header(header) if is_scope(header) else Scope()
    return Withheld(scope) if scope.named else None


def judge_scope(findings: Findings, header: dict[str, Any], judge: Judge, withheld: Withheld | None) -> None:
    """Compare the scope that a *header* announces with what was shown; *withheld* None: not to be told by the acts."""
    parts, attachments = judge.parts, judge.attachments
    if header == EVERYTHING and parts.withheld:
        findings.find("SCOPE_CONTRADICTED", "everything was announced, but contents are withheld", None, 0,
                      parts.withheld)  # fmt: skip
    if header == NOTHING and parts.shown + attachments.shown:
        findings.find("SCOPE_CONTRADICTED", "nothing was announced, but contents are shown", None, 0,
                      parts.shown + attachments.shown)  # fmt: skip
    if withheld is not None and judge.registry is not None:
        withheld.judge(findings, judge.registry)
