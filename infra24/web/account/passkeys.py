"""Passkeys: asked for and answered as JSON, by the script on the pages for signing in and for security."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request, Response

from infra24 import people
from infra24.auth import PasskeyRefused, passkeys
from infra24.auth.passkeys import RelyingParty
from infra24.errors import Invalid
from infra24.people.devices import system_named
from infra24.rate_limits import RateLimited
from infra24.web.account.login import (
    count,
    failures_counted,
    half_way,
    onward_of,
    set_session,
    start_session,
)
from infra24.web.account.security import require_fresh, show_codes_next
from infra24.web.api.responses import json_response
from infra24.web.caller import address_of, caller_of
from infra24.web.services import Services, services

_COOKIE = "challenge"
_WITHIN = timedelta(minutes=5)


class NotReadable(Invalid):
    """This answer cannot be read. Try again."""


class HolderUnknown(Invalid):
    """This passkey did not verify you with a fingerprint, face or PIN. Sign in with your password or a link
    first."""


async def sign_in_options(request: Request) -> Response:
    """What a browser needs to offer a passkey of this site. It says nothing about any account."""
    app = services(request)
    options, challenge = passkeys.authentication_options(_site(app))
    return _asked(app, options, challenge, "passkey sign-in", "/sign-in")


async def sign_in(request: Request) -> Response:
    """Sign in with a passkey: both factors at once where its holder was verified, else it is one of two."""
    app, now = services(request), services(request).clock()
    challenge = await _challenge(request, "passkey sign-in")
    half = half_way(request)
    by_address = ("sign in from an address", address_of(request))
    async with failures_counted(request, by_address), app.database.accounts() as tx:
        sent = await _sent(request)
        user_id, verified = await people.factors.use_passkey(tx, _site(app), challenge, sent, now)
        second = half is not None and UUID(half["user"]) == user_id
        account = await people.accounts.get(tx, user_id)
        to = onward_of(half["next"] if half and second else request.query_params.get("next"))
        if not (verified or second):
            raise HolderUnknown()
        entered = await start_session(request, tx, account, method="passkey", strong=True, to=to)
    done = json_response({"next": to})
    done.raw_headers += [(name, value) for name, value in entered.raw_headers if name == b"set-cookie"]
    return done


async def add_options(request: Request) -> Response:
    """What a browser needs to make a passkey for this account."""
    app, who = services(request), require_fresh(request)
    async with app.database.accounts() as tx:
        known = await people.factors.passkeys_of(tx, who.user_id)
    existing = [passkeys.Passkey(one.credential_id, b"", 0) for one in known]
    options, challenge = passkeys.registration_options(
        _site(app), who.user_id.bytes, who.email, who.name, existing
    )
    return _asked(app, options, challenge, f"passkey of {who.user_id}", "/account")


async def add(request: Request) -> Response:
    """Keep a new passkey; the page that follows shows new codes for when it is lost, if there are any."""
    app, who, now = services(request), require_fresh(request), services(request).clock()
    challenge = await _challenge(request, f"passkey of {who.user_id}")
    sent = await _sent(request)
    async with app.database.accounts(caller_of(request).actor) as tx:
        name = str(sent.get("name") or "") or system_named(request.headers.get("user-agent", ""))
        codes = await people.factors.add_passkey(
            tx, who.user_id, _site(app), challenge, sent, name, app.auth.secret_box, now
        )
        await people.accounts.end_others(tx, who.user_id, who.session_id)
        token = await people.sessions.rotate(tx, who.session_id, has_factor=True, now=now)
    done = json_response({"next": "/account/security?added=passkey"})
    set_session(request, done, token)
    if codes:
        show_codes_next(request, done, codes)
    return done


def _site(app: Services) -> RelyingParty:
    return RelyingParty.of(app.settings.base_url, "Infra24 Booking")


def _asked(app: Services, options: str, challenge: bytes, purpose: str, path: str) -> Response:
    made = Response(options, media_type="application/json")
    value = app.auth.secret_box.sign({"challenge": challenge.hex()}, purpose, app.clock(), _WITHIN)
    made.set_cookie(_COOKIE, value, max_age=300, path=path, httponly=True, samesite="strict")
    return made


async def _challenge(request: Request, purpose: str) -> bytes:
    """The challenge that was set, for one answer: what was overheard cannot be said again."""
    app = services(request)
    kept = app.auth.secret_box.open(request.cookies.get(_COOKIE, ""), purpose, app.clock())
    try:
        await count(request, "answers to a challenge", kept["challenge"])
    except RateLimited:
        raise PasskeyRefused(reason="answered") from None
    return bytes.fromhex(kept["challenge"])


async def _sent(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise NotReadable()  # the guard has read a form already, and a form is no answer
    try:
        sent = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        raise NotReadable() from None
    if not isinstance(sent, dict):
        raise NotReadable()
    return sent
