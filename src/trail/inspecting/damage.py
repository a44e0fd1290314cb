"""
The error of a memory that can't be trusted any more: damaged, or not one at all.
"""

from __future__ import annotations

from trail.errors import CallerError


class StateDamaged(CallerError):
    """The inspector's memory is damaged, or the file is none; nothing of it was used and nothing was written."""

    default_code = "STATE_DAMAGED"
    default_advice = (
        "Take your last copy of the memory, or name a new file: then everything is verified again, and what was "
        "remembered is lost. Keep the damaged file."
    )
