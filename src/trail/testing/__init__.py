"""
What a host system's own tests can use: an invented university, histories for property-based tests, the tamper kit.

* `trail.testing.campus`: a log of an invented university with clock, keys, witness and policy.
* `histories`: a hypothesis strategy of whole histories; needs the extra ``testing``.
* `trail.testing.tamper`: changes to copies, with everything recomputed that needs no key.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from trail.errors import MissingExtra

if TYPE_CHECKING:
    from trail.testing.campus import Campus
    from trail.testing.history import History
    from trail.testing.strategy import histories

__all__ = ["Campus", "History", "histories"]

_HOME: Final = {
    "Campus": "trail.testing.campus", "History": "trail.testing.history", "histories": "trail.testing.strategy"
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Resolve a name on first use, so that a campus needs no hypothesis; raises `MissingExtra`."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value: object = getattr(import_module(home), name)
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        raise MissingExtra(
            "histories need hypothesis, which is not installed",
            advice="Install it: pip install 'trail-evidence[testing]'",
        ) from None
    globals()[name] = value
    return value
