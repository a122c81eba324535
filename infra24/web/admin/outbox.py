"""/{org}/admin/outbox: what could not be delivered, and trying it again."""

from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import outbox
from infra24 import webhooks as hooks
from infra24.db import Tx
from infra24.errors import Message
from infra24.outbox import FailedKind
from infra24.subscribers import SUBSCRIBERS
from infra24.web.admin.form_data import entries
from infra24.web.caller import caller_of, current_org
from infra24.web.presenters import messages, webhooks
from infra24.web.rendering import format_for, page
from infra24.web.services import services
from infra24.webhooks import Endpoint


async def outbox_page(request: Request) -> Response:
    """What failed for good in the last 30 days: messages, webhooks, events."""
    here, who, now = current_org(request), caller_of(request), services(request).clock()
    async with services(request).database.transaction(here.id, who.actor) as tx:
        failed = await outbox.failed(tx, now)
        troubled = await _troubled(tx)
    speech = format_for(request, here)
    rows = [
        {
            "failed": one,
            "what": speech.translated(messages.name_of(one.what))
            if one.kind is FailedKind.MESSAGE
            else one.what,
            "why": speech.translated(webhooks.reason_of(one.reason))
            if one.kind is FailedKind.WEBHOOK
            else one.reason,
        }
        for one in failed
    ]
    context = {
        "section": "settings",
        "zone": ZoneInfo(here.time_zone),
        "rows": rows,
        "troubled": troubled,
        "done": request.query_params.get("done", ""),
        "count": request.query_params.get("count", "0"),
    }
    return page(request, "admin/outbox.html", here, context)


async def _troubled(tx: Tx) -> list[tuple[Endpoint, tuple[str, Message], int]]:
    """The endpoints that are disabled or behind: how each does, and how many of its deliveries wait."""
    waiting = await hooks.retrying(tx)
    return [
        (one, webhooks.health(one), waiting.get(one.id, 0))
        for one in await hooks.listed(tx)
        if one.disabled_reason in ("gone", "failing") or one.id in waiting
    ]


async def retry_failed(request: Request) -> Response:
    """POST: tries again what failed of the kinds that are named."""
    here, who, now = current_org(request), caller_of(request), services(request).clock()
    named = (await entries(request)).all("kind")
    kinds = [kind for kind in FailedKind if kind in named]
    async with services(request).database.transaction(here.id, who.actor) as tx:
        count = await outbox.retry(tx, SUBSCRIBERS, kinds, now)
    return RedirectResponse(f"/{here.slug}/admin/outbox?done=retried&count={count}", 303)
