"""trail.clock: whole UTC seconds, and a clock that tests can hold still."""

from __future__ import annotations

import datetime as dt

import pytest

from trail.clock import Clock, FixedClock, SystemClock


def test_system_clock_tells_whole_utc_seconds() -> None:
    before = dt.datetime.now(dt.UTC).timestamp()
    now = SystemClock().now()
    after = dt.datetime.now(dt.UTC).timestamp()

    assert type(now) is int
    assert int(before) <= now <= after


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/St_Johns", "UTC"])
def test_system_clock_does_not_depend_on_the_local_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert abs(SystemClock().now() - dt.datetime.now(dt.UTC).timestamp()) < 2
    finally:
        monkeypatch.undo()
        time.tzset()


def test_fixed_clock_stands_still_until_moved() -> None:
    clock = FixedClock(1000)

    assert [clock.now(), clock.now()] == [1000, 1000]
    clock.tick()
    assert clock.now() == 1001
    clock.tick(-600)
    assert clock.now() == 401
    clock.set(5)
    assert clock.now() == 5


def test_fixed_clock_may_step_with_each_reading() -> None:
    clock = FixedClock(100, step=10)

    assert [clock.now() for _ in range(3)] == [100, 110, 120]


def test_both_are_clocks() -> None:
    clocks: list[Clock] = [SystemClock(), FixedClock(1)]

    assert all(clock.now() > 0 for clock in clocks)
