"""Signing in at an OpenID Connect provider: there and back, with what must not be lost kept sealed."""

from datetime import timedelta

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import people
from infra24.proofs.model import Claims, ProviderRefused, SealBroken
from infra24.proofs.oidc import Pending, SignIn
from infra24.web.account.entering import enter, is_secure, onward_of
from infra24.web.caller import NothingHere, caller_of
from infra24.web.services import Services, services

_COOKIE = "provider"
_PURPOSE = "sign in at a provider"
_WITHIN = timedelta(minutes=15)


class NotInvited(ProviderRefused):
    """There is no account here for that address yet. Ask the organization for an invitation, or sign in with
    the address that it knows."""


class UnprovedAddress(ProviderRefused):
    """That provider has not proved your e-mail address. Sign in another way, then connect it on your page."""


async def begin(request: Request) -> Response:
    """/sign-in/with/{provider}: on to the provider."""
    found, sign = services(request), _provider(request)
    url, pending = await sign.begin(_back(found, sign), found.clock())
    kept = {
        "provider": pending.provider,
        "state": pending.state,
        "nonce": pending.nonce,
        "verifier": pending.verifier,
        "next": onward_of(request.query_params.get("next")),
    }
    answer = RedirectResponse(url, 303)
    value = found.proofs.seals.sign(kept, _PURPOSE, found.clock(), _WITHIN)
    answer.set_cookie(_COOKIE, value, max_age=900, path="/sign-in", httponly=True, samesite="lax",
                      secure=is_secure(found))  # fmt: skip
    return answer


async def back(request: Request) -> Response:
    """/sign-in/with/{provider}/back: who came back; their account, by the provider's name for them.

    A person who is signed in connects the provider to their account. Else, the first time, an address that
    the provider has proved finds the account. Refuses with NotInvited and UnprovedAddress.
    """
    found, sign, now = services(request), _provider(request), services(request).clock()
    try:
        kept = found.proofs.seals.open(request.cookies.get(_COOKIE, ""), _PURPOSE, now)
    except SealBroken:
        return RedirectResponse("/sign-in", 303)
    pending = Pending(kept["provider"], kept["state"], kept["nonce"], kept["verifier"])
    claims = await sign.finish(_back(found, sign), pending, dict(request.query_params), now)
    who = caller_of(request)
    if who.user is not None and people.sessions.is_fresh(who.user, now):
        async with found.database.accounts(who.actor) as tx:
            await people.add_identity(tx, claims.issuer, claims.subject, who.user.user_id, now)
        answer: Response = RedirectResponse("/account/security", 303)
    else:
        answer = await _enter(request, found, claims, str(kept["next"]))
    answer.delete_cookie(_COOKIE, path="/sign-in")
    return answer


async def _enter(request: Request, found: Services, claims: Claims, to: str) -> Response:
    now = found.clock()
    async with found.database.accounts() as tx:
        user_id = await people.identity_of(tx, claims.issuer, claims.subject)
        if user_id is None:
            if not claims.email_verified or claims.email is None:
                raise UnprovedAddress()
            account = await people.accounts.of_email(tx, claims.email)
            if account is None:
                raise NotInvited()
            user_id = account.id
            await people.add_identity(tx, claims.issuer, claims.subject, user_id, now)
        account = await people.accounts.get(tx, user_id)
        return await enter(request, tx, account, method="provider", strong=False, to=onward_of(to))


def _provider(request: Request) -> SignIn:
    found = services(request).proofs.providers.get(request.path_params["provider"])
    if found is None:
        raise NothingHere()
    return found


def _back(found: Services, sign: SignIn) -> str:
    return f"{found.settings.base_url}/sign-in/with/{sign.provider.slug}/back"
