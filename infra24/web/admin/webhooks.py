"""/{org}/admin/webhooks: endpoints, their secrets, what was delivered, and sending it again."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import webhooks
from infra24.db import Tx
from infra24.errors import DomainError, Message, ValidationFailed
from infra24.event_catalogue import EVENT_TYPES
from infra24.web.admin import parsing
from infra24.web.admin.form_data import FormData, entries
from infra24.web.caller import caller_of, current_org
from infra24.web.errors import status_of
from infra24.web.presenters import webhooks as presented
from infra24.web.rendering import page, with_query
from infra24.web.services import services
from infra24.webhooks import DeliveryState, Endpoint, EndpointDraft, UnknownDelivery, UnknownEndpoint

_PAGE = 20
_SHOWN_ONCE = "webhook_secret"
"""The cookie that takes a new secret to the page that shows it."""
Operation = Callable[[Tx, UUID], Awaitable[Any]]


async def webhooks_page(request: Request) -> Response:
    """All endpoints: whether each gets its events, and how many deliveries failed."""
    here, who = current_org(request), caller_of(request)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        listed, failed = await webhooks.listed(tx), await webhooks.failures(tx)
    rows = [(one, presented.health(one), failed.get(one.id, 0)) for one in listed]
    return _show(request, "admin/webhooks.html", {"rows": rows, "done": request.query_params.get("done", "")})


async def new_webhook(request: Request) -> Response:
    """An empty form."""
    return _form(request, FormData.of({"payload": "full"}), {})


async def create_webhook(request: Request) -> Response:
    """POST: adds an endpoint and shows its secret, this once."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await entries(request)
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            made, secret = await webhooks.create(
                tx,
                app.auth.secret_box,
                _draft(sent),
                EVENT_TYPES,
                allowed=app.settings.outbound_networks,
                now=app.clock(),
            )
    except ValidationFailed as problem:
        return _form(request, sent, problem.errors, 422)
    except DomainError as refusal:
        return _form(request, sent, {"url": refusal.message}, status_of(refusal))
    return _with_secret(request, made.id, secret, "added")


async def webhook_page(request: Request) -> Response:
    """An endpoint, its form, and its deliveries; its secret this once, when it was just made."""
    asked, secret = request.query_params, request.cookies.get(_SHOWN_ONCE, "")
    more = {"done": asked.get("done", ""), "count": asked.get("count", "0"), "secret": secret}
    answer = await _one(request, _id(request), more)
    if secret:
        answer.delete_cookie(_SHOWN_ONCE, path=request.url.path)
        answer.headers["cache-control"] = "no-store"
    return answer


def _with_secret(request: Request, id_: UUID, secret: str, done: str) -> Response:
    """To the endpoint's page, which shows the secret once: reloading it neither repeats the change nor shows
    it again."""
    answer = _back(request, id_, done)
    tls = services(request).settings.base_url.startswith("https:")
    path = f"/{current_org(request).slug}/admin/webhooks/{id_}"
    answer.set_cookie(
        _SHOWN_ONCE, secret, max_age=60, path=path, httponly=True, samesite="strict", secure=tls
    )
    return answer


async def change_webhook(request: Request) -> Response:
    """POST: another address, other types, another payload."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent, id_ = await entries(request), _id(request)
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            await webhooks.change(
                tx, id_, _draft(sent), EVENT_TYPES, allowed=app.settings.outbound_networks, now=app.clock()
            )
    except ValidationFailed as problem:
        return await _one(request, id_, {"form": sent, "wrong": problem.errors}, 422)
    return _back(request, id_, "saved")


async def rotate_secret(request: Request) -> Response:
    """POST: another secret, shown this once."""
    app, here, who = services(request), current_org(request), caller_of(request)
    id_ = _id(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        secret = await webhooks.rotate_secret(tx, app.auth.secret_box, id_, app.clock())
    return _with_secret(request, id_, secret, "rotated")


async def send_test(request: Request) -> Response:
    """POST: sends a test, and shows what comes of it."""
    here, who, now = current_org(request), caller_of(request), services(request).clock()
    id_ = _id(request)
    try:
        async with services(request).database.transaction(here.id, who.actor) as tx:
            made = await webhooks.test(tx, id_, now)
    except webhooks.EndpointDisabled as refusal:
        return await _one(request, id_, {"alert": refusal.message}, status_of(refusal))
    return RedirectResponse(f"/{here.slug}/admin/webhooks/{id_}/deliveries/{made}", 303)


async def pause(request: Request) -> Response:
    """POST: sends it nothing until it is enabled again."""
    now = services(request).clock()
    return await _act(request, lambda tx, id_: webhooks.pause(tx, id_, now), "paused")


async def enable(request: Request) -> Response:
    """POST: sends it events again."""
    now = services(request).clock()
    return await _act(request, lambda tx, id_: webhooks.enable(tx, id_, now), "enabled")


async def replay_failed(request: Request) -> Response:
    """POST: sends again what failed or was missed in the last days, and at once what waits for its next
    attempt."""
    app, here, who, sent = services(request), current_org(request), caller_of(request), await entries(request)
    days, id_ = (int(sent.get("days")) if sent.get("days") in ("1", "3", "7", "30") else 3), _id(request)
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            count = await webhooks.replay_recent(tx, id_, timedelta(days=days), app.clock())
    except webhooks.EndpointDisabled as refusal:
        return await _one(request, id_, {"alert": refusal.message}, status_of(refusal))
    return _back(request, id_, f"replayed&count={count}")


async def delete_webhook(request: Request) -> Response:
    """POST: deletes the endpoint with its secret and its log."""
    here, who = current_org(request), caller_of(request)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        await webhooks.delete(tx, _id(request))
    return RedirectResponse(f"/{here.slug}/admin/webhooks?done=deleted", 303)


async def delivery_page(request: Request) -> Response:
    """One delivery: what was sent, and what was answered each time."""
    here, who = current_org(request), caller_of(request)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        endpoint = await webhooks.get(tx, _id(request))
        found, attempts = await webhooks.delivery(tx, endpoint.id, _delivery_id(request))
    body = json.dumps(json.loads(found.body), indent=2, ensure_ascii=False) if found.body else ""
    context = {
        "endpoint": endpoint,
        "delivery": found,
        "attempts": [(one, presented.result(one.status, one.error)) for one in attempts],
        "state": presented.state(found),
        "reason": presented.reason(found),
        "body": body,
        "done": request.query_params.get("done", ""),
    }
    answer = _show(request, "admin/webhook_delivery.html", context)
    if not found.is_done and not found.attempts:
        answer.headers["refresh"] = "2"  # a worker has it in a moment
    return answer


async def replay_delivery(request: Request) -> Response:
    """POST: sends a delivery again."""
    now, delivery_id, here = services(request).clock(), _delivery_id(request), current_org(request)
    to = f"/{here.slug}/admin/webhooks/{_id(request)}/deliveries/{delivery_id}"
    return await _act(request, lambda tx, id_: webhooks.replay(tx, id_, delivery_id, now), "replayed", to)


async def _act(request: Request, operation: Operation, done: str, to: str = "") -> Response:
    here, who, id_ = current_org(request), caller_of(request), _id(request)
    try:
        async with services(request).database.transaction(here.id, who.actor) as tx:
            await operation(tx, id_)
    except webhooks.EndpointDisabled as refusal:
        return await _one(request, id_, {"alert": refusal.message}, status_of(refusal))
    return RedirectResponse(f"{to or f'/{here.slug}/admin/webhooks/{id_}'}?done={done}", 303)


async def _one(request: Request, id_: UUID, more: dict[str, Any], status: int = 200) -> Response:
    here, who = current_org(request), caller_of(request)
    asked = request.query_params.get("state", "")
    wanted = DeliveryState(asked) if asked in set(DeliveryState) else None
    async with services(request).database.transaction(here.id, who.actor) as tx:
        endpoint = await webhooks.get(tx, id_)
        listed = await webhooks.deliveries(
            tx, id_, wanted, parsing.identity(request.query_params.get("before")), _PAGE
        )
    context = {
        "endpoint": endpoint,
        "health": presented.health(endpoint),
        "deliveries": [(one, presented.state(one), presented.reason(one)) for one in listed],
        "asked": asked,
        "next": with_query(request, before=str(listed[-1].id)) if len(listed) == _PAGE else "",
        "form": _kept(endpoint),
        "wrong": {},
        "subjects": presented.SUBJECTS,
        "secret": "",
        "alert": "",
        "done": "",
        "count": "0",
    }
    return _show(request, "admin/webhook.html", {**context, **more}, status)


def _form(request: Request, form: FormData, wrong: Any, status: int = 200) -> Response:
    context = {"endpoint": None, "form": form, "wrong": wrong, "subjects": presented.SUBJECTS}
    return _show(request, "admin/webhook_new.html", context, status)


def _show(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    here = current_org(request)
    everything = {"section": "settings", "zone": ZoneInfo(here.time_zone), **context}
    return page(request, template, here, everything, status=status)


def _kept(endpoint: Endpoint) -> FormData:
    types = webhooks.typed_names(endpoint.event_types)
    return FormData.of(
        {
            "url": endpoint.url,
            "description": endpoint.description,
            "payload": endpoint.payload.value,
            "which": "some" if types else "all",
            "type": types,
        }
    )


def _draft(sent: FormData) -> EndpointDraft:
    """What was typed. Raises ValidationFailed where types are to be chosen and none is."""
    types = tuple(sent.all("type")) if sent.get("which") == "some" else ()
    if sent.get("which") == "some" and not types:
        raise ValidationFailed({"event_types": Message("choose at least one")})
    return EndpointDraft(sent.get("url"), sent.get("description"), types, sent.get("payload"))


def _back(request: Request, id_: UUID, done: str) -> Response:
    return RedirectResponse(f"/{current_org(request).slug}/admin/webhooks/{id_}?done={done}", 303)


def _id(request: Request) -> UUID:
    found = parsing.identity(request.path_params["id"])
    if found is None:
        raise UnknownEndpoint()
    return found


def _delivery_id(request: Request) -> UUID:
    found = parsing.identity(request.path_params["delivery"])
    if found is None:
        raise UnknownDelivery()
    return found
