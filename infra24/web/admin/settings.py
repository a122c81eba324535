"""/{org}/admin/settings: what the organization is called, its zone, language, look; and its keys."""

import json
import re
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import Locale
from fastapi import Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from infra24 import bookings, organizations, people, theme
from infra24.errors import DomainError, Message, ValidationFailed
from infra24.people import KEY_SCOPES
from infra24.rate_limits import CLIENT_QUOTAS
from infra24.web.admin.form_data import FormData, entries
from infra24.web.admin.merge import read_seen
from infra24.web.caller import caller_of, current_org
from infra24.web.errors import status_of
from infra24.web.guard import FIELDS, FILES
from infra24.web.pages.forms import read_number
from infra24.web.pages.picker import ZONES
from infra24.web.rendering import page
from infra24.web.services import services

_FACTS = {"name": "name", "zone": "time_zone", "locale": "locale"}
_SETTINGS = ("second_factor", "approval_hours", *CLIENT_QUOTAS)
LOCALES = ("en_US", "en_GB", "en_CA", "en_AU", "es_ES", "es_MX", "es_AR", "es_US")


async def settings_page(request: Request) -> Response:
    """The page; POST keeps the settings and the logo, or names what is wrong with each."""
    here, who, now = current_org(request), caller_of(request), services(request).clock()
    if request.method == "GET":
        return _page(request, here, {})
    sent = await entries(request)
    typed = {
        "name": sent.get("name"),
        "zone": sent.get("zone"),
        "locale": sent.get("locale"),
        "seed": sent.get("seed").lower(),
        "radius": read_number(sent.get("radius")),
        "second_factor": sent.ticked("second_factor"),
        "approval_hours": read_number(sent.get("approval_hours")),
        **{name: read_number(sent.get(name)) for name in CLIENT_QUOTAS},
    }
    seen = read_seen(sent)
    wanted = {name: value for name, value in typed.items() if value != seen.get(name)}
    changes: dict[str, Any] = {
        **{to: wanted[name] for name, to in _FACTS.items() if name in wanted},
        "theme": {**here.theme, **{name: wanted[name] for name in ("seed", "radius") if name in wanted}},
        "settings": {**here.settings, **{name: wanted[name] for name in _SETTINGS if name in wanted}},
    }
    try:
        if wanted.get("second_factor") and who.user is not None and not who.user.has_mfa:
            raise ValidationFailed(
                {"second_factor": Message("Add a second factor to your own account first.")}
            )
        async with services(request).database.transaction(here.id, who.actor) as tx:
            await organizations.change(tx, changes, now)
            await _logo(request, tx, sent)
    except ValidationFailed as problem:
        more = {"errors": problem.errors, "values": typed, "seen": sent.get("seen")}
        return _page(request, here, more, 422)
    return RedirectResponse(f"{request.url.path}?done=1", 303)


async def _logo(request: Request, tx: Any, sent: FormData) -> None:
    form = await request.form(max_files=FILES, max_fields=FIELDS)
    picture = form.get("logo")
    if isinstance(picture, UploadFile) and picture.size:
        await organizations.set_logo(tx, await picture.read(), services(request).clock())
    elif sent.ticked("no_logo"):
        await organizations.set_logo(tx, None, services(request).clock())


async def logo(request: Request) -> Response:
    """/{org}/logo: the picture, for everyone."""
    here = current_org(request)
    async with services(request).database.transaction(here.id) as tx:
        found = await organizations.logo(tx)
    if found is None:
        raise HTTPException(404)
    headers = {"cache-control": "public, max-age=300", "content-disposition": "inline"}
    return Response(found[0], 200, headers, found[1])


async def keys_page(request: Request) -> Response:
    """The keys of the organization."""
    return await _keys(request, {})


async def make_key(request: Request) -> Response:
    """POST: a key with scopes, which is shown this once."""
    here, who, now = current_org(request), caller_of(request), services(request).clock()
    sent = await entries(request)
    try:
        async with services(request).database.transaction(here.id, who.actor) as tx:
            made = await people.keys.make(tx, sent.get("label"), sent.all("scope"), who.name, now)
    except ValidationFailed as problem:
        return await _keys(request, {"errors": problem.errors, "typed": sent}, 422)
    return await _keys(request, {"made": made})


async def revoke_key(request: Request) -> Response:
    """POST: a key opens nothing any more."""
    here, who, now = current_org(request), caller_of(request), services(request).clock()
    sent = await entries(request)
    try:
        async with services(request).database.transaction(here.id, who.actor) as tx:
            await people.keys.revoke(tx, _id(sent.get("key")), now)
    except DomainError as refusal:
        return await _keys(request, {"alert": refusal.message}, status_of(refusal))
    return RedirectResponse(f"/{here.slug}/admin/keys?done=1", 303)


async def _keys(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    here, who = current_org(request), caller_of(request)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        listed = await people.keys.listed(tx)
    context = {
        "section": "settings",
        "keys": listed,
        "scopes": KEY_SCOPES,
        "zone": ZoneInfo(here.time_zone),
        "made": "",
        "errors": {},
        "alert": "",
        "typed": FormData(),
        "done": "done" in request.query_params,
    }
    return page(request, "admin/keys.html", here, {**context, **more}, status=status)


def _page(request: Request, here: Any, more: dict[str, Any], status: int = 200) -> Response:
    typed = str(more.get("values", {}).get("seed") or request.query_params.get("seed", "")).lower()
    seed = typed if re.fullmatch(r"#[0-9a-f]{6}", typed) else here.seed
    on_white, on_black = theme.contrast(seed, "#ffffff"), theme.contrast(seed, "#000000")
    named = {code: Locale.parse(code).get_display_name(code) or code for code in {*LOCALES, here.locale}}
    kept = {
        "name": here.name,
        "zone": here.time_zone,
        "locale": here.locale,
        "seed": here.seed,
        "radius": here.radius,
        "second_factor": here.settings.get("second_factor", False),
        "approval_hours": here.settings.get("approval_hours", 72),
        **{name: bookings.limit_of(here.settings, name) for name in CLIENT_QUOTAS},
    }
    context = {
        "section": "settings",
        "values": kept,
        "limits": CLIENT_QUOTAS,
        "seen": json.dumps(kept),
        "zones": sorted({*ZONES, here.time_zone}),
        "locales": sorted(named.items(), key=lambda item: item[1]),
        "contrast": max(on_white, on_black),
        "on_light": on_white >= 4.5,
        "errors": {},
        "done": "done" in request.query_params,
    }
    return page(request, "admin/settings.html", here, {**context, **more}, status=status, block="tone")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise people.keys.UnknownKey() from None
