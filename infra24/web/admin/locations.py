"""/{org}/admin/locations: where things are: add a place, rename it, remove one that is empty."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import organizations, resources
from infra24.db import Tx
from infra24.errors import Conflict, Message
from infra24.organizations.locations import UnknownLocation
from infra24.web.admin.form_data import FormData, entries
from infra24.web.admin.form_pages import form_page
from infra24.web.caller import caller_of, current_org
from infra24.web.services import services

_MOST_NAME, _MOST_ADDRESS = 200, 2_000


async def list_page(request: Request) -> Response:
    """The locations, with what is at each."""
    return await _page(request, {})


async def add(request: Request) -> Response:
    """A new location."""
    here, typed = current_org(request), await entries(request)
    wrong = _wrong(typed)
    if wrong:
        return await _page(request, {"wrong": wrong, "form": typed}, status=422)
    try:
        async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
            await organizations.add_location(tx, typed.get("name"), typed.get("address"))
    except Conflict as refused:
        return await _page(request, {"wrong": {"name": refused.message}, "form": typed}, status=409)
    return RedirectResponse(f"/{here.slug}/admin/locations?done=added", 303)


async def change(request: Request) -> Response:
    """Another name or address."""
    typed = await entries(request)
    wrong = _wrong(typed)
    if wrong:
        return await _page(request, {"wrong": wrong, "form": typed, "edited": _id(request)}, status=422)

    async def amend(tx: Tx, id_: UUID) -> None:
        await organizations.change_location(tx, id_, typed.get("name"), typed.get("address"))

    return await _act(request, amend, "saved")


async def remove(request: Request) -> Response:
    """Take a location away at which nothing is."""
    return await _act(request, organizations.remove_location, "removed")


async def _act(request: Request, operation: Callable[[Tx, UUID], Awaitable[None]], done: str) -> Response:
    here, typed, id_ = current_org(request), await entries(request), _id(request)
    try:
        async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
            await operation(tx, id_)
            await resources.bump_catalogue_version(tx)
    except Conflict as refused:
        context = {"wrong": {"name": refused.message}, "form": typed, "edited": id_}
        return await _page(request, context, status=409)
    return RedirectResponse(f"/{here.slug}/admin/locations?done={done}", 303)


async def _page(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    here = current_org(request)
    async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
        context = {
            "section": "resources",
            "places": await organizations.locations(tx),
            "uses": await resources.counts_by_location(tx),
            "wrong": {},
            "form": FormData(),
            "edited": None,
            "done": request.query_params.get("done", "") if status == 200 else "",
            **more,
        }
    return form_page(request, "locations.html", context, status)


def _wrong(typed: FormData) -> dict[str, Message]:
    wrong: dict[str, Message] = {}
    name = typed.get("name")
    if not name:
        wrong["name"] = Message("give it a name")
    elif len(name) > _MOST_NAME or "\n" in name:
        wrong["name"] = Message("must be a text of at most %(most)s characters", most=_MOST_NAME)
    if len(typed.get("address")) > _MOST_ADDRESS:
        wrong["address"] = Message("must be a text of at most %(most)s characters", most=_MOST_ADDRESS)
    return wrong


def _id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["id"])
    except ValueError:
        raise UnknownLocation() from None
