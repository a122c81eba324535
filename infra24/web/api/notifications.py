"""The messages of the whole installation: have them sent where no worker runs, and whether they are sent."""

import asyncio

from fastapi import Request, Response

from infra24 import notifications
from infra24.errors import Conflict
from infra24.web.api.responses import json_response
from infra24.web.services import services

_MOST, _SECONDS = 500, 20.0
_AT_WORK = asyncio.Lock()


class ProcessingAlready(Conflict):
    """Messages are being sent by an earlier request. Ask again in half a minute."""


async def process_messages(request: Request) -> Response:
    """Send what is due. Up to 500 messages or 20 seconds; `remaining` says what is left."""
    app = services(request)
    if _AT_WORK.locked():
        raise ProcessingAlready()
    async with _AT_WORK:
        tally = await app.work(_MOST, _SECONDS)
    remaining = await notifications.backlog(app.database, app.clock())
    return json_response(
        {
            "processed": tally.processed,
            "sent": tally.sent,
            "failed": tally.failed,
            "remaining": remaining,
        }
    )


async def messages_health(request: Request) -> Response:
    """Whether messages are sent in time. `late` when one has been due for ten minutes."""
    app = services(request)
    late = await notifications.anyone_waits_since(app.database, app.clock() - notifications.LATE_AFTER)
    return json_response({"status": "late" if late else "ok", "time": app.clock()})
