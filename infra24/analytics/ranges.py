"""Which dates are asked for: by name, or from one to another."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from infra24.analytics.model import LONGEST_DAYS, RANGES, Range, Step
from infra24.errors import Message, ValidationFailed

_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)
_BY_DAY = 45


def read_range(name: str | None, first: date | None, last: date | None, today: date, zone: ZoneInfo) -> Range:
    """The dates from `first` to `last`; one alone is met by 30 days; else those of a name, or the last 30.

    Raises ValidationFailed: a name that is not known, an end before its start, more than two years.
    """
    if first is None and last is None:
        wanted = name or "last-30"
        if wanted not in RANGES:
            raise ValidationFailed({"range": Message("must be one of %(known)s", known=", ".join(RANGES))})
        return Range(*_NAMED[wanted](today), zone)
    first = first or max(_FIRST, (last or today) - timedelta(days=29))
    last = last or first + timedelta(days=29)
    for path, on in (("start_date", first), ("end_date", last)):
        if not _FIRST <= on < _LAST:
            raise ValidationFailed({path: Message("is not between the years 2000 and 2100")})
    if last < first:
        raise ValidationFailed({"end_date": Message("is before the start")})
    if (last - first).days >= LONGEST_DAYS:
        raise ValidationFailed(
            {
                "end_date": Message(
                    "is more than two years after the start; ask for %(days)s days or fewer",
                    days=LONGEST_DAYS,
                )
            }
        )
    return Range(first, last, zone)


def step_for(range_: Range, wanted: Step | None) -> Step:
    """The step of a trend: as wanted, or days while they can be told apart."""
    return wanted or (Step.DAY if range_.days <= _BY_DAY else Step.WEEK)


def _last_days(days: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (today - timedelta(days=days - 1), today)


def _last_month(today: date) -> tuple[date, date]:
    end = today.replace(day=1) - timedelta(days=1)
    return end.replace(day=1), end


def _this_month(today: date) -> tuple[date, date]:
    first = today.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


_NAMED: Mapping[str, Callable[[date], tuple[date, date]]] = {
    "last-7": _last_days(7),
    "last-30": _last_days(30),
    "last-90": _last_days(90),
    "last-365": _last_days(365),
    "this-month": _this_month,
    "last-month": _last_month,
    "this-year": lambda today: (today.replace(month=1, day=1), today.replace(month=12, day=31)),
    "next-30": lambda today: (today, today + timedelta(days=29)),
}
