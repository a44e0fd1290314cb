"""``python -m trail.cli``, for where the script is not installed."""

from __future__ import annotations

import sys

from trail.cli import main

if __name__ == "__main__":
    sys.exit(main())
