"""/{org}/admin/resources/{slug}/rules: when it is open and how it is booked, as a form and as JSON."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import bookings, resources
from infra24.bookings import AffectedBooking
from infra24.db import Tx
from infra24.errors import Conflict, Message, ValidationFailed
from infra24.organizations import Organization
from infra24.resources import Resource, ResourceChanged
from infra24.web.admin.form_data import FormData, entries
from infra24.web.admin.form_pages import form_page
from infra24.web.admin.merge import ConcurrentChange, merged_keys
from infra24.web.admin.resource_form import json_object
from infra24.web.admin.resources import section_of, version_of
from infra24.web.admin.rules_form import ReadRules, read, shown
from infra24.web.admin.rules_rows import GROUPS
from infra24.web.admin.weeks import first_of_week, week_view
from infra24.web.caller import caller_of, current_org
from infra24.web.rendering import format_for
from infra24.web.services import services

_BLANK_ROWS = {"windows": 2, "overrides": 1, "blackouts": 1, "travel": 1, "hosts": 1}
_PREFIX = "availability_rules."


@dataclass(frozen=True, slots=True)
class RulesFormState:
    """The rules about to be shown: as a form or as text, what is wrong, what they would break."""

    document: dict[str, Any]
    form: FormData
    text: str
    wrong: dict[str, Message] = field(default_factory=dict)
    alert: str = ""
    meanwhile: tuple[ConcurrentChange, ...] = ()
    tried: bool = False
    status: int = 200


async def rules_page(request: Request) -> Response:
    """The rules as they are, with a week of what they open."""
    here = current_org(request)
    async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
        resource = await resources.get_by_slug(tx, request.path_params["slug"])
        return await _page(request, tx, here, resource, _form_of(resource.availability_rules))


async def save(request: Request) -> Response:
    """POST: save the rules; 409 and what changed, where somebody else saved them meanwhile."""
    return await _submit(request)


async def preview(request: Request) -> Response:
    """POST: what other rules would open and break. What was typed stays, and nothing is saved."""
    return await _submit(request, only_preview=True)


async def _submit(request: Request, *, only_preview: bool = False) -> Response:
    app, here, actor = services(request), current_org(request), caller_of(request).actor
    typed = await entries(request)
    async with app.database.transaction(here.id, actor) as tx:
        resource = await resources.get_by_slug(tx, request.path_params["slug"])
    wrong: dict[str, Message] = {}
    seen = json_object(typed.get("seen"), "seen", {}) or {}
    submitted = _read(request, typed, seen, wrong)
    state = RulesFormState(submitted.document, typed, typed.get("rules"), wrong, status=422)
    if not wrong:
        try:
            if not only_preview:
                changes = {"availability_rules": submitted.document}
                async with app.database.transaction(here.id, actor) as tx:
                    await resources.update_if_version(
                        tx, resource.id, version_of(typed), changes, app.clock()
                    )
                here_ = f"/{here.slug}/admin/resources/{resource.slug}/rules"
                return RedirectResponse(f"{here_}?{_kept(request)}done=saved", 303)
            async with app.database.transaction(here.id, actor) as tx:
                state = RulesFormState(submitted.document, typed, typed.get("rules"), tried=True)
                return await _page(request, tx, here, resource, state, week=typed.get("week"))
        except ValidationFailed as refused:
            wrong |= _fields(refused, submitted, _view(request))
        except ResourceChanged:
            state = RulesFormState(submitted.document, typed, "", alert="changed", status=409)
        except Conflict as refused:
            state = RulesFormState(
                submitted.document, typed, typed.get("rules"), alert=refused.message, status=409
            )
    async with app.database.transaction(here.id, actor) as tx:
        resource = await resources.get(tx, resource.id)
        if state.alert == "changed":
            together, changed = merged_keys(submitted.document, seen, resource.availability_rules)
            state = _form_of(together, alert="changed", meanwhile=tuple(changed), status=409)
        return await _page(request, tx, here, resource, state, week=typed.get("week"))


def _form_of(document: dict[str, Any], **more: Any) -> RulesFormState:
    return RulesFormState(
        document, shown(document), json.dumps(document, ensure_ascii=False, indent=2), **more
    )


def _view(request: Request) -> str:
    return "json" if request.query_params.get("view") == "json" else "form"


def _kept(request: Request) -> str:
    return "view=json&" if _view(request) == "json" else ""


def _read(request: Request, typed: FormData, seen: dict[str, Any], wrong: dict[str, Message]) -> ReadRules:
    if _view(request) == "json":
        return ReadRules(json_object(typed.get("rules"), "rules", wrong))
    return read(typed, seen)


def _fields(refused: ValidationFailed, submitted: ReadRules, view: str) -> dict[str, Message]:
    """What is wrong by the field that shows it; in the JSON by its path."""
    found: dict[str, Message] = {}
    for path, sentence in refused.errors.items():
        plain = path.removeprefix(_PREFIX)
        found.setdefault(plain if view == "json" else submitted.field_of(plain), sentence)
    return found


async def _page(
    request: Request, tx: Tx, here: Organization, resource: Resource, state: RulesFormState, week: str = ""
) -> Response:
    """The editor. A page about rules that cannot be kept shows the week of those that are."""
    speech, now = format_for(request, here), services(request).clock()
    zone = ZoneInfo(resource.availability_rules.get("timezone") or here.time_zone)
    asked = week or request.query_params.get("week", "")
    first = first_of_week(asked, speech, now.astimezone(zone).date())
    offer, days = await _week(tx, resource, state, first, now)
    view = _view(request)
    people = [k for k in await resources.index(tx) if k.type == "person" and k.is_active]
    context = {
        "section": section_of(resource),
        "resource": resource,
        "view": view,
        "state": state,
        "form": state.form,
        "wrong": state.wrong,
        "seen": json.dumps(resource.availability_rules, ensure_ascii=False),
        "week": week_view(speech, offer, days),
        "weekdays": speech.weekdays(),
        "broken": await _broken(request, tx, resource, state, now),
        "people": [k for k in people if k.id != resource.id],
        "people_options": [(k.email, k.title) for k in people if k.id != resource.id],
        "zones": sorted(z for z in available_timezones() if "/" in z and not z.startswith("Etc/")),
        "rows": {key: _numbers(state.form, key, blank) for key, blank in _BLANK_ROWS.items()},
        "done": request.query_params.get("done", "") if state.status == 200 and not state.tried else "",
    }
    return form_page(request, "rules.html", context, state.status)


async def _week(tx: Tx, resource: Resource, state: RulesFormState, first: date, now: Any) -> Any:
    if state.status == 422 or state.document == resource.availability_rules:
        return await bookings.open_week(tx, resource.id, first)
    return await resources.preview(
        tx,
        lambda: resources.update(tx, resource.id, {"availability_rules": state.document}, now),
        lambda: bookings.open_week(tx, resource.id, first),
    )


async def _broken(
    request: Request, tx: Tx, resource: Resource, state: RulesFormState, now: Any
) -> list[AffectedBooking] | None:
    """What the tried rules would break, or those just saved leave broken; None: nobody asked."""
    if state.tried:
        return await bookings.impact(
            tx,
            resource.id,
            lambda: resources.update(tx, resource.id, {"availability_rules": state.document}, now),
            now,
        )
    if request.query_params.get("done") == "saved" and state.status == 200:
        return await bookings.broken(tx, resource.id, now)
    return None


def _numbers(form: FormData, key: str, blank: int) -> list[int]:
    """The rows to show: those there are, and some to fill in."""
    group, there = GROUPS[key], form.rows(key)
    filled = [number for number in there if group.says(form.row(key, number, group.parts))]
    after = max(there, default=-1) + 1
    return [*filled, *range(after, after + blank)]
