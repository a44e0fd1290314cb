"""What a verdict rests on beside the evidence and the policy: the versions of what computed it."""

from __future__ import annotations

import platform
from importlib.metadata import version

from trail import __version__


def versions() -> dict[str, str]:
    """Name and version of each: Python, this library, and the two packages that it needs."""
    out = {"python": platform.python_version(), "trail": __version__}
    return out | {name: version(name) for name in ("cryptography", "msgpack")}
