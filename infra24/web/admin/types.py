"""/{org}/admin/types: what each appointment type needs, asks and costs. Its rules have their own page."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import resources
from infra24.db import Tx
from infra24.errors import Conflict, ValidationFailed
from infra24.organizations import Organization
from infra24.resources import Draft, Resource, ResourceChanged, ResourceFilter, ResourceRef
from infra24.web.admin import type_form
from infra24.web.admin.form_data import FormData, entries
from infra24.web.admin.form_pages import form_page
from infra24.web.admin.merge import merged, seen_of
from infra24.web.admin.resource_form import checked
from infra24.web.admin.resources import FormState, form_context, tried, version_of
from infra24.web.admin.type_form import field_of, needs_in, numbered, questions_in, read, shown
from infra24.web.caller import caller_of, current_org
from infra24.web.rendering import with_query
from infra24.web.services import services


async def list_page(request: Request) -> Response:
    """The appointment types, filtered by what the address says."""
    here, asked = current_org(request), request.query_params
    wanted = ResourceFilter(
        types=True,
        tag=asked.get("tag", "")[:200],
        text=asked.get("q", "").strip()[:200],
        archived=asked.get("archived") == "1",
        after=asked.get("after", "")[:64],
    )
    async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
        found = await resources.search(tx, wanted, resources.PAGE + 1)
        directory = await resources.index(tx)
        context = {
            "section": "types",
            "wanted": wanted,
            "found": [(one, _said_needs(one, directory)) for one in found[: resources.PAGE]],
            "count": await resources.count(tx, wanted),
            "is_filtered": bool(wanted.tag or wanted.text),
            "more": None,
            "done": asked.get("done", ""),
        }
    if len(found) > resources.PAGE:
        context["more"] = with_query(request, after=found[resources.PAGE - 1].slug)
    return form_page(request, "types.html", context)


async def new_page(request: Request) -> Response:
    """A new appointment type: half an hour with one of some people, unless one says otherwise."""
    here = current_org(request)
    draft = Draft("other", "", capacity=None, currency=here.currency, is_bookable=True, needs=[])
    return await _page(request, None, FormState(shown(draft, here.currency)))


async def create(request: Request) -> Response:
    """Make it, and go on to its rules. What was typed stays when something is wrong."""
    app, here = services(request), current_org(request)
    typed = await entries(request)
    changes, wrong = read(typed)
    changes = checked(changes, wrong)
    if wrong:
        return await _page(request, None, FormState(typed, wrong, status=422))
    try:
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            draft = Draft(**{**changes, "type": "other", "capacity": None})
            made = await resources.create(tx, draft, app.clock())
    except (ValidationFailed, Conflict) as refused:
        return await _page(request, None, _refused(typed, refused))
    return RedirectResponse(f"/{here.slug}/admin/resources/{made.slug}/rules?done=created", 303)


async def edit_page(request: Request) -> Response:
    """Everything that is said of an appointment type."""
    here = current_org(request)
    async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
        resource = await resources.get_by_slug(tx, request.path_params["slug"])
        if resource.needs is None:
            return RedirectResponse(f"/{here.slug}/admin/resources/{resource.slug}", 303)
        form = await _kept(tx, here, resource)
    return await _page(request, resource, FormState(form))


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
                return await _page(request, resource, await tried(request, resource, typed, changes))
            async with app.database.transaction(here.id, actor) as tx:
                version = version_of(typed)
                saved = await resources.update_if_version(tx, resource.id, version, changes, app.clock())
            return RedirectResponse(
                f"/{here.slug}/admin/types/{saved.slug}?{urlencode({'done': 'saved'})}", 303
            )
        except ResourceChanged:
            async with app.database.transaction(here.id, actor) as tx:
                resource = await resources.get(tx, resource.id)
                together, changed = merged(typed, await _kept(tx, here, resource))
            state = FormState(together, {}, "changed", tuple(changed), 409)
        except (ValidationFailed, Conflict) as refused:
            state = _refused(typed, refused)
    return await _page(request, resource, state)


async def _kept(tx: Tx, here: Organization, resource: Resource) -> FormData:
    return shown(resources.draft_of(resource, await resources.index(tx)), here.currency)


def _refused(typed: FormData, refused: ValidationFailed | Conflict) -> FormState:
    if isinstance(refused, ValidationFailed):
        wrong = {field_of(path, typed): said for path, said in refused.errors.items()}
        return FormState(typed, wrong, status=422)
    return FormState(typed, {}, refused.message, status=409)


async def _page(request: Request, resource: Resource | None, state: FormState) -> Response:
    here = current_org(request)
    async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
        directory = [k for k in await resources.index(tx) if not k.is_type]
        layouts = [one for one in await resources.listed(tx, limit=200) if one.layouts]
        context: dict[str, Any] = {
            "section": "types",
            "resource": resource,
            "seen": seen_of(await _kept(tx, here, resource)) if resource else "",
            "people": [k for k in directory if k.type == "person"],
            "everything": directory,
            "in_order": _in_order,
            "thing_options": [(k.slug, k.title) for k in directory if k.is_active],
            "layout_options": [(name, name) for name in sorted({n for one in layouts for n in one.layouts})],
            "needs": numbered(needs_in(state.form), 1),
            "questions": numbered(questions_in(state.form), 1),
            "kinds": type_form.KINDS,
            "roles": type_form.ROLES,
            "done": request.query_params.get("done", "") if state.status == 200 else "",
            **await form_context(tx, state, None),
        }
    return form_page(request, "type.html", context, state.status)


def _in_order(known: Sequence[ResourceRef], ticked: Sequence[str]) -> list[ResourceRef]:
    """Those that are ticked in their order, then the others that are in use: the order is part of a need."""
    by_name = {name: k for k in known for name in (k.email, k.slug) if name}
    first = [by_name[name] for name in ticked if name in by_name]
    return [*first, *(k for k in known if k.is_active and k not in first)]


def _said_needs(one: Resource, directory: resources.ResourceIndex) -> list[str]:
    """What a type needs, by the names of what it takes."""
    titles = {str(k.id): k.title for k in directory}
    said = []
    for need in one.needs or ():
        if "hosts" in need:
            said.append(" / ".join(titles.get(host["id"], "") for host in need["hosts"]))
        elif "any_of" in need:
            said.append(" / ".join(titles.get(id_, "") for id_ in need["any_of"]))
        elif "resource" in need:
            units = f" × {need['units']}" if need.get("units", 1) > 1 else ""
            said.append(titles.get(need["resource"], "") + units)
        else:
            said.append("#" + str(need.get("skill") or need.get("tag") or ""))
    return said
