"""
Moments as a record states them: dates, instants and periods, each in one spelling.

A date is text ``YYYY-MM-DD``; an instant is whole UTC seconds with the zone it was read in.  Only integers and dates
are stored, so no leap second, fold or time zone database can change what was signed.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final, NamedTuple

from trail.encoding import Value
from trail.errors import RecordError

MAX_INSTANT: Final = 253_370_764_799  # 9998-12-31T23:59:59Z: every zone and the day after stay within the calendar
LAST_DATE: Final = "9998-12-31"
ZONE: Final = 480  # Asia/Shanghai, minutes east of UTC; no daylight saving since 1991

_DATE_PRECISIONS = ("day", "month", "year")
_INSTANT_PRECISIONS = ("minute", "second")
_DAY = 86_400
_EPOCH_DAY = 719_163  # the ordinal of 1970-01-01


class Happened(NamedTuple):
    """
    When an act happened, as its signer claims: a date, or an instant with the zone it was read in.

    ``value`` is ``"YYYY-MM-DD"`` for a date (the first day, if only the month or year is known) and UTC seconds for
    an instant; ``zone`` is minutes east of UTC; ``uncertain`` marks what archives write in [brackets] (DA/T 18-2022).
    """

    kind: str
    value: str | int
    zone: int
    precision: str
    uncertain: bool

    @classmethod
    def on(cls, date: str | dt.date, *, precision: str = "day", uncertain: bool = False) -> Happened:
        """A date; raises `RecordError` for anything but a real ``YYYY-MM-DD``."""
        text = date if isinstance(date, str) else date.isoformat()
        return parse_happened(["date", text, precision, uncertain])

    @classmethod
    def at(cls, moment: dt.datetime, *, precision: str = "minute", uncertain: bool = False) -> Happened:
        """An instant; raises `RecordError` for a datetime without a zone."""
        offset = moment.utcoffset()
        if offset is None:
            raise RecordError("give the datetime a time zone", where="happened")
        zone = int(offset.total_seconds()) // 60
        return parse_happened(["instant", int(moment.timestamp()), zone, precision, uncertain])

    def start(self) -> int:
        """The first second that this can mean, UTC; a date begins at 00:00 Asia/Shanghai."""
        if type(self.value) is int:
            return self.value
        return date_start(str(self.value))

    def date(self) -> str:
        """The calendar date, in the zone it was read in."""
        if type(self.value) is int:
            return _date_at(self.value, self.zone)
        return str(self.value)

    def to_value(self) -> list[Value]:
        """The list that a statement carries."""
        if self.kind == "date":
            return ["date", self.value, self.precision, self.uncertain]
        return ["instant", self.value, self.zone, self.precision, self.uncertain]


def date_start(date: str) -> int:
    """UTC seconds at which *date* (``YYYY-MM-DD``) begins in Asia/Shanghai."""
    days = dt.date.fromisoformat(date).toordinal() - _EPOCH_DAY
    return days * _DAY - ZONE * 60


def date_of(seconds: int) -> str:
    """The date in Asia/Shanghai of an instant in UTC seconds."""
    return _date_at(seconds, ZONE)


def _date_at(seconds: int, zone: int) -> str:
    return _iso((seconds + zone * 60) // _DAY)


@lru_cache(maxsize=4096)
def _iso(days: int) -> str:
    """The date so many *days* after 1970-01-01; histories ask for the same few thousand again and again."""
    return dt.date.fromordinal(_EPOCH_DAY + days).isoformat()


def happened_from(when: Happened | dt.date | dt.datetime | str) -> Happened:
    """Read what a host gives for a time: a `Happened`, an aware datetime, a date, or ``"YYYY-MM-DD"``."""
    if isinstance(when, Happened):
        return when
    return Happened.at(when) if isinstance(when, dt.datetime) else Happened.on(when)


def parse_happened(value: object) -> Happened:
    where = "happened"
    if type(value) is not list or len(value) < 4 or type(value[-1]) is not bool:
        raise _fail("expected [kind, …, precision, uncertain]", where)
    if value[0] == "date" and len(value) == 4:
        _, text, precision, uncertain = value
        if type(text) is not str or precision not in _DATE_PRECISIONS:
            raise _fail("expected a date and day, month or year", where)
        check_date(text, where)
        if (precision == "month" and text[8:] != "01") or (precision == "year" and text[5:] != "01-01"):
            raise _fail(f"a date known to the {precision} names its first day", where)
        return Happened("date", text, ZONE, precision, uncertain)
    if value[0] == "instant" and len(value) == 5:
        _, seconds, zone, precision, uncertain = value
        if type(seconds) is not int or not 0 <= seconds <= MAX_INSTANT:
            raise _fail("expected whole seconds between 1970 and 9998", where)
        if type(zone) is not int or not -1439 <= zone <= 1439:
            raise _fail("expected minutes east of UTC", where)
        if precision not in _INSTANT_PRECISIONS:
            raise _fail("expected minute or second", where)
        return Happened("instant", seconds, zone, precision, uncertain)
    raise _fail("expected a date or an instant", where)


def check_date(text: str, where: str) -> None:
    """Check that *text* is a real calendar date in the one spelling ``YYYY-MM-DD``; raises `RecordError`."""
    try:
        if len(text) != 10 or dt.date.fromisoformat(text).isoformat() != text or text > LAST_DATE:
            raise ValueError(text)
    except ValueError:
        raise _fail(f"expected a real date, YYYY-MM-DD, up to {LAST_DATE}", where) from None


def check_period(text: object, where: str) -> None:
    """Check ``2026``, ``2026-H1``, ``2026-01`` or ``2026-03-05``; raises `RecordError`."""
    if type(text) is str:
        whole = {4: text + "-01-01", 7: text + "-01"}.get(len(text), text)
        if text[4:] in ("-H1", "-H2"):
            whole = text[:4] + "-01-01"
        try:
            check_date(whole, where)
            return
        except RecordError:
            pass
    raise _fail("expected a year, a half-year (2026-H1), a month or a date", where)


def _fail(message: str, where: str) -> RecordError:
    return RecordError(message, where=where)
