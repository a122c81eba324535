"""/{org}/admin/messages: which messages are sent and how they are worded; see them, try them, reset them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from infra24 import bookings, message_settings, notifications
from infra24.bookings import Filters
from infra24.channels import Channel
from infra24.errors import DomainError, ValidationFailed
from infra24.i18n import LANGUAGES
from infra24.mail import ComposeContext
from infra24.message_settings import MessageSetting, MessageText
from infra24.web.admin.form_data import FormData, entries
from infra24.web.caller import caller_of, current_org
from infra24.web.errors import status_of
from infra24.web.pages.inbox import MESSAGE_POLICY
from infra24.web.presenters.messages import name_of
from infra24.web.rendering import format_for, page
from infra24.web.security_headers import content_security_policy
from infra24.web.services import services

_SHOWS_ITSELF = f"{content_security_policy()}; frame-src 'self'"


async def messages_page(request: Request) -> Response:
    """All kinds: whether each is sent, and whether it is worded."""
    here, who = current_org(request), caller_of(request)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        set_ = await message_settings.listed(tx)
    rows = [
        (kind, name_of(kind), to_staff, _is_sent(set_.get(kind, MessageSetting(kind))), kind in set_)
        for kind, to_staff in notifications.WORDED.items()
    ]
    context = {
        "section": "settings",
        "groups": [(to_staff, [row for row in rows if row[2] is to_staff]) for to_staff in (False, True)],
        "done": request.query_params.get("done", ""),
    }
    return page(request, "admin/messages.html", here, context)


async def message_page(request: Request) -> Response:
    """One kind in one language (?in=) with a preview; POST keeps whether it is sent, and its words."""
    app, here, who = services(request), current_org(request), caller_of(request)
    kind, language = _kind(request), _language(request)
    if request.method == "GET":
        return await _form(request, {})
    sent = await entries(request)
    is_sent = sent.ticked("is_sent")
    by_default = kind in notifications.SENT_BY_DEFAULT
    text = MessageText(sent.get("subject"), sent.get("headline"), sent.get("note"))
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            wanted = None if is_sent is by_default else is_sent
            await message_settings.save(tx, kind, wanted, language, text, app.clock())
    except ValidationFailed as problem:
        return await _form(request, {"wrong": problem.errors, "form": sent, "is_sent": is_sent}, 422)
    return RedirectResponse(f"{request.url.path}?in={language}&done=saved", 303)


async def reset_message(request: Request) -> Response:
    """POST: the product's words, and sent as it is by itself."""
    here, who = current_org(request), caller_of(request)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        await message_settings.reset(tx, _kind(request))
    return RedirectResponse(f"/{here.slug}/admin/messages/{_kind(request)}?done=reset", 303)


async def preview_message(request: Request) -> Response:
    """The e-mail as it would arrive, with the newest booking."""
    here, who = current_org(request), caller_of(request)
    kind, language = _kind(request), _language(request)
    to = who.user.email if who.user else "you@example.org"
    email = await notifications.preview(_context(request), here.id, kind, to, language)
    return HTMLResponse(email.html or "", headers={"content-security-policy": MESSAGE_POLICY})


async def send_test(request: Request) -> Response:
    """POST: sends the preview to whoever asks."""
    app, here, who = services(request), current_org(request), caller_of(request)
    kind, language = _kind(request), _language(request)
    if who.user is None:  # a key has no address
        raise HTTPException(404)
    try:
        email = await notifications.preview(_context(request), here.id, kind, who.user.email, language)
        async with app.database.transaction(here.id, who.actor) as tx:
            sender = (await app.senders.of(tx))[Channel.EMAIL]
        name = f"test.{kind}.{app.clock().timestamp():.0f}"
        await sender.send(replace(email, to=who.user.email), name, app.clock())
    except DomainError as refusal:
        return await _form(request, {"alert": refusal.message}, status_of(refusal))
    path = f"/{here.slug}/admin/messages/{kind}"
    return RedirectResponse(f"{path}?in={language}&done=sent", 303)


async def _form(request: Request, more: Mapping[str, Any], status: int = 200) -> Response:
    here, who = current_org(request), caller_of(request)
    kind, language = _kind(request), _language(request)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        setting = await message_settings.get(tx, kind)
        shown = bool(await bookings.page(tx, Filters(), limit=1))
    text = setting.text(language)
    context = {
        "section": "settings",
        "kind": kind,
        "title": name_of(kind),
        "language_of_text": language,
        "languages": LANGUAGES,
        "is_sent": _is_sent(setting),
        "is_set": setting != MessageSetting(kind),
        "form": FormData.of({"subject": text.subject, "headline": text.headline, "note": text.note}),
        "variables": message_settings.VARIABLES,
        "shown": shown,
        "to": who.user.email if who.user else "",
        "wrong": {},
        "alert": "",
        "done": request.query_params.get("done", ""),
    }
    answer = page(request, "admin/message.html", here, {**context, **more}, status=status)
    answer.headers["content-security-policy"] = _SHOWS_ITSELF
    return answer


def _is_sent(setting: MessageSetting) -> bool:
    return setting.kind in notifications.SENT_BY_DEFAULT if setting.is_sent is None else setting.is_sent


def _context(request: Request) -> ComposeContext:
    app = services(request)
    return ComposeContext(
        app.database, app.settings.base_url, app.senders.home.mail.address, app.tokens, app.clock()
    )


def _kind(request: Request) -> str:
    named: str = request.path_params["kind"]
    if named not in notifications.WORDED:
        raise HTTPException(404)
    return named


def _language(request: Request) -> str:
    asked = request.query_params.get("in", "")
    usual = format_for(request, current_org(request)).language
    return asked if asked in LANGUAGES else usual
