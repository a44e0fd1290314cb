"""
A new folder, whole or not at all: filled beside its place and moved there when all is in it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trail.errors import CallerError, EnvironmentFailed


def check_free(target: Path) -> None:
    """Check that *target* does not exist, or is an empty folder; raises `CallerError`."""
    if "\0" in str(target):
        raise CallerError("a folder's name holds no NUL", code="USAGE", advice="Choose another name.")
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise CallerError(f"{target} exists and is not empty", code="USAGE", advice="Choose a new folder.")
    except (OSError, ValueError) as error:
        raise CallerError(f"{target} can't be used: {error}", code="USAGE") from None


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """
    A folder to fill, which becomes *target* when the block ends, and vanishes if it fails.

    Raises:
        EnvironmentFailed: It can't be made or moved.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise EnvironmentFailed(f"{target} can't be made: {error.strerror}") from None
    try:
        yield beside
        beside.chmod(0o755)
        if target.exists():
            target.rmdir()
        beside.replace(target)
    except OSError as error:
        raise EnvironmentFailed(f"{target} can't be made: {error.strerror}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_policy(path: Path, policy: str) -> None:
    """Write a first policy, with what its owner should know before handing it on."""
    path.write_text(_COMMENT + policy, encoding="utf-8", newline="\n")


_COMMENT = """\
# Whom to trust when verifying this log.  Hand it to inspectors by another channel than the evidence.
# `quorum none` leans on the log's own key alone.  A witness outside the house is worth far more: add its key, as
# `trail keys show KEYFILE --as witness NAME` prints it, and let it decide:
#   witness dic <vkey>
#   quorum dic
"""
