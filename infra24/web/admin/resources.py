"""/{org}/admin/resources: what there is to occupy: find it, create it, change it, take it out of use."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import bookings, organizations, resources
from infra24.bookings import AffectedBooking
from infra24.db import Tx
from infra24.errors import Conflict, Message, ValidationFailed
from infra24.organizations import Organization
from infra24.resources import Draft, Resource, ResourceChanged, ResourceFilter, ResourceIndex
from infra24.web.admin.form_data import FormData, entries
from infra24.web.admin.form_pages import form_page
from infra24.web.admin.merge import ConcurrentChange, merged, seen_of
from infra24.web.admin.resource_form import beginning, checked, field_of, read, shown
from infra24.web.caller import caller_of, current_org
from infra24.web.rendering import with_query
from infra24.web.services import services

TYPES = ("space", "equipment", "person", "other")


@dataclass(frozen=True, slots=True)
class FormState:
    """A form about to be shown: what is in it, what is wrong with it, what was changed meanwhile."""

    form: FormData
    wrong: dict[str, Message] = field(default_factory=dict)
    alert: str = ""
    meanwhile: tuple[ConcurrentChange, ...] = ()
    status: int = 200
    broken: list[AffectedBooking] | None = None

    @property
    def tried(self) -> bool:
        """Whether it only shows what would be hit."""
        return self.broken is not None


async def list_page(request: Request) -> Response:
    """All resources but the appointment types, filtered by what the address says."""
    here, asked = current_org(request), request.query_params
    wanted = ResourceFilter(
        type=asked.get("type", "") if asked.get("type") in TYPES else "",
        location=asked.get("location", "")[:200],
        tag=asked.get("tag", "")[:200],
        text=asked.get("q", "").strip()[:200],
        archived=asked.get("archived") == "1",
        after=asked.get("after", "")[:64],
    )
    async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
        found = await resources.search(tx, wanted, resources.PAGE + 1)
        context = {
            "section": "resources",
            "wanted": wanted,
            "found": found[: resources.PAGE],
            "count": await resources.count(tx, wanted),
            "locations": await organizations.locations(tx),
            "tags": _tags(await resources.index(tx)),
            "is_filtered": bool(wanted.type or wanted.location or wanted.tag or wanted.text),
            "more": None,
            "done": asked.get("done", ""),
        }
    if len(found) > resources.PAGE:
        context["more"] = with_query(request, after=found[resources.PAGE - 1].slug)
    return form_page(request, "resources.html", context)


async def new_page(request: Request) -> Response:
    """A new resource: first its type, then what is said of it; its hours come next."""
    here, type_ = current_org(request), request.query_params.get("type", "")
    if type_ not in TYPES:
        return form_page(request, "resource_types.html", {"section": "resources"})
    return await _new_sheet(request, FormState(shown(beginning(type_, here.currency), here.currency)))


async def create(request: Request) -> Response:
    """Make it, and go on to its hours. What was typed stays when something is wrong."""
    app, here = services(request), current_org(request)
    typed = await entries(request)
    changes, wrong = read(typed)
    changes = checked(changes, wrong)
    if wrong:
        return await _new_sheet(request, FormState(typed, wrong, status=422))
    type_ = changes["type"]
    rules = beginning(type_ if type_ in TYPES else "other", here.currency).availability_rules
    try:
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            draft = Draft(**{**changes, "availability_rules": rules})
            made = await resources.create(tx, draft, app.clock())
    except (ValidationFailed, Conflict) as refused:
        return await _new_sheet(request, refused_form(typed, refused))
    return RedirectResponse(f"/{here.slug}/admin/resources/{made.slug}/rules?done=created", 303)


async def edit_page(request: Request) -> Response:
    """Everything that is said of a resource."""
    here = current_org(request)
    async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
        resource = await resources.get_by_slug(tx, request.path_params["slug"])
        if resource.needs is not None:
            return RedirectResponse(f"/{here.slug}/admin/types/{resource.slug}", 303)
        form = shown(resources.draft_of(resource, []), here.currency)
        return await _edit_sheet(request, tx, here, resource, FormState(form))


async def save(request: Request) -> Response:
    """POST: save it; 409 and what changed, where somebody else saved it meanwhile."""
    return await _submit(request)


async def preview(request: Request) -> Response:
    """POST: what saving it would hit. Nothing is saved."""
    return await _submit(request, only_preview=True)


async def _submit(request: Request, *, only_preview: bool = False) -> Response:
    app, here, actor = services(request), current_org(request), caller_of(request).actor
    typed = await entries(request)
    changes, wrong = read(typed)
    changes = checked(changes, wrong)
    async with app.database.transaction(here.id, actor) as tx:
        resource = await resources.get_by_slug(tx, request.path_params["slug"])
    state = FormState(typed, wrong, status=422)
    if not wrong:
        try:
            if only_preview:
                return await _edit_tried(request, resource, typed, changes)
            async with app.database.transaction(here.id, actor) as tx:
                version = version_of(typed)
                saved = await resources.update_if_version(tx, resource.id, version, changes, app.clock())
            return RedirectResponse(f"/{here.slug}/admin/resources/{saved.slug}?done=saved", 303)
        except (ValidationFailed, Conflict) as refused:
            state = refused_form(typed, refused)
    async with app.database.transaction(here.id, actor) as tx:
        resource = await resources.get(tx, resource.id)
        if state.status == 409 and version_of(typed) != resource.version:
            now = shown(resources.draft_of(resource, []), here.currency)
            together, changed = merged(typed, now)
            state = FormState(together, {}, "changed", tuple(changed), 409)
        return await _edit_sheet(request, tx, here, resource, state)


async def archive_page(request: Request) -> Response:
    """What taking a resource out of use would hit."""
    app, here = services(request), current_org(request)
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        resource = await resources.get_by_slug(tx, request.path_params["slug"])
        now = app.clock()

        async def change() -> None:
            await resources.archive(tx, resource.id, now)

        broken = await bookings.impact(tx, None, change, now) if resource.is_active else []
        context = {
            "section": section_of(resource),
            "resource": resource,
            "coming": await bookings.upcoming(tx, resource.id, now),
            "broken": {one.booking.id: one for one in broken},
            "offers": await _offers_with(tx, resource),
        }
    return form_page(request, "archive.html", context)


async def archive(request: Request) -> Response:
    """Take a resource out of use. Its bookings stay."""
    return await _turn(request, into_use=False)


async def restore(request: Request) -> Response:
    """Take it into use again; where its rules name who is gone, its form says so."""
    return await _turn(request, into_use=True)


async def _turn(request: Request, *, into_use: bool) -> Response:
    app, here, actor = services(request), current_org(request), caller_of(request).actor
    await entries(request)
    change = resources.restore if into_use else resources.archive
    try:
        async with app.database.transaction(here.id, actor) as tx:
            resource = await resources.get_by_slug(tx, request.path_params["slug"])
            await change(tx, resource.id, app.clock())
    except ValidationFailed as refused:
        async with app.database.transaction(here.id, actor) as tx:
            form = shown(resources.draft_of(resource, []), here.currency)
            return await _edit_sheet(request, tx, here, resource, refused_form(form, refused))
    done = "restored" if into_use else "archived"
    kept = {"done": done} if into_use else {"done": done, "archived": "1"}
    to = "resources" if resource.needs is None else "types"
    return RedirectResponse(f"/{here.slug}/admin/{to}?{urlencode(kept)}", 303)


def version_of(typed: FormData) -> int:
    """The version that a form was shown; none is older than all."""
    said = typed.get("version")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0


def refused_form(typed: FormData, refused: ValidationFailed | Conflict) -> FormState:
    """What was typed, with what the operation refused: by field, or above them all."""
    if isinstance(refused, ValidationFailed):
        wrong = {field_of(path, typed): said for path, said in refused.errors.items()}
        return FormState(typed, wrong, status=422)
    said = "changed" if isinstance(refused, ResourceChanged) else refused.message
    return FormState(typed, {}, said, status=409)


def section_of(resource: Resource) -> str:
    """Where a resource stands in the navigation."""
    return "resources" if resource.needs is None else "types"


async def form_context(tx: Tx, state: FormState, except_id: UUID | None) -> dict[str, Any]:
    """What every form about a resource needs around it: places, tags, what else there is."""
    directory = await resources.index(tx)
    return {
        "form": state.form,
        "wrong": state.wrong,
        "alert": state.alert,
        "meanwhile": state.meanwhile,
        "state": state,
        "broken": state.broken,
        "locations": await organizations.locations(tx),
        "tags": _tags(directory),
        "linkable": [k for k in directory if k.capacity and not k.is_type and k.type != "person"
                     and k.is_active and k.id != except_id],
    }  # fmt: skip


async def _new_sheet(request: Request, state: FormState) -> Response:
    here = current_org(request)
    async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
        context = {
            "section": "resources",
            "resource": None,
            "seen": "",
            "done": "",
            **await form_context(tx, state, None),
        }
    return form_page(request, "resource.html", context, state.status)


async def _edit_sheet(
    request: Request, tx: Tx, here: Organization, resource: Resource, state: FormState
) -> Response:
    kept = shown(resources.draft_of(resource, []), here.currency)
    context = {
        "section": "resources",
        "resource": resource,
        "seen": seen_of(kept),
        "done": request.query_params.get("done", "") if state.status == 200 else "",
        **await form_context(tx, state, resource.id),
    }
    return form_page(request, "resource.html", context, state.status)


async def tried(request: Request, resource: Resource, typed: FormData, changes: dict[str, Any]) -> FormState:
    """What was typed, with the bookings to come that it would hit. Nothing is saved."""
    app, here, now = services(request), current_org(request), services(request).clock()
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        broken = await bookings.impact(
            tx, resource.id, lambda: resources.update(tx, resource.id, changes, now), now
        )
    return FormState(typed, broken=broken)


async def _edit_tried(
    request: Request, resource: Resource, typed: FormData, changes: dict[str, Any]
) -> Response:
    here, state = current_org(request), await tried(request, resource, typed, changes)
    async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
        return await _edit_sheet(request, tx, here, resource, state)


async def _offers_with(tx: Tx, resource: Resource) -> list[Any]:
    """The offers that name a resource: as a host, or in what they need."""
    names = {resource.slug, resource.email, str(resource.id)}
    found = []
    for other in await resources.bookable(tx, limit=200):
        needs = [str(name) for need in other.needs or () for name in _named(need)]
        hosts = resources.hosts_named_in(other.availability_rules)
        if other.id != resource.id and names & {*needs, *hosts, *other.parts}:
            found.append(other)
    return found


def _named(need: dict[str, Any]) -> list[str]:
    hosts = [host["id"] for host in need.get("hosts", ())]
    return [*hosts, *need.get("any_of", ()), *([need["resource"]] if "resource" in need else [])]


def _tags(directory: ResourceIndex) -> list[str]:
    return sorted({tag for known in directory for tag in known.tags}, key=str.lower)
