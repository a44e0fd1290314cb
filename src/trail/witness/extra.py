"""
The extra ``witness``: packages for HTTP that only a witness's server, or a log that asks one over HTTP, needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from trail.errors import MissingExtra

INSTALL: Final = "pip install 'trail-evidence[witness]'"


def require(*packages: str) -> None:
    """Check that *packages* are installed; raises `MissingExtra`, whose advice is the line that installs them."""
    for name in packages:
        try:
            import_module(name)
        except ImportError:
            raise MissingExtra(f"this needs {name}, which is not installed", advice=INSTALL, found=name) from None
