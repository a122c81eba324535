"""/{org}/admin/links: booking links, with their look, the code that embeds them, and private addresses."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import booking_links, resources, theme
from infra24.booking_links import KINDS, BookingLink, LinkDraft, LinkExists, Prefilled
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.organizations import Organization
from infra24.web.admin import parsing
from infra24.web.caller import caller_of, current_org
from infra24.web.pages.forms import read_form, read_number
from infra24.web.rendering import page
from infra24.web.services import Services, services

_SEED = re.compile(r"#[0-9a-fA-F]{6}")


async def links_page(request: Request) -> Response:
    """All links: whether each is open, how often it was used, until when it opens."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        listed = await booking_links.listed(tx)
    listed = sorted(listed, key=lambda link: not link.is_active)
    now = app.clock()
    rows = [{"link": link, "state": _state(link, now), "url": address_of(app, here, link)}
            for link in listed]  # fmt: skip
    told = {"section": "links", "rows": rows, "done": request.query_params.get("done", "")}
    return page(request, "admin/links.html", here, {**told, "zone": ZoneInfo(here.time_zone)})


async def new_link(request: Request) -> Response:
    """An empty form. With a colour in the address, how that colour can be read."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        known = await resources.index(tx)
    values = _values(LinkDraft("", "team", "", []), here)
    values["seed"] = request.query_params.get("seed", "")[:7]
    return _form(request, values, known)


async def create_link(request: Request) -> Response:
    """POST makes a link, or only looks at its colour."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await read_form(request)
    values = _typed_values(sent)
    async with app.database.transaction(here.id, who.actor) as tx:
        known = await resources.index(tx)
        if "look" in sent:
            return _form(request, values, known)
        values["slug"] = values["slug"] or (resources.slug_of(values["title"]) if values["title"] else "")
        draft, errors = _draft(values, here, is_active=True)
        try:
            if errors:
                raise ValidationFailed(errors)
            made = await booking_links.create(tx, draft, app.clock())
        except (ValidationFailed, LinkExists) as refusal:
            wrong = _errors(refusal)
            if "title" in wrong and not values["slug"]:
                wrong.pop("slug", None)
            return _form(request, values, known, errors=wrong)
    return RedirectResponse(f"/{here.slug}/admin/links/{made.id}?done=made", 303)


async def one_link(request: Request) -> Response:
    """A link with its address and code, in the form that changes it."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        link, known = await _open(tx, request), await resources.index(tx)
    return _form(request, _values(booking_links.draft_of(link), here), known, link)


def address_of(app: Services, here: Organization, link: BookingLink) -> str:
    """The public address of a link."""
    return f"{app.settings.base_url}/{here.slug}/l/{link.slug}"


async def change_link(request: Request) -> Response:
    """POST: what its form says of it."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await read_form(request)
    values = _typed_values(sent)
    async with app.database.transaction(here.id, who.actor) as tx:
        link, known = await _open(tx, request), await resources.index(tx)
        if "look" in sent:
            return _form(request, values, known, link)
        draft, errors = _draft(values, here, is_active=link.is_active)
        try:
            if errors:
                raise ValidationFailed(errors)
            changes = {name: getattr(draft, name) for name in LinkDraft.__slots__}
            await booking_links.change(tx, str(link.id), changes, app.clock())
        except (ValidationFailed, LinkExists) as refusal:
            return _form(request, values, known, link, _errors(refusal))
    return RedirectResponse(f"/{here.slug}/admin/links/{link.id}?done=saved", 303)


async def sign_address(request: Request) -> Response:
    """POST: writes an address that opens a private link, with what it brings along, signed."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await read_form(request)
    brings = {name: parsing.text(sent, name, 2_000 if name == "goal" else 200)
              for name in ("name", "email", "goal", "until_on", "until_at")}  # fmt: skip
    until = parsing.moment(brings["until_on"], brings["until_at"] or "23:59", ZoneInfo(here.time_zone))
    async with app.database.transaction(here.id, who.actor) as tx:
        link, known = await _open(tx, request), await resources.index(tx)
    values = _values(booking_links.draft_of(link), here)
    if brings["until_on"] and (until is None or until <= app.clock()):
        return _form(
            request, values, known, link, brings=brings, errors={"until": Message("Choose a time to come")}
        )
    prefilled = Prefilled(brings["name"], brings["email"].lower(), brings["goal"], until)
    signed = booking_links.write_private(app.tokens, here.id, link.id, prefilled)
    made = f"{address_of(app, here, link)}?{urlencode({'signed': signed})}"
    return _form(request, values, known, link, brings=brings, made=made)


async def archive_link(request: Request) -> Response:
    """POST: take a link out of use."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        link = await _open(tx, request)
        await booking_links.archive(tx, str(link.id), app.clock())
    return RedirectResponse(f"/{here.slug}/admin/links/{link.id}?done=archived", 303)


async def restore_link(request: Request) -> Response:
    """POST: puts an archived link back into use, if its offers and hosts still can be had that way."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        link, known = await _open(tx, request), await resources.index(tx)
        draft = replace(booking_links.draft_of(link), is_active=True)
        try:
            await booking_links.change(tx, str(link.id), {"is_active": True}, app.clock())
        except ValidationFailed as refusal:
            return _form(request, _values(draft, here), known, link, _errors(refusal))
    return RedirectResponse(f"/{here.slug}/admin/links/{link.id}?done=restored", 303)


async def _open(tx: Tx, request: Request) -> BookingLink:
    return await booking_links.get(tx, request.path_params["link"])


def _state(link: BookingLink, now: datetime) -> str:
    if not link.is_active:
        return "archived"
    if link.expires_at and link.expires_at <= now:
        return "expired"
    if link.max_uses is not None and link.uses >= link.max_uses:
        return "used_up"
    return "private" if link.is_private else "open"


def _values(draft: LinkDraft, here: Organization) -> dict[str, Any]:
    """What the form shows of a link."""
    on, at = parsing.as_typed(draft.expires_at, ZoneInfo(here.time_zone))
    return {
        "slug": draft.slug,
        "kind": draft.kind,
        "title": draft.title,
        "description": draft.description,
        "offers": draft.offers,
        "hosts": draft.hosts,
        "seed": str(draft.theme.get("seed", "")),
        "name": str(draft.theme.get("name", "")),
        "radius": str(draft.theme.get("radius", "")),
        "expires_on": on,
        "expires_at": at,
        "max_uses": str(draft.max_uses or ""),
        "is_private": draft.is_private,
        "sites": "\n".join(draft.sites),
    }


def _typed_values(sent: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, to be shown again whatever is wrong with it."""
    names = ("slug", "kind", "title", "seed", "name", "radius", "expires_on", "expires_at", "max_uses")
    return {
        **{name: parsing.text(sent, name) for name in names},
        "description": parsing.text(sent, "description", 2_000),
        "sites": parsing.text(sent, "sites", 4_000),
        "offers": parsing.named(sent, "offer-"),
        "hosts": parsing.named(sent, "host-"),
        "is_private": "is_private" in sent,
    }


def _draft(
    values: Mapping[str, Any], here: Organization, *, is_active: bool
) -> tuple[LinkDraft, dict[str, Message]]:
    """The draft that the form means, and what of it cannot be read."""
    errors: dict[str, Message] = {}
    look: dict[str, Any] = {name: values[name] for name in ("seed", "name") if values[name]}
    if values["radius"]:
        look["radius"] = read_number(values["radius"]) if values["radius"].isdecimal() else -1
    expires = None
    if values["expires_on"] or values["expires_at"]:
        zone = ZoneInfo(here.time_zone)
        expires = parsing.moment(values["expires_on"], values["expires_at"] or "23:59", zone)
        if expires is None:
            errors["expires"] = Message("Enter a date and a time")
    most = None
    if values["max_uses"]:
        most = read_number(values["max_uses"])
    draft = LinkDraft(
        values["slug"].lower(), values["kind"] if values["kind"] in KINDS else "", values["title"],
        values["offers"], values["hosts"], values["description"], look, expires, most,
        values["is_private"], is_active, values["sites"].split(),
    )  # fmt: skip
    return draft, errors


def _errors(refusal: ValidationFailed | LinkExists) -> dict[str, Message]:
    """What is wrong, by field of the form."""
    if isinstance(refusal, LinkExists):
        return {"slug": refusal.message}
    found: dict[str, Message] = {}
    for path, message in refusal.errors.items():
        found.setdefault(path.partition("[")[0].removeprefix("theme."), message)
    return found


def _form(
    request: Request,
    values: Mapping[str, Any],
    known: resources.ResourceIndex,
    link: BookingLink | None = None,
    errors: Mapping[str, Message] | None = None,
    *,
    brings: Mapping[str, str] | None = None,
    made: str = "",
) -> Response:
    app, here = services(request), current_org(request)
    offers = [k for k in known if k.is_active and k.is_bookable and k.type != "person"]
    offers += [k for k in known if k.slug in values["offers"] and k not in offers]
    people = [k for k in known if k.type == "person" and (k.is_active or k.email in values["hosts"])]
    url = address_of(app, here, link) if link else ""
    context = {
        "section": "links",
        "link": link,
        "state": _state(link, app.clock()) if link else "",
        "values": values,
        "errors": errors or {},
        "offers": _ticked([(k.slug, k.title, "") for k in offers], values["offers"]),
        "people": _ticked([(k.email or "", k.title, k.email or "") for k in people], values["hosts"]),
        "kinds": KINDS,
        "url": url,
        "codes": _codes(app, link, url) if link else {},
        "stem": f"{app.settings.base_url}/{here.slug}/l/",
        "look": contrasts(values["seed"] if _SEED.fullmatch(values["seed"]) else here.seed),
        "brings": brings or dict.fromkeys(("name", "email", "goal", "until_on", "until_at"), ""),
        "made": made,
        "done": request.query_params.get("done", ""),
        "zone": ZoneInfo(here.time_zone),
    }
    return page(request, "admin/link.html", here, context, status=422 if errors else 200, block="colours")


def _codes(app: Services, link: BookingLink, url: str) -> dict[str, str]:
    """What puts a link into a page of another site: in place, or behind a button."""
    start = f'<script src="{app.settings.base_url}/embed.js" data-link="{url}"'
    button = f'data-mode="popup" data-text="{escape(link.title)}"'
    return {"inline": f"{start} async></script>", "popup": f"{start} {button} async></script>"}


def _ticked(rows: list[tuple[str, str, str]], chosen: list[str]) -> list[tuple[str, str, str, bool]]:
    """What can be chosen: the chosen first, in their order."""
    place = {name: number for number, name in enumerate(chosen)}
    rows = sorted(rows, key=lambda row: (place.get(row[0], len(place)), row[1]))
    return [(*row, row[0] in place) for row in rows]


def contrasts(seed: str) -> list[dict[str, Any]]:
    """Where a colour stands as text or line, on what, how well it can be read there, and what is needed."""
    sheet = theme.stylesheet(seed.lower(), 14)
    tokens = dict(part.split(":", 1) for part in sheet.removeprefix(":root{").removesuffix("}").split(";"))
    rows = [("button", tokens["--on-brand"], tokens["--brand"], 4.5)]
    for name, needed in (("text", 4.5), ("line", 3.0)):
        light, dark = tokens[f"--brand-{name}"].removeprefix("light-dark(").removesuffix(")").split(", ")
        rows += [(f"{name}_light", light, theme.LIGHT, needed), (f"{name}_dark", dark, theme.DARK, needed)]
    return [
        {"what": what, "ink": ink, "ground": ground, "ratio": theme.contrast(ink, ground), "needed": needed}
        for what, ink, ground, needed in rows
    ]
