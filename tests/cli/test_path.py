"""The whole path in processes of its own: every command, and copies changed by raw SQL."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests_cli import Site  # type: ignore[import-not-found]
