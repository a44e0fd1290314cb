"""
A strict reader of JSON lines: one object a line, UTF-8, no key twice, no NaN, no fractions.

What JSON leaves open is refused, because two readers would see two different acts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from trail.errors import CallerError

MAX_LINE: Final = 4 << 20
"""A body part has at most 1 MiB, which JSON may spell several times as long."""

_ADVICE: Final = "Correct the line; docs/cli.md describes the format. Nothing was recorded from it."


def refuse(message: str, number: int | None = None, **facts: object) -> NoReturn:
    """Refuse a line by its number."""
    where = "" if number is None else f"line {number}: "
    raise CallerError(f"{where}{message}", code="ACTS_FORMAT", advice=_ADVICE, line=number, **facts)


class _Fault(ValueError):
    """What the hooks raise, to be told with the line's number."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Fault(f"the key {key!r} stands twice")
        found[key] = value
    return found


def _no_constant(text: str) -> NoReturn:
    raise _Fault(f"{text} is not JSON")


def _no_fraction(text: str) -> NoReturn:
    raise _Fault(f"a record carries no fractions or exponents: {text[:40]}")


def parse(data: bytes, number: int | None = None) -> dict[str, Any]:
    """Read one object; raises `CallerError` with the line's number."""
    if len(data) > MAX_LINE:
        refuse(f"more than {MAX_LINE} bytes", number)
    if data.startswith(b"\xef\xbb\xbf"):
        refuse("a byte order mark; save the file as UTF-8 without one", number)
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant,
            parse_float=_no_fraction,
        )  # fmt: skip
    except UnicodeDecodeError as error:
        refuse(f"not UTF-8 at byte {error.start}", number)
    except RecursionError:
        refuse("nested too deep", number)
    except _Fault as error:
        refuse(str(error), number)
    except json.JSONDecodeError as error:
        refuse(f"not JSON at character {error.pos + 1}: {error.msg}", number)
    except ValueError:
        refuse("a number with too many digits", number)
    if not isinstance(value, dict):
        refuse("expected an object in braces", number)
    return value


def read_lines(data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and object of each line that is not blank; raises `CallerError` at the first that can't be read."""
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip(b" \t\r"):
            yield number, parse(line, number)


def read_object(data: bytes, path: str) -> dict[str, Any]:
    """The one object in a file; raises `CallerError`."""
    lines = list(read_lines(data))
    if len(lines) != 1:
        raise CallerError(f"{path}: expected one line with one object", code="ACTS_FORMAT", advice=_ADVICE)
    return lines[0][1]
