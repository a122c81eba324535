"""A slow, obviously right answer to "which starts are free": minute by minute, from the definitions alone.

Every offset and change of the clocks that the tests use falls on a whole minute, so a minute of time is
open or closed as one; claims and `now` keep their seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from infra24.availability import Blackout, Busy, Member, Timetable, Window

MINUTE = 60
DAY = 86_400
MARGIN = 2 * DAY


@lru_cache(maxsize=400_000)
def shown(zone: ZoneInfo, instant: int) -> tuple[date, int]:
    """The date and the second of the day that a clock on the wall shows."""
    wall = datetime.fromtimestamp(instant, UTC).astimezone(zone)
    return wall.date(), wall.hour * 3_600 + wall.minute * 60 + wall.second


def minutes_of(start: int, end: int) -> range:
    """The whole minutes that [start, end) touches."""
    return range(start - start % MINUTE, end, MINUTE)


def overlap(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two half-open spans share an instant."""
    return start < other_end and other_start < end


def in_window(window: Window, zone: ZoneInfo, minute: int) -> bool:
    """Whether a clock shows one of the window's weekdays and a time inside it."""
    on, second = shown(zone, minute)
    return on.weekday() in window.days and window.start <= second < window.end


def in_blackout(blackout: Blackout, zone: ZoneInfo, minute: int) -> bool:
    """Whether a clock shows one of the blackout's dates and a time inside it."""
    on, second = shown(zone, minute)
    return blackout.first <= on <= blackout.last and blackout.start <= second < blackout.end


@dataclass
class Oracle:
    """One timetable, asked start by start."""

    timetable: Timetable
    _open: dict[str | None, frozenset[int]] = field(default_factory=dict)
    _grid: dict[str | None, frozenset[int]] = field(default_factory=dict)

    # The windows.

    def minutes(self) -> range:
        """Every minute that can matter to a start in the span."""
        first, last = self.timetable.span
        return minutes_of(first - MARGIN, last + self.timetable.length + MARGIN)

    def windows(self, email: str | None) -> list[Window]:
        """The windows of one host, or of the resource itself."""
        return [window for window in self.timetable.rules.windows if window.host == email]

    def open_minutes(self, email: str | None) -> frozenset[int]:
        """The minutes at which some window is open."""
        if email not in self._open:
            zone, windows = self.timetable.rules.zone, self.windows(email)
            self._open[email] = frozenset(
                minute for minute in self.minutes() if any(in_window(w, zone, minute) for w in windows)
            )
        return self._open[email]

    def grid(self, email: str | None) -> frozenset[int]:
        """Where the windows put starts, whether or not a booking fits."""
        if email not in self._grid:
            self._grid[email] = frozenset(s for w in self.windows(email) for s in self.starts_of(w))
        return self._grid[email]

    def starts_of(self, window: Window) -> Iterator[int]:
        """From the first minute of each piece of the window on a date, every step."""
        zone, step = self.timetable.rules.zone, self.timetable.rules.step_minutes
        piece_of: date | None = None
        passed = 0
        for minute in self.minutes():
            on = shown(zone, minute)[0] if in_window(window, zone, minute) else None
            passed = passed + 1 if on is not None and on == piece_of else 0
            piece_of = on
            if on is not None and passed % step == 0:
                yield minute

    def fits(self, email: str | None, start: int) -> bool:
        """Whether the whole booking is inside the open minutes."""
        opened = self.open_minutes(email)
        return all(minute in opened for minute in minutes_of(start, start + self.timetable.length))

    # One start, rule by rule.

    def past(self, start: int) -> bool:
        """Whether it begins before now."""
        return start < self.timetable.now

    def too_soon(self, start: int) -> bool:
        """Whether it begins before the notice has passed (a past start is past, not too soon)."""
        notice = self.timetable.rules.min_notice_minutes
        return not self.past(start) and start < self.timetable.now + notice * MINUTE

    def too_far(self, start: int) -> bool:
        """Whether it begins at the horizon or after it."""
        return start >= self.timetable.now + self.timetable.rules.horizon_days * DAY

    def wrong_length(self) -> bool:
        """Whether the rules do not offer this length."""
        return self.timetable.length not in [m * MINUTE for m in self.timetable.rules.durations]

    def blackout(self, start: int) -> bool:
        """Whether the booking touches a blackout of the rules."""
        rules = self.timetable.rules
        return self._closed(rules.blackouts, rules.zone, start)

    def time_off(self, member: Member, start: int) -> bool:
        """Whether the booking touches the member's own time off."""
        return self._closed(member.closed, member.zone or self.timetable.rules.zone, start)

    def _closed(self, closed: tuple[Blackout, ...], zone: ZoneInfo, start: int) -> bool:
        booking = minutes_of(start, start + self.timetable.length)
        return any(in_blackout(blackout, zone, minute) for blackout in closed for minute in booking)

    def clashes(self, start: int, claim: Busy) -> bool:
        """Whether the booking with its buffers overlaps a claim."""
        rules = self.timetable.rules
        begins = start - rules.buffer_before * MINUTE
        ends = start + self.timetable.length + rules.buffer_after * MINUTE
        return overlap(begins, ends, claim.start, claim.end)

    def taken(self, member: Member, start: int) -> bool:
        """Whether every unit has a claim in the way."""
        return all(
            any(claim.unit == unit and self.clashes(start, claim) for claim in member.busy)
            for unit in range(1, member.capacity + 1)
        )

    def day_limit(self, member: Member, start: int) -> bool:
        """Whether the host has as many bookings that day as the rules allow."""
        most, zone = self.timetable.rules.max_per_day_per_host, self.timetable.rules.zone
        on = shown(zone, start)[0]
        return most is not None and sum(shown(zone, c.booked)[0] == on for c in member.busy) >= most

    def week_limit(self, member: Member, start: int) -> bool:
        """Whether the host has as many bookings from Monday to Sunday as the rules allow."""
        most, zone = self.timetable.rules.max_per_week_per_host, self.timetable.rules.zone
        week = monday(shown(zone, start)[0])
        booked = sum(monday(shown(zone, claim.booked)[0]) == week for claim in member.busy)
        return most is not None and booked >= most

    # All the rules together.

    def host_is_free(self, member: Member, start: int) -> bool:
        """Whether nothing that concerns this host alone removes the start."""
        return (
            start in self.grid(member.email)
            and self.fits(member.email, start)
            and not self.time_off(member, start)
            and not self.taken(member, start)
            and not self.day_limit(member, start)
            and not self.week_limit(member, start)
        )

    def common_reasons(self, start: int) -> set[str]:
        """The codes of the rules that remove the start for everyone, the windows with no host aside."""
        timetable = self.timetable
        place = timetable.place
        found = {
            "past": self.past(start),
            "too_soon": self.too_soon(start),
            "too_far": self.too_far(start),
            "wrong_length": self.wrong_length(),
            "blackout": self.blackout(start),
            "time_off": place is not None and self.time_off(place, start),
            "taken": place is not None and self.taken(place, start),
        }
        return {code for code, holds in found.items() if holds}

    def pool(self) -> list[Member]:
        """The hosts who may take the booking."""
        rules, hosts = self.timetable.rules, self.timetable.hosts
        return [h for h in hosts if rules.pooling != "fixed" or h.email == rules.fixed_host]

    def is_free(self, start: int) -> bool:
        """Whether the start is offered."""
        rules, hosts, (first, last) = self.timetable.rules, self.timetable.hosts, self.timetable.span
        names_hosts = any(window.host is not None for window in rules.windows)
        if not first <= start < last or self.common_reasons(start) or (names_hosts and not hosts):
            return False
        if not hosts:
            return start in self.grid(None) and self.fits(None, start)
        if self.windows(None) and not self.fits(None, start):
            return False
        free = [self.host_is_free(host, start) for host in self.pool()]
        return bool(free) and (all(free) if rules.pooling == "collective" else any(free))

    def free_starts(self) -> list[int]:
        """Every start that is offered: each minute of the span is tried."""
        first, last = self.timetable.span
        emails = [None, *(host.email for host in self.timetable.hosts)]
        grid = set().union(*(self.grid(email) for email in emails))
        return [start for start in minutes_of(first, last) if start in grid and self.is_free(start)]


def monday(on: date) -> date:
    """The Monday of a date's week."""
    return on - timedelta(days=on.weekday())
