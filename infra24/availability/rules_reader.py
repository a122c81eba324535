"""Reads the rules JSON of a resource, and refuses what is wrong by its path.

The JSON is the mission's, taken as it stands; the keys below beyond it are optional. Times are wall
time in the rules' zone, numbers are minutes unless their name says days.
"""

from collections.abc import Collection
from typing import Any

from infra24.availability.booking_rules import Limit, LimitScope, Period
from infra24.availability.json_reader import (
    Problems,
    Reader,
    boolean,
    email,
    list_of_objects,
    optional,
    shown,
    whole,
    zone_named,
)
from infra24.availability.rules import HostTerms, Pooling, Rules
from infra24.availability.schedule_reader import blackout, override, travel, window
from infra24.errors import InvalidValue, Message, ValidationFailed

LIMITS = {
    Limit(scope, period, 0, minutes).key: (scope, period, minutes)
    for scope in LimitScope
    for period in Period
    for minutes in (False, True)
}
"""The keys of the limits: max_per_day_per_host, max_minutes_per_week_per_booker, max_per_month …"""

_MOST_REMINDERS = 5
KEYS = (
    "timezone",
    "slot_minutes",
    "step_minutes",
    "durations",
    "buffer_before",
    "buffer_after",
    "min_notice_minutes",
    "horizon_days",
    *LIMITS,
    "cancel_notice_minutes",
    "reschedule_notice_minutes",
    "hold_minutes",
    "reminder_hours",
    "approval",
    "series_most",
    "windows",
    "blackouts",
    "overrides",
    "travel",
    "holidays",
    "pooling",
    "fixed_host",
    "hosts",
)
"""The keys of the rules JSON; `docs/guides/rules.md` explains each."""


def parse(document: Any, *, zone: str, people: Collection[str]) -> Rules:
    """Read the rules JSON of one resource.

    `zone` is the organization's, used when the rules name none; `people` are the e-mails that a
    window may name. Raises ValidationFailed with a sentence for each path that is wrong.
    """
    problems: Problems = {}
    known = {address.lower() for address in people}
    reader = Reader(problems, {} if document is None else document)
    windows = reader.each("windows", lambda item, path: window(problems, item, path, known))
    blackouts = reader.each("blackouts", lambda item, path: blackout(problems, item, path))
    overrides = reader.each("overrides", lambda item, path: override(problems, item, path, known))
    travels = reader.each("travel", lambda item, path: travel(problems, item, path))
    named = {window.host for window in windows if window.host}
    pooling = reader.take("pooling", pooling_named, Pooling.ANY)
    fixed = reader.take("fixed_host", email) or (next(iter(named)) if len(named) == 1 else None)
    if fixed is not None and fixed not in named:
        reader.refuse("fixed_host", Message("%(value)s is not a host of any window", value=shown(fixed)))
    if pooling is Pooling.FIXED and fixed is None:
        reader.refuse("fixed_host", Message("say which host is fixed"))
    terms = _host_terms(problems, reader.left.pop("hosts"), named) if "hosts" in reader.left else {}
    rules = Rules(
        zone=reader.take("timezone", zone_named) or zone_named(zone),
        windows=tuple(windows),
        blackouts=tuple(blackouts),
        overrides=tuple(overrides),
        travels=tuple(travels),
        keeps_holidays=reader.take("holidays", boolean, True),
        pooling=pooling,
        fixed_host=fixed,
        terms=terms,
        **_booking_rules(reader),
    )
    reader.finish(KEYS)
    if problems:
        raise ValidationFailed(problems)
    return rules


def _booking_rules(reader: Reader) -> dict[str, Any]:
    """The rules of booking, by the names of the fields of BookingRules."""
    slot = reader.take("slot_minutes", whole(1), 30)
    return {
        "slot_minutes": slot,
        "step_minutes": reader.take("step_minutes", whole(1, 1_440), min(slot, 1_440)),
        "durations": reader.take("durations", _durations, (slot,)),
        "buffer_before": reader.take("buffer_before", whole(0, 1_440), 0),
        "buffer_after": reader.take("buffer_after", whole(0, 1_440), 0),
        "min_notice_minutes": reader.take("min_notice_minutes", whole(0, 525_600), 0),
        "horizon_days": reader.take("horizon_days", whole(1, 730), 180),
        "limits": _limits(reader),
        "cancel_notice_minutes": reader.take("cancel_notice_minutes", whole(0, 525_600), 0),
        "reschedule_notice_minutes": reader.take("reschedule_notice_minutes", whole(0, 525_600), 0),
        "hold_minutes": reader.take("hold_minutes", whole(1, 120), 10),
        "reminder_hours": reader.take("reminder_hours", _reminder_hours, (24,)),
        "approval": reader.take("approval", boolean, False),
        "series_most": reader.take("series_most", whole(0, 366), 0),
    }


def _reminder_hours(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > _MOST_REMINDERS:
        raise InvalidValue(
            "must be a list of at most %(most)s numbers of hours before the start", most=_MOST_REMINDERS
        )
    return tuple(sorted({whole(1, 720)(item) for item in value}))


def _durations(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise InvalidValue("must be a list of lengths in minutes")
    return tuple(sorted({whole(1)(item) for item in value}))


def pooling_named(value: Any) -> Pooling:
    """Reads a way of pooling."""
    try:
        return Pooling(value)
    except ValueError:
        names = ", ".join(Pooling)
        raise InvalidValue(
            "%(value)s is not a way of pooling; known are %(known)s", value=shown(value), known=names
        ) from None


def _limits(reader: Reader) -> tuple[Limit, ...]:
    found = []
    for key, (scope, period, minutes) in LIMITS.items():
        most = reader.take(key, optional(whole(1, 44_640 if minutes else 1_000)))
        if most is not None:
            found.append(Limit(scope, period, most, minutes))
    return tuple(found)


def _host_terms(problems: Problems, value: Any, hosts: Collection[str]) -> dict[str, HostTerms]:
    try:
        items = list_of_objects(value)
    except ValueError:
        problems["hosts"] = Message("must be a list of hosts")
        return {}
    terms: dict[str, HostTerms] = {}
    for number, item in enumerate(items):
        reader = Reader(problems, item, f"hosts[{number}]")
        if reader.refused:
            continue
        if "host" not in reader.left:
            reader.refuse("host", Message("is missing"))
        host = reader.take("host", email, "")
        if host in terms:
            reader.refuse("host", Message("%(value)s is named twice", value=shown(host)))
        elif host not in hosts:
            reader.refuse("host", Message("%(value)s is not a host of any window", value=shown(host)))
        terms[host] = host_terms(reader)
        reader.finish(("host", "priority", "weight"))
    return terms


def host_terms(reader: Reader) -> HostTerms:
    """The priority and weight that an object gives a host."""
    return HostTerms(reader.take("priority", whole(0, 100), 0), reader.take("weight", whole(1, 1000), 100))
