"""/{org}/admin/senders: by which service e-mail and texts go, and as whom."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from infra24 import senders
from infra24.channels import Channel
from infra24.errors import DomainError, Message, ValidationFailed
from infra24.mail import Brand
from infra24.senders import Provider, SenderDraft
from infra24.sms import InvalidNumber, region_of, to_e164
from infra24.web.admin.form_data import FormData, entries
from infra24.web.caller import caller_of, current_org
from infra24.web.rendering import format_for, page
from infra24.web.services import services

_SECRETS: Mapping[Provider, tuple[str, ...]] = {
    Provider.SMTP: ("password", "client_secret", "refresh_token"),
    Provider.RESEND: ("key", "webhook_secret"),
    Provider.TWILIO: ("token",),
}
_EMPTY: Mapping[Provider, Mapping[str, str]] = {
    Provider.SMTP: {"port": "587", "auth": "password"},
    Provider.RESEND: {},
    Provider.TWILIO: {},
}


async def senders_page(request: Request) -> Response:
    """What sends e-mail and texts now."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        own = {channel: await senders.current(tx, channel) for channel in Channel}
        used = await app.senders.of(tx)
    context = {
        "section": "settings",
        "own": {channel.value: connection for channel, connection in own.items()},
        "installation": app.senders.home.mail.address,
        "sends_texts": Channel.SMS in used,
        "is_kept": app.settings.shows_inbox,
        "done": request.query_params.get("done", ""),
    }
    return page(request, "admin/senders.html", here, context)


async def sender_page(request: Request) -> Response:
    """The form of one service; POST uses it from now on."""
    app, here, who = services(request), current_org(request), caller_of(request)
    provider = _provider(request)
    if request.method == "GET":
        async with app.database.transaction(here.id, who.actor) as tx:
            before = await senders.current(tx, provider.channel)
        same = before is not None and before.kind == provider
        values = (
            {name: str(value or "") for name, value in before.settings.items()} if before and same else {}
        )
        return await _form(request, provider, FormData.of({**_EMPTY[provider], **values}), {})
    sent = await entries(request)
    draft = SenderDraft(
        provider,
        {name: sent.get(name) for name in sent.values},
        {name: sent.get(name) for name in _SECRETS[provider]},
    )
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            await senders.set_sender(tx, app.auth.secret_box, draft, app.clock())
    except ValidationFailed as problem:
        return await _form(request, provider, sent, {"wrong": problem.errors}, 422)
    return _to(request, f"senders/{provider}?done=saved")


async def remove_sender(request: Request) -> Response:
    """POST: the installation's service again."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        await senders.remove(tx, _provider(request).channel)
    return _to(request, "senders?done=removed")


async def send_test(request: Request) -> Response:
    """POST: one message, sent while one waits: whether it works, or what the service answers."""
    app, here, who = services(request), current_org(request), caller_of(request)
    provider, sent = _provider(request), await entries(request)
    to, speech = sent.get("to"), format_for(request, here)
    async with app.database.transaction(here.id, who.actor) as tx:
        own = await senders.current(tx, provider.channel)
        sender = (await app.senders.of(tx)).get(provider.channel)
    more: dict[str, Any] = {"tested": to}
    try:
        if sender is None or own is None or own.kind != provider:  # the installation's is not theirs to try
            raise HTTPException(404)
        if provider.channel is Channel.SMS:
            to = to_e164(to, region_of(here.time_zone))
        message = senders.trial_message(provider.channel, Brand(here.name, here.seed), to, speech.language)
        await sender.send(message, f"test.{app.clock().timestamp():.0f}", app.clock())
    except InvalidNumber as refusal:
        more |= {"wrong": {"to": refusal.message}, "tested": ""}
    except DomainError as refusal:
        more |= {"failed": refusal.message, "tested": ""}
    return await _form(request, provider, None, more, 200 if more["tested"] else 422)


async def _form(
    request: Request, provider: Provider, form: FormData | None, more: Mapping[str, Any], status: int = 200
) -> Response:
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        before = await senders.current(tx, provider.channel)
    kept = before if before is not None and before.kind == provider else None
    if form is None:
        values = kept.settings if kept else _EMPTY[provider]
        form = FormData.of({name: str(value or "") for name, value in values.items()})
    context: dict[str, Any] = {
        "section": "settings",
        "provider": provider.value,
        "kept": kept,
        "form": form,
        "wrong": dict[str, Message](),
        "failed": "",
        "tested": "",
        "to": who.user.email if who.user and provider.channel is Channel.EMAIL else "",
        "reports": senders.report_url(app.settings.base_url, app.tokens.sign, provider, here.id, kept.id)
        if kept
        else "",
        "done": request.query_params.get("done", ""),
    }
    return page(request, f"admin/sender_{provider}.html", here, {**context, **more}, status=status)


def _provider(request: Request) -> Provider:
    named = request.path_params["provider"]
    if named not in set(Provider):
        raise HTTPException(404)
    return Provider(named)


def _to(request: Request, path: str) -> Response:
    return RedirectResponse(f"/{current_org(request).slug}/admin/{path}", 303)
