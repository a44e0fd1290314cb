"""How many examples a test draws that sets a number of its own: more of them under a profile that looks further."""

from __future__ import annotations

from typing import Final

from hypothesis import settings

MOST_TIMES: Final = 10


def scaled(number: int) -> int:
    """
    *number* under the default profile, ten times as many under ``ci`` and ``search``.

    A number that stands in a test's own settings is what the profile can't change; so the test asks here for it.  The
    profile is loaded when pytest is configured, before any module of tests is imported.
    """
    times = settings().max_examples // settings.get_profile("default").max_examples
    return number * max(1, min(times, MOST_TIMES))
