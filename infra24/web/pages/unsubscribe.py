"""/unsubscribe/{token}: declines what a message is for; by one click in a mail program (RFC 8058) too."""

from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from infra24 import consent, notifications, organizations
from infra24.consent import Purpose, Source
from infra24.web.pages.forms import read_form
from infra24.web.rendering import page
from infra24.web.services import services


async def unsubscribe(request: Request) -> Response:
    """Asks whether to stop such messages; POST stops them, or with `again` sends them again."""
    app = services(request)
    named = consent.unsubscribed_by(app.tokens, request.path_params["token"])
    if named is None:
        raise HTTPException(404)
    org_id, id_ = named
    sent = await read_form(request) if request.method == "POST" else {}
    async with app.database.transaction(org_id) as tx:
        here, told = await organizations.get(tx), await notifications.by_id(tx, id_)
        if told is None or notifications.purpose_of(told[2]) is Purpose.BOOKING:
            raise HTTPException(404)
        channel, address, purpose = told[0], told[1], notifications.purpose_of(told[2])
        if request.method == "POST":
            wanted = "again" in sent
            await consent.choose(tx, channel, address, purpose, wanted, Source.LINK, app.clock())
        wanted = await consent.wants(tx, channel, address, purpose)
    context: dict[str, Any] = {"address": address, "purpose": purpose.value, "wanted": wanted}
    return page(request, "unsubscribe.html", here, context)
