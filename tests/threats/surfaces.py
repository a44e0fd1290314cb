"""What is noticed elsewhere than in a report, by case: filled by ``test_surfaces.py`` and ``test_combined.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Surface(NamedTuple):
    """What is done, what notices, and the test that shows it (``file::name``)."""

    does: str
    notices: str
    test: str


SURFACES: dict[str, list[Surface]] = {
    "D5": [
        Surface(
            "two instances of one log are started by mistake, each with a copy of database, key and state",
            "a witness has recorded what this instance never signed: `OTHER_INSTANCE`, and nothing more is signed",
            "tests/application/test_anchoring.py::test_the_second_instance_is_stopped_before_it_can_fork",
        ),
        Surface(
            "two processes write to one database",
            "the head is locked while an act gets its position; the signer's state is locked while it signs",
            "tests/store/test_processes.py::test_writers_in_several_processes",
        ),
    ],
    "D1": [
        Surface(
            "a backup is put back with the signer's state, and the log goes on",
            "the witness refuses the checkpoint; the verifier names what is missing",
            "tests/application/test_anchoring.py::"
            "test_a_backup_put_back_with_its_state_is_refused_by_the_witness_and_named_by_the_verifier",
        ),
    ],
}


def surface(case: str, does: str, notices: str) -> Callable[[Any], Any]:
    """Enter a test; a module that is imported a second time adds nothing."""

    def enter(test: Any) -> Any:
        row = Surface(does, notices, f"tests/threats/{test.__module__.rpartition('.')[2]}.py::{test.__name__}")
        rows = SURFACES.setdefault(case, [])
        if row not in rows:
            rows.append(row)
        return test

    return enter
