"""The pure engine: 100 hosts, 30 days, half-hour starts, 10,000 busy intervals, pooled."""

import random
import statistics
import time
from datetime import UTC, datetime

from infra24.availability import Busy, Member, Timetable, free_hosts, parse
from infra24.availability.slots import _opening, _shape

WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
START = int(datetime(2026, 10, 15, tzinfo=UTC).timestamp())
"""Thirty days from here cross the end of daylight saving time in New York."""
DAY = 86_400


def timetable(hosts: int, busy_each: int = 100, days: int = 30) -> Timetable:
    """So many hosts, weekdays nine to five, each with so many claims of half an hour with buffers."""
    dice = random.Random(7)
    emails = [f"host{n}@example.org" for n in range(hosts)]
    document = {
        "timezone": "America/New_York",
        "slot_minutes": 30,
        "buffer_before": 5,
        "buffer_after": 5,
        "max_per_day_per_host": 12,
        "windows": [
            {"by": "host", "host": email, "days": WEEK, "start": "09:00", "end": "17:00"} for email in emails
        ],
        "pooling": "any",
    }
    rules = parse(document, zone="UTC", people=emails)
    members = []
    for number, email in enumerate(emails):
        starts = sorted(START + 1_800 * dice.randrange(48 * days) for _ in range(busy_each))
        claims = [Busy(at - 300, at + 2_100, 1, at, None) for at in starts]
        members.append(Member(number, email, 1, claims))
    return Timetable(rules, START, (START, START + days * DAY), 1_800, tuple(members))


def median_ms(hosts: int, runs: int = 15, *, cold: bool = False) -> float:
    """The median time of one pooled answer, in milliseconds; `cold` forgets the expanded windows first."""
    table = timetable(hosts)
    free_hosts(table)
    times = []
    for _ in range(runs):
        if cold:
            _opening.cache_clear()
            _shape.cache_clear()
        began = time.perf_counter()
        free_hosts(table)
        times.append(time.perf_counter() - began)
    return 1e3 * statistics.median(times)


def run() -> None:
    """Print the figures."""
    warm, cold = median_ms(100), median_ms(100, cold=True)
    print(
        f"(c) engine, 100 hosts × 30 days × 10,000 busy, pooled: {warm:.1f} ms median warm, {cold:.1f} ms cold"
    )
    each = {n: median_ms(n) / n for n in (1, 10, 100)}
    said = ", ".join(f"{n}: {1e3 * ms:.0f} µs" for n, ms in each.items())
    print(f"    cost per host: {said}; 100 against 1: {each[100] / each[1]:.2f}")
    print(f"    target ≤ 20 ms: {'met' if cold <= 20 else 'MISSED'}")


if __name__ == "__main__":
    run()
