"""The figures of a report in words, tables and charts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from infra24 import analytics
from infra24.analytics import Bucket, Offered, Report, Use
from infra24.analytics.model import LEADS, Figures, Tally
from infra24.availability.hours import DAY
from infra24.bookings import Status
from infra24.i18n import LocaleFormat
from infra24.web.presenters import charts
from infra24.web.presenters.charts import Item, Part

MOST_DRAWN = 20
_STACK = (Status.COMPLETED, Status.CONFIRMED, Status.PENDING, Status.NO_SHOW, Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Change:
    """How a number stands beside the one of the period before: up, down, same, or none to compare."""

    way: str
    by: str = ""
    before: str = ""
    points: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """Numbers, parts and lengths of time as a language writes them."""

    speech: LocaleFormat

    def number(self, value: float) -> str:
        """A number with at most one digit after the point."""
        return format_decimal(round(value, 1), locale=self.speech.locale)

    def percent(self, value: float | None) -> str:
        """A part of one as a percentage; a dash where there is none."""
        if value is None:
            return "–"
        near = f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
        return format_percent(float(near), locale=self.speech.locale, decimal_quantization=False)

    def hours(self, seconds: float) -> str:
        """Seconds as hours."""
        return str(format_unit(round(seconds / 3_600, 1), "hour", "short", locale=self.speech.locale))

    def lasting(self, seconds: float | None) -> str:
        """A length of time in the unit that suits it."""
        if seconds is None:
            return "–"
        for unit, size in (("day", DAY), ("hour", 3_600)):
            if seconds >= size * 2 or (unit == "hour" and seconds >= size):
                return str(format_unit(round(seconds / size, 1), unit, "long", locale=self.speech.locale))
        return str(format_unit(round(seconds / 60), "minute", "long", locale=self.speech.locale))

    def between(self, low: int, high: int | None) -> str:
        """A class of lengths of time."""
        unit, size = ("day", DAY) if low >= DAY else ("hour", 3_600)
        if high is None:
            return "≥ " + str(format_unit(low // size, unit, "short", locale=self.speech.locale))
        told = str(format_unit(high // size, unit, "short", locale=self.speech.locale))
        return f"< {told}" if not low else f"{low // size}–{told}"

    def short_date(self, on: date) -> str:
        """Day and month, short."""
        return str(format_skeleton("MMMd", on, locale=self.speech.locale, fuzzy=True))

    def full_date(self, on: date) -> str:
        """Day, month and year, short."""
        return str(format_skeleton("yMMMd", on, locale=self.speech.locale, fuzzy=True))

    def hour(self, hour: int) -> str:
        """An hour of the day as the territory writes it."""
        twelve = "a" in self.speech.locale.time_formats["short"].pattern
        at = datetime(2026, 1, 1, hour)  # noqa: DTZ001  a time on the wall, of no zone
        return str(format_skeleton("h" if twelve else "H", at, locale=self.speech.locale)).replace(
            "\u202f", "\u00a0"
        )

    def change(self, now: float | None, before: float | None, say: Callable[[float | None], str]) -> Change:
        """What became of a number, in percent of what it was."""
        if now is None or not before:
            return Change("none", before=say(before))
        if round(now / before, 3) == 1:
            return Change("same", before=say(before))
        by = format_percent(abs(now / before - 1), locale=self.speech.locale)
        return Change("up" if now > before else "down", by, say(before))

    def moved(self, now: float | None, before: float | None) -> Change:
        """What became of a percentage, in points."""
        if now is None or before is None:
            return Change("none", before=self.percent(before))
        by = round(100 * abs(now - before), 1)
        way = "same" if not by else "up" if now > before else "down"
        return Change(way, self.number(by), self.percent(before), points=True)


def shown(report: Report, say: Spoken) -> dict[str, Any]:
    """Everything that the page writes and draws, in words of the reader's language."""
    now = report.now
    return {
        "dates": (say.full_date(report.range.first), say.full_date(report.range.last)),
        "before": (say.full_date(report.range.before.first), say.full_date(report.range.before.last)),
        "tiles": _tiles(report, say),
        "trend": _trend(report.trend, say),
        "use": _use(now.uses, say),
        "lead": _lead(now, report.before, say),
        "outcomes": _outcomes(now.tally, report.before.tally, say),
        "hours": _hours(report, say),
        "offers": _offered(report.offers, say),
        "hosts": _offered(report.hosts, say),
        "bookers": _bookers(now, report.before, say),
        "revenue": say.speech.price(report.revenue, report.currency),
    }


def _tiles(report: Report, say: Spoken) -> dict[str, Any]:
    now, before = report.now, report.before

    def number(value: float | None) -> str:
        return "–" if value is None else say.number(value)

    def hours(value: float | None) -> str:
        return say.hours(value or 0)

    tally, past = now.tally, before.tally
    return {
        "bookings": (say.number(tally.made), say.change(tally.made, past.made, number)),
        "booked": (hours(tally.seconds), say.change(tally.seconds, past.seconds, hours)),
        "use": (say.percent(now.use_rate), say.moved(now.use_rate, before.use_rate)),
        "lead": (say.lasting(now.lead.median), say.change(now.lead.median, before.lead.median, say.lasting)),
        "cancelled": (
            say.percent(tally.cancelled_rate),
            say.moved(tally.cancelled_rate, past.cancelled_rate),
        ),
        "no_show": (say.percent(tally.no_show_rate), say.moved(tally.no_show_rate, past.no_show_rate)),
        "bookers": (say.number(now.bookers.all), say.change(now.bookers.all, before.bookers.all, number)),
    }


def _trend(trend: Sequence[Bucket], say: Spoken) -> dict[str, Any]:
    items = [
        Item(
            say.short_date(b.first),
            [Part(status.value, b.counts.get(status, 0)) for status in _STACK],
            f"{say.full_date(b.first)}: {say.number(b.made)}",
            b.before,
        )
        for b in trend
    ]
    most = max(trend, key=lambda b: b.made)
    return {
        "chart": charts.columns(items, say.number),
        "most": (say.number(most.made), say.full_date(most.first)),
        "lines": [
            (say.full_date(b.first), *(say.number(b.counts.get(s, 0)) for s in _STACK), say.number(b.made),
             say.number(b.before))
            for b in trend
        ],
    }  # fmt: skip


def _use(uses: Sequence[Use], say: Spoken) -> dict[str, Any]:
    drawn = [use for use in uses if use.open][:MOST_DRAWN]
    items = [
        Item(
            use.thing.title,
            [Part("booked", use.booked / use.open), Part("buffer", use.buffers / use.open)],
            say.percent(use.rate),
        )
        for use in drawn
    ]
    return {
        "chart": charts.rows(items, 1),
        "left_out": len(uses) - len(drawn),
        "always": any(use.always for use in uses),
        "outside": any((use.rate or 0) > 1 for use in uses),
        "lines": [
            (use.thing.title, say.number(use.thing.capacity or 0), say.hours(use.open) + "*" * use.always,
             say.hours(use.booked), say.hours(use.buffers), say.percent(use.rate))
            for use in uses
        ],
    }  # fmt: skip


def _lead(now: Figures, before: Figures, say: Spoken) -> dict[str, Any]:
    edges = (0, *LEADS)
    names = [say.between(low, LEADS[n] if n < len(LEADS) else None) for n, low in enumerate(edges)]
    items = [
        Item(name, [Part("count", count)], say.number(count))
        for name, count in zip(names, now.lead.counts, strict=True)
    ]
    return {
        "chart": charts.rows(items),
        "median": say.lasting(now.lead.median),
        "lines": [
            (name, say.number(count), say.number(past))
            for name, count, past in zip(names, now.lead.counts, before.lead.counts, strict=True)
        ],
    }


def _outcomes(now: Tally, before: Tally, say: Spoken) -> dict[str, Any]:
    """Rates by name, each with how many of how many."""

    def rate(part: int, whole: int) -> str:
        return say.percent(part / whole if whole else None)

    facts = [
        ("cancelled", now.of(Status.CANCELLED), now.made, before.of(Status.CANCELLED), before.made),
        *(
            (f"by_{who}", now.ended_by.get(who, 0), now.made, before.ended_by.get(who, 0), before.made)
            for who in analytics.model.ENDED_BY
            if who != "unknown" or now.ended_by.get(who) or before.ended_by.get(who)
        ),
        ("no_show", now.of(Status.NO_SHOW), now.due, before.of(Status.NO_SHOW), before.due),
    ]
    return {
        "facts": [
            {
                "name": name,
                "part": part,
                "whole": whole,
                "title": rate(part, whole),
                "line": (say.number(part), say.number(whole), rate(part, whole), rate(past, of)),
                "item": Item(
                    "", [Part("no_show" if name == "no_show" else "cancelled", part / (whole or 1))], ""
                ),
            }
            for name, part, whole, past, of in facts
        ],
    }


def _hours(report: Report, say: Spoken) -> dict[str, Any]:
    used = [hour for row in report.hours for hour, count in enumerate(row) if count]
    first, last = min((*used, 9)), max((*used, 16))
    week = say.speech.weekdays()
    values = [report.hours[number][first : last + 1] for number, _, _ in week]
    names = [say.hour(hour) for hour in range(first, last + 1)]

    def told(row: int, column: int, value: int) -> str:
        return f"{week[row][2]}, {names[column]}: {say.number(value)}"

    most = max((n, d, h) for d, row in enumerate(report.hours) for h, n in enumerate(row))
    long = {number: name for number, _, name in week}
    return {
        "chart": charts.heat(values, [short for _, short, _ in week], names, told),
        "most": (say.number(most[0]), long[most[1]], say.hour(most[2])),
        "names": names,
        "lines": [(week[n][2], *(say.number(value) for value in row)) for n, row in enumerate(values)],
    }


def _offered(offered: Sequence[Offered], say: Spoken) -> dict[str, Any]:
    items = [
        Item(one.name, [Part("count", one.tally.standing), Part("cancelled", one.tally.of(Status.CANCELLED))],
             say.number(one.tally.made))
        for one in offered[:MOST_DRAWN]
    ]  # fmt: skip
    return {
        "chart": charts.rows(items),
        "left_out": max(0, len(offered) - MOST_DRAWN),
        "lines": [
            (one.name, say.number(one.tally.made), say.number(one.tally.of(Status.CANCELLED)),
             say.number(one.tally.of(Status.NO_SHOW)), say.hours(one.tally.seconds))
            for one in offered
        ],
    }  # fmt: skip


def _bookers(now: Figures, before: Figures, say: Spoken) -> dict[str, Any]:
    people, past = now.bookers, before.bookers
    return {
        "new": say.number(people.new),
        "returning": say.number(people.returning),
        "parts": [Part("new", people.new), Part("returning", people.returning)],
        "lines": [
            (say.number(people.new), say.number(past.new)),
            (say.number(people.returning), say.number(past.returning)),
        ],
    }


def lying(items: Sequence[tuple[str, str, Sequence[Part]]], most: float | None = None) -> charts.Rows:
    """Lying bars whose labels a template has the words for."""
    return charts.rows([Item(label, parts, said) for label, said, parts in items], most)
