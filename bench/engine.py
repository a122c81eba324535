"""The pure engine: 100 hosts, 30 days, half-hour starts, 10,000 busy intervals, pooled; and with a room and wheels."""

import random
import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime

from infra24.availability import AvailabilityInput, Busy, Member, Need, free_hosts, opening, parse

WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
START = int(datetime(2026, 10, 15, tzinfo=UTC).timestamp())
"""Thirty days from here cross the end of daylight saving time in New York."""
DAY = 86_400


def _claims(dice: random.Random, count: int, days: int, units: int = 1) -> list[Busy]:
    starts = sorted(START + 1_800 * dice.randrange(48 * days) for _ in range(count))
    return [Busy(at - 300, at + 2_100, 1 + n % units, at, at + 1_800) for n, at in enumerate(starts)]


def timetable(hosts: int, busy_each: int = 100, days: int = 30) -> AvailabilityInput:
    """So many hosts, weekdays nine to five, each with so many claims of half an hour with buffers."""
    dice = random.Random(7)
    document = {
        "timezone": "America/New_York",
        "slot_minutes": 30,
        "buffer_before": 5,
        "buffer_after": 5,
        "max_per_day_per_host": 12,
        "windows": [{"by": "resource", "days": WEEK, "start": "09:00", "end": "17:00"}],
    }
    rules = parse(document, zone="UTC", people=())
    schedule = rules.own_schedule()
    members = tuple(Member(n, schedule, 1, _claims(dice, busy_each, days), person=True) for n in range(hosts))
    return AvailabilityInput(rules, START, (START, START + days * DAY), 1_800, (Need(members, staffed=True),))


def with_things(table: AvailabilityInput, days: int = 30) -> AvailabilityInput:
    """The same, and a room and two of six wheels with it."""
    dice = random.Random(8)
    room = Member("room", table.needs[0].members[0].schedule, 1, _claims(dice, 200, days))
    wheels = Member("wheels", None, 6, _claims(dice, 1_200, days, 6))
    return replace(table, needs=(*table.needs, Need((room,)), Need((wheels,), units=2)))


def median_ms(table: AvailabilityInput, runs: int = 15, *, cold: bool = False) -> float:
    """The median time of one pooled answer, in milliseconds; `cold` forgets the expanded hours first."""
    free_hosts(table)
    times = []
    for _ in range(runs):
        if cold:
            opening.cache_clear()
        began = time.perf_counter()
        free_hosts(table)
        times.append(time.perf_counter() - began)
    return 1e3 * statistics.median(times)


def run() -> None:
    """Print the figures."""
    hundred = timetable(100)
    warm, cold = median_ms(hundred), median_ms(hundred, cold=True)
    print(
        f"(c) engine, 100 hosts × 30 days × 10,000 busy, pooled: {warm:.1f} ms median warm, {cold:.1f} ms cold"
    )
    each = {n: median_ms(timetable(n)) / n for n in (1, 10, 100)}
    said = ", ".join(f"{n}: {1e3 * ms:.0f} µs" for n, ms in each.items())
    print(f"    cost per host: {said}; 100 against 1: {each[100] / each[1]:.2f}")
    print(f"    target ≤ 20 ms: {'met' if cold <= 20 else 'MISSED'}")
    full = median_ms(with_things(hundred), cold=True)
    print(f"(g) the same with a room and two of six wheels: {full:.1f} ms cold")
    print(f"    target ≤ 60 ms: {'met' if full <= 60 else 'MISSED'}")


if __name__ == "__main__":
    run()
