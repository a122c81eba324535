"""Signing in at an OpenID Connect provider: there and back, with what must not be lost kept sealed."""

import unicodedata
from datetime import timedelta

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import people
from infra24.auth.model import Claims, DecryptionFailed, ProviderRefused
from infra24.auth.oidc import AuthorizationRequest, OidcClient
from infra24.errors import Conflict
from infra24.web.account.login import address_typed, onward_of, start_session
from infra24.web.account.security import CONNECT, require_fresh
from infra24.web.caller import OrgHidden, caller_of
from infra24.web.services import Services, services

_COOKIE = "provider"
_PURPOSE = "sign in at a provider"
_WITHIN = timedelta(minutes=15)


class NotInvited(ProviderRefused):
    """There is no account here for that address yet. Ask the organization for an invitation, or sign in with
    the address that it knows."""


class UnprovedAddress(ProviderRefused):
    """That provider has not proved your e-mail address. Sign in another way, then connect it on your page."""


class OtherAccount(Conflict):
    """Someone else signs in with that. Disconnect it there first, or choose another."""


async def begin(request: Request) -> Response:
    """/sign-in/with/{provider}: on to the provider. With `connect`, which only the security page of this
    session has, whoever comes back from there is connected to the account."""
    app, sign = services(request), _provider(request)
    url, pending = await sign.begin(_back(app, sign), app.clock())
    kept = {
        "provider": pending.provider,
        "state": pending.state,
        "nonce": pending.nonce,
        "verifier": pending.verifier,
        "next": onward_of(request.query_params.get("next")),
        "connect": _to_connect(request),
    }
    answer = RedirectResponse(url, 303)
    value = app.auth.secret_box.sign(kept, _PURPOSE, app.clock(), _WITHIN)
    answer.set_cookie(_COOKIE, value, max_age=900, path="/sign-in", httponly=True, samesite="lax")
    return answer


async def back(request: Request) -> Response:
    """/sign-in/with/{provider}/back: who came back; their account, by the provider's name for them.

    Whoever asked to connect, in this session and having lately proved who they are, has it connected. Else
    they are signed in; the first time, an address that the provider has proved finds the account. Refuses
    with NotInvited, UnprovedAddress, OtherAccount and ReauthenticationRequired.
    """
    app, sign, now = services(request), _provider(request), services(request).clock()
    try:
        kept = app.auth.secret_box.open(request.cookies.get(_COOKIE, ""), _PURPOSE, now)
    except DecryptionFailed:
        return RedirectResponse("/sign-in", 303)
    pending = AuthorizationRequest(kept["provider"], kept["state"], kept["nonce"], kept["verifier"])
    claims = await sign.finish(_back(app, sign), pending, dict(request.query_params), now)
    if kept["connect"]:
        answer = await _connect(request, app, claims, str(kept["connect"]))
    else:
        answer = await _enter(request, app, claims, str(kept["next"]))
    answer.delete_cookie(_COOKIE, path="/sign-in")
    return answer


def _to_connect(request: Request) -> str:
    """The session that asked to connect a provider, or nothing. Raises what others made up."""
    app, asked = services(request), request.query_params.get("connect")
    if asked is None:
        return ""
    user = require_fresh(request)
    kept = app.auth.secret_box.open(asked, CONNECT, app.clock())
    if kept["session"] != str(user.session_id):
        raise DecryptionFailed(reason="another session")
    return str(user.session_id)


async def _connect(request: Request, app: Services, claims: Claims, session: str) -> Response:
    user, now = require_fresh(request), app.clock()
    if session != str(user.session_id):
        raise people.ReauthenticationRequired()
    async with app.database.accounts(caller_of(request).actor) as tx:
        if not await people.identities.connect(tx, claims.issuer, claims.subject, user.user_id, now):
            raise OtherAccount()
    return RedirectResponse("/account/security?done=provider", 303)


async def _enter(request: Request, app: Services, claims: Claims, to: str) -> Response:
    now = app.clock()
    async with app.database.accounts() as tx:
        user_id = await people.identities.owner_of(tx, claims.issuer, claims.subject)
        if user_id is None:
            account = await people.accounts.of_email(tx, _proved(claims))
            if account is None:
                raise NotInvited()
            user_id = account.id
            await people.identities.remember(tx, claims.issuer, claims.subject, user_id, now)
        account = await people.accounts.get(tx, user_id)
        return await start_session(request, tx, account, method="provider", strong=False, to=onward_of(to))


def _proved(claims: Claims) -> str:
    """The address that a provider has proved. One that only becomes someone's by being spelled anew (a Kelvin
    sign for a K) proves nothing about theirs. Raises UnprovedAddress."""
    said = claims.email or ""
    found = address_typed(said)
    if not claims.email_verified or found is None:
        raise UnprovedAddress()
    if not said.isascii() and (unicodedata.normalize("NFC", said) != said or found != said.lower()):
        raise UnprovedAddress()
    return found


def _provider(request: Request) -> OidcClient:
    app = services(request).auth.providers.get(request.path_params["provider"])
    if app is None:
        raise OrgHidden()
    return app


def _back(app: Services, sign: OidcClient) -> str:
    return f"{app.settings.base_url}/sign-in/with/{sign.provider.slug}/back"
