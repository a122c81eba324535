"""The report as tables: the same figures as CSV and as JSON."""

from collections.abc import Callable, Mapping
from typing import Any

from infra24.analytics.model import ENDED_BY, LEADS, MADE, Figures, Offered, Report, Tally
from infra24.bookings import Status
from infra24.csv_export import Cell, Table
from infra24.errors import Message, ValidationFailed


def table(report: Report, name: str) -> Table:
    """One table of a report. Raises ValidationFailed when there is none of that name."""
    if name not in TABLES:
        raise ValidationFailed({"table": Message("must be one of %(known)s", known=", ".join(TABLES))})
    columns, rows = _MAKERS[name](report)
    return Table(name, columns, tuple(rows))


def tables(report: Report) -> list[Table]:
    """All tables of a report."""
    return [table(report, name) for name in TABLES]


_Made = tuple[tuple[str, ...], list[tuple[Cell, ...]]]


def _totals(report: Report) -> _Made:
    def row(name: str, of: Callable[[Figures], Cell]) -> tuple[Cell, ...]:
        return name, of(report.now), of(report.before)

    return ("figure", "value", "before"), [
        row("bookings", lambda f: f.tally.made),
        row("standing", lambda f: f.tally.standing),
        row("booked_hours", lambda f: _hours(f.tally.seconds)),
        row("use_rate", lambda f: _rate(f.use_rate)),
        row("cancelled_rate", lambda f: _rate(f.tally.cancelled_rate)),
        row("no_show_rate", lambda f: _rate(f.tally.no_show_rate)),
        row("lead_median_hours", lambda f: None if f.lead.median is None else _hours(f.lead.median)),
        row("bookers", lambda f: f.bookers.all),
        ("revenue", report.revenue, report.revenue),
    ]


def _trend(report: Report) -> _Made:
    return (report.step.value, *(status.value for status in MADE), "bookings", "before"), [
        (b.first.isoformat(), *(b.counts.get(status, 0) for status in MADE), b.made, b.before)
        for b in report.trend
    ]


def _use(report: Report) -> _Made:
    columns = ("resource", "name", "type", "units", "open_hours", "booked_hours", "buffer_hours", "rate",
               "always_open")  # fmt: skip
    return columns, [
        (u.thing.slug, u.thing.title, u.thing.type, u.thing.capacity, _hours(u.open), _hours(u.booked),
         _hours(u.buffers), _rate(u.rate), int(u.always))
        for u in report.now.uses
    ]  # fmt: skip


def _lead(report: Report) -> _Made:
    edges = (0, *LEADS)
    now, before = report.now.lead.counts, report.before.lead.counts
    return ("from_hours", "until_hours", "bookings", "before"), [
        (edge // 3_600, LEADS[n] // 3_600 if n < len(LEADS) else None, now[n], before[n])
        for n, edge in enumerate(edges)
    ]


def _outcomes(report: Report) -> _Made:
    def rows(name: str, of: Callable[[Tally], int], out_of: Callable[[Tally], int]) -> tuple[Cell, ...]:
        now, before = report.now.tally, report.before.tally
        part, whole = of(now), out_of(now)
        past = of(before), out_of(before)
        return (name, part, whole, _rate(part / whole if whole else None), past[0],
                _rate(past[0] / past[1] if past[1] else None))  # fmt: skip

    def made(tally: Tally) -> int:
        return tally.made

    cancelled = [
        rows(f"cancelled_by_{who}", lambda t, who=who: t.ended_by.get(who, 0), made)  # type: ignore[misc]
        for who in ENDED_BY
    ]
    return ("outcome", "bookings", "of", "rate", "before", "rate_before"), [
        rows("cancelled", lambda t: t.of(Status.CANCELLED), made),
        *cancelled,
        rows("no_show", lambda t: t.of(Status.NO_SHOW), lambda t: t.due),
    ]


def _hours_of_week(report: Report) -> _Made:
    return ("weekday", *(f"{hour:02}" for hour in range(24))), [
        (name, *report.hours[number]) for number, name in enumerate(_WEEK)
    ]


_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _by_offer(report: Report) -> _Made:
    slugs = {thing.id: thing.slug for thing in report.things}
    return ("offer", *_TALLIED), [(slugs.get(o.id, "") if o.id else "", *_tallied(o)) for o in report.offers]


def _by_host(report: Report) -> _Made:
    slugs = {thing.id: thing.slug for thing in report.things}
    return ("host", *_TALLIED), [(slugs.get(o.id, "") if o.id else "", *_tallied(o)) for o in report.hosts]


_TALLIED = ("name", "bookings", "cancelled", "no_show", "due", "booked_hours")


def _tallied(one: Offered) -> tuple[Cell, ...]:
    tally = one.tally
    return (one.name, tally.made, tally.of(Status.CANCELLED), tally.of(Status.NO_SHOW), tally.due,
            _hours(tally.seconds))  # fmt: skip


def _bookers(report: Report) -> _Made:
    now, before = report.now.bookers, report.before.bookers
    return ("bookers", "people", "before"), [
        ("new", now.new, before.new),
        ("returning", now.returning, before.returning),
    ]


def _revenue(report: Report) -> _Made:
    return ("currency", "amount", "is_placeholder"), [(report.currency, report.revenue, 1)]


def _hours(seconds: int) -> float:
    return round(seconds / 3_600, 2)


def _rate(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


_MAKERS: Mapping[str, Callable[[Report], Any]] = {
    "totals": _totals,
    "trend": _trend,
    "use": _use,
    "lead": _lead,
    "outcomes": _outcomes,
    "hours": _hours_of_week,
    "offers": _by_offer,
    "hosts": _by_host,
    "bookers": _bookers,
    "revenue": _revenue,
}
TABLES = tuple(_MAKERS)
