"""
The read model of a log as this version makes it, and check 18: its comparison with the entries.

A read model is no evidence.  Where it says something else than the entries, answers from it may lack something: that
leaves the verdict open.  One that other code made is not judged; this version does not use it either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trail import __version__
from trail.errors import StoreFailed
from trail.projections.bearing import RULE_DIGEST, keys_of
from trail.store.readmodel import Comparison, ReadModel

if TYPE_CHECKING:
    from trail.evidence.record import Record
    from trail.store import Reader
    from trail.verify import Verification

MISMATCH = "READ_MODEL_MISMATCH"
VERSION = "READ_MODEL_VERSION"


def read_model(reader: Reader) -> ReadModel:
    """The read model of the log that *reader* reads, as this version makes it."""
    return ReadModel(reader, keys_of, code=__version__, rule=RULE_DIGEST)


class ModelCheck:
    """Check 18 of a log that *view* sees as of one moment, for *run*; `take` each record, then `close`."""

    def __init__(self, view: Reader, run: Verification) -> None:
        self._run = run
        self._comparison: Comparison | None = None
        model = read_model(view)
        try:
            found = model.followed(view.source)
        except StoreFailed as error:
            self._strange(error)
            return
        if found is None:
            return
        run.facts["read model"] = f"to position {found.position}, made by {found.code}"
        if found.position < 0 or found.position > view.head().size:
            run.count(18)
            run.find(MISMATCH, "the read model says that it reaches where the log does not", None,
                     view.head().size, found.position)  # fmt: skip
        elif not model.usable(found):
            run.count(18)
            run.find(VERSION, "other code made the read model: make it anew", None,
                     [model.code, model.rule], [found.code, found.rule])  # fmt: skip
        else:
            self._comparison = model.comparison(view.source, found)

    def take(self, record: Record) -> None:
        """Take the next record."""
        if self._comparison is not None:
            self._comparison.take(record)

    def close(self) -> None:
        """Compare, once every record was taken."""
        if self._comparison is None:
            return
        try:
            self._run.count(18, max(self._comparison.rows(), 1))
            for one in self._comparison.differences():
                what = "the read model does not have under this position what the entry gives"
                self._run.find(MISMATCH, what, one.position, list(one.missing), list(one.strange))
        except StoreFailed as error:
            self._strange(error)

    def _strange(self, error: StoreFailed) -> None:
        self._run.count(18)
        self._run.find(MISMATCH, f"the read model can't be read: {error.message}")
