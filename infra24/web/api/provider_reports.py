"""/api/webhooks/{provider}/{token}: what the providers of messages report, each proved by its signature."""

import json
from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from fastapi import Request, Response

from infra24 import notifications, org_connections, senders
from infra24.db import Tx
from infra24.errors import Forbidden, NotFound
from infra24.org_connections import UnknownConnection
from infra24.senders import Provider
from infra24.web.services import Services, services

_NOTHING_TO_SAY = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


class UnknownReportAddress(NotFound):
    """No service reports to this address. Copy it again from Settings, E-mail and texts."""


class NotFromProvider(Forbidden):
    """This was not signed by the service with the secret that is kept here. Check the secret in Settings."""


async def resend_report(request: Request) -> Response:
    """Takes an event of Resend."""
    body = await request.body()
    app = services(request)
    org_id, id_ = _address(request)
    async with app.database.transaction(org_id) as tx:
        secret = await _secret(tx, app, Provider.RESEND, id_)
        if not senders.is_from_resend(secret.get("webhook_secret", ""), request.headers, body, app.clock()):
            raise NotFromProvider()
        with suppress(ValueError):
            await notifications.resend_reported(tx, json.loads(body), app.clock())
    return Response(status_code=204)


async def twilio_report(request: Request) -> Response:
    """Takes a status of a message, or a text that somebody sent."""
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    app = services(request)
    org_id, id_ = _address(request)
    url = senders.report_url(app.settings.base_url, app.tokens.sign, Provider.TWILIO, org_id, id_)
    async with app.database.transaction(org_id) as tx:
        secret = await _secret(tx, app, Provider.TWILIO, id_)
        signature = request.headers.get("x-twilio-signature", "")
        if not senders.is_from_twilio(secret["token"], url, form, signature):
            raise NotFromProvider()
        if "MessageStatus" in form:
            await notifications.twilio_reported(tx, form, app.clock())
        elif "Body" in form:
            await notifications.text_received(tx, form.get("From", ""), form["Body"], app.clock())
    return Response(_NOTHING_TO_SAY, 200, media_type="text/xml")


def _address(request: Request) -> tuple[UUID, UUID]:
    found = senders.reported_by(services(request).tokens, request.path_params["token"])
    if found is None:
        raise UnknownReportAddress()
    return found


async def _secret(tx: Tx, app: Services, provider: Provider, id_: UUID) -> Mapping[str, str]:
    try:
        found = await org_connections.get(tx, id_)
        if found.kind != provider:
            raise UnknownReportAddress()
        return await org_connections.secret_of(tx, app.auth.secret_box, id_)
    except UnknownConnection:
        raise UnknownReportAddress() from None
