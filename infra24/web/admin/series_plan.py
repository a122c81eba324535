"""/{org}/admin/series/new: a series is asked for, its plan shown date by date, and all of it made at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import resources
from infra24.bookings import BookerDetails, SlotTaken
from infra24.bookings import series as recurring
from infra24.bookings.series import Plan, PlannedDate, SeriesConflicts, SeriesRequest
from infra24.db import Tx
from infra24.errors import ValidationFailed
from infra24.resources import ANYONE, HostPreference, Offer, Resource
from infra24.web.admin import parsing
from infra24.web.caller import caller_of, current_org
from infra24.web.pages.forms import DetailsForm, empty_details, read_details, read_form, read_number
from infra24.web.rendering import format_for, page
from infra24.web.services import services

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY")
_ASKED = (
    "offer",
    "staff",
    "on",
    "at",
    "length",
    "freq",
    "every",
    "monthly",
    "ends",
    "count",
    "until",
    "rule",
)
_SAID = (
    ("more than", "many"),
    ("dates within", "few"),
    ("needs an end", "no_end"),
    ("needs FREQ", "no_freq"),
    ("has no date", "none"),
    ("does not exist", "no_date"),
)
"""What the verbs refuse of a rule by the words they say it in, as the page's names for it."""

_MOST_WRITTEN = 150
"""For so many dates a time can be written by hand: a form has a bounded number of fields."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The series that is asked for, as it was typed, and what was chosen for its dates by wall time."""

    values: Mapping[str, str]
    days: tuple[str, ...]
    skips: bool
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The rule that the simple fields make, or the one that was written."""
        said = self.values
        if said["freq"] == "RULE":
            return said["rule"]
        parts = [f"FREQ={said['freq']}"]
        if read_number(said["every"]) > 1:
            parts.append(f"INTERVAL={read_number(said['every'])}")
        on = parsing.day(said["on"])
        if said["freq"] == "WEEKLY" and (self.days or on):
            parts.append(f"BYDAY={','.join(self.days) if self.days else _DAYS[on.weekday()]}")  # type: ignore[union-attr]
        if said["freq"] == "MONTHLY" and said["monthly"] == "weekday" and on:
            parts.append(f"BYDAY={_nth(on)}{_DAYS[on.weekday()]}")
        until = parsing.day(said["until"])
        if said["ends"] == "until" and until:
            parts.append(f"UNTIL={until:%Y%m%d}")
        elif said["ends"] != "until":
            parts.append(f"COUNT={read_number(said['count'])}")
        return ";".join(parts)

    def errors(self) -> dict[str, str]:
        """What of it cannot be read, by field."""
        said, wrong = self.values, dict[str, str]()
        if parsing.day(said["on"]) is None:
            wrong["on"] = "date"
        if parsing.clock(said["at"]) is None:
            wrong["at"] = "time"
        if said["freq"] != "RULE" and said["ends"] == "until" and parsing.day(said["until"]) is None:
            wrong["until"] = "date"
        if said["freq"] != "RULE" and said["ends"] != "until" and not 1 <= read_number(said["count"]) <= 366:
            wrong["count"] = "many"
        return wrong

    def request(self, offer: Offer, person: BookerDetails) -> SeriesRequest:
        """As the verbs want it. Raises ValidationFailed."""
        zone = offer.rules.zone
        first = parsing.moment(self.values["on"], self.values["at"], zone)
        assert first is not None
        staff = next((host.id for host in offer.hosts if str(host.id) == self.values["staff"]), None)
        without, instead = self._chosen(zone)
        return SeriesRequest(
            offer.resource.id, first, read_number(self.values["length"]) or min(offer.rules.durations),
            self.rule, person, HostPreference((staff,)) if staff else ANYONE, self.skips, without, instead,
        )  # fmt: skip

    def _chosen(self, zone: ZoneInfo) -> tuple[frozenset[datetime], dict[datetime, datetime]]:
        """The dates to leave out, and those at another time."""
        without: set[datetime] = set()
        instead: dict[datetime, datetime | None] = {}
        for wall, choice in self.choices.items():
            if wall.startswith("own "):
                continue
            at = recurring.wall_time(wall)
            own = self.choices.get(f"own {wall}", "")
            if choice == "out":
                without.add(at)
            elif choice == "own" or (not choice and own):
                instead[at] = parsing.moment(*own.partition("T")[::2], zone)
            elif parsing.instant(choice):
                instead[at] = parsing.instant(choice)
        return frozenset(without), {at: moment for at, moment in instead.items() if moment}


async def new_series(request: Request) -> Response:
    """GET asks for an offer, then for a rule, and shows the plan of it. Changes nothing."""
    app, here, who = services(request), current_org(request), caller_of(request)
    asked = _asked(request.query_params)
    async with app.database.transaction(here.id, who.actor) as tx:
        offer = await _offer(tx, asked)
        if offer is None:
            return await _show(tx, request, asked)
        if "plan" not in request.query_params:
            return await _show(tx, request, asked, offer)
        return await _planned(tx, request, asked, offer, empty_details(None))


async def make_series(request: Request) -> Response:
    """POST looks again with what was chosen for the dates, or makes the whole series at once, or nothing."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await read_form(request)
    asked = _asked(sent)
    problems: dict[str, str] = {}
    async with app.database.transaction(here.id, who.actor) as tx:
        offer = await _offer(tx, asked)
        if offer is None or asked.errors():
            return await _show(tx, request, asked, offer, errors=asked.errors())
        person = read_details(sent, offer.resource)
        if "book" not in sent or person.wrong:
            shown = person if "book" in sent else DetailsForm(person.values, {}, person.answers)
            return await _planned(tx, request, asked, offer, shown)
    lost = False
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            requested = asked.request(offer, person.person(here.locale))
            series, _ = await recurring.book(
                tx, requested, policy=caller_of(request).policy(), tokens=app.tokens, now=app.clock()
            )
    except (SeriesConflicts, SlotTaken):
        lost = True
    except ValidationFailed as refusal:
        problems = _wrong(refusal)
    if lost or problems:
        async with app.database.transaction(here.id, who.actor) as tx:
            return await _planned(tx, request, asked, offer, person, errors=problems, lost=lost)
    return RedirectResponse(f"/{here.slug}/admin/series/{series.id}?done=made#done", 303)


def _asked(sent: Mapping[str, str]) -> Asked:
    values = {name: parsing.text(sent, name, 300) for name in _ASKED}
    freq = values["freq"].upper()
    values["freq"] = freq if freq in (*_FREQUENCIES, "RULE") else "WEEKLY"
    values["ends"] = values["ends"] or "count"
    values["monthly"] = values["monthly"] or "date"
    values["every"], values["count"] = values["every"] or "1", values["count"] or "10"
    choices = {
        name.removeprefix("at-"): parsing.text(sent, name, 40) for name in sent if name.startswith("at-")
    }
    own = {f"own {name.removeprefix('own-')}": parsing.text(sent, name, 20)
           for name in sent if name.startswith("own-")}  # fmt: skip
    days = tuple(day for day in _DAYS if f"day-{day}" in sent)
    known = {wall: choice for wall, choice in choices.items() if _is_wall(wall)}
    return Asked(values, days, "skips" in sent or "plan" not in sent, {**known, **own})


def _is_wall(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


async def _offer(tx: Tx, asked: Asked) -> Offer | None:
    """The offer that is asked for, if it can be booked."""
    if not asked.values["offer"]:
        return None
    resource = await resources.get_by_slug(tx, asked.values["offer"])
    if not (resource.is_active and resource.is_bookable):
        return None
    return await resources.offer(tx, resource.id)


async def _planned(
    tx: Tx,
    request: Request,
    asked: Asked,
    offer: Offer,
    person: DetailsForm,
    *,
    errors: Mapping[str, str] | None = None,
    lost: bool = False,
) -> Response:
    """The page with the plan, or with what is wrong with the request for it."""
    wrong = {**asked.errors(), **(errors or {})}
    if set(wrong) - {"person"}:
        return await _show(tx, request, asked, offer, person=person, errors=wrong)
    requested = asked.request(offer, BookerDetails("", person.values["email"].lower()))
    try:
        plan = await recurring.plan(
            tx, requested, policy=caller_of(request).policy(), now=services(request).clock()
        )
    except ValidationFailed as refusal:
        return await _show(tx, request, asked, offer, person=person, errors=_wrong(refusal))
    return await _show(tx, request, asked, offer, person=person, plan=plan, lost=lost)


def _wrong(refusal: ValidationFailed) -> dict[str, str]:
    """By field of the form, the name of the sentence that says what is wrong."""
    found: dict[str, str] = {}
    for path, sentence in refusal.errors.items():
        name = path.partition("[")[0].partition(".")[0]
        known = next((name for words, name in _SAID if words in sentence), "unreadable")
        found[{"duration": "length", "instead": "rule"}.get(name, name)] = known
    return found


async def _show(
    tx: Tx,
    request: Request,
    asked: Asked,
    offer: Offer | None = None,
    *,
    person: DetailsForm | None = None,
    plan: Plan | None = None,
    errors: Mapping[str, str] | None = None,
    lost: bool = False,
) -> Response:
    here = current_org(request)
    speech = format_for(request, here)
    known = [k for k in await resources.index(tx) if k.is_active and k.is_bookable and k.type != "person"]
    person = person or empty_details(None)
    zone = offer.rules.zone if offer else ZoneInfo(here.time_zone)
    wrong = bool(errors) or person.wrong
    context = {
        "section": "series",
        "offers": [(k.slug, k.title) for k in known],
        "offer": offer,
        "resource": offer.resource if offer else None,
        "hosts": [(str(h.id), h.name) for h in offer.hosts] if offer and offer.allows_host_request else [],
        "lengths": list(offer.rules.durations) if offer else [],
        "asked": asked.values,
        "days": [(_DAYS[n], long, _DAYS[n] in asked.days) for n, _, long in speech.weekdays()],
        "chosen_days": asked.days,
        "skips": asked.skips,
        "rule": asked.rule,
        "errors": errors or {},
        "form": person,
        "plan": plan,
        "rows": [_row(date, asked, zone) for date in plan.dates] if plan else [],
        "counts": _counts(plan) if plan else {},
        "writes_times": plan is not None and len(plan.conflicts) <= _MOST_WRITTEN,
        "lost": lost,
        "zone": zone,
        "elsewhere": zone.key != here.time_zone,
        "venue": _place(offer.resource) if offer else "",
    }
    status = 409 if lost else 422 if wrong else 200
    return page(request, "admin/series_plan.html", here, context, status=status)


def _row(planned: PlannedDate, asked: Asked, zone: ZoneInfo) -> dict[str, Any]:
    """One date of the plan, with what can be chosen for it and what was."""
    wall = planned.wall.isoformat()
    chosen = asked.choices.get(wall, "")
    own = asked.choices.get(f"own {wall}", "")
    times = [at for at, hosts in planned.alternatives if not hosts]
    at = parsing.instant(chosen)
    if at and at not in times:
        times = sorted([*times, at])
    return {
        "wall": wall,
        "date": planned,
        "moved": planned.start.astimezone(zone).replace(tzinfo=None) != planned.wall,
        "chosen": "own" if own and not chosen else chosen,
        "own": own,
        "times": [(when, when.astimezone(zone).date() != planned.wall.date()) for when in times],
        "others": [hosts for _, hosts in planned.alternatives if hosts],
    }


def _counts(plan: Plan) -> dict[str, int]:
    states = [planned.state for planned in plan.dates]
    return {state: states.count(state) for state in ("free", "conflict", "skipped")}


def _place(resource: Resource) -> str:
    return resource.place


def _nth(on: date) -> int:
    """Which of its weekday a date is in its month; the fifth is the last."""
    number = (on.day - 1) // 7 + 1
    return number if number < 5 else -1
