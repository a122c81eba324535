"""/account/security: how a person proves who they are, and where they are signed in."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import people
from infra24.auth import passwords, totp
from infra24.auth.model import DecryptionFailed
from infra24.errors import DomainError, Message, Unauthenticated, ValidationFailed
from infra24.people import AuthenticatedUser, ReauthenticationRequired
from infra24.people.devices import device_named
from infra24.rate_limits import RateLimited
from infra24.web.account.login import failures_counted, set_session
from infra24.web.caller import caller_of
from infra24.web.errors import status_of
from infra24.web.pages.forms import read_form
from infra24.web.rendering import page
from infra24.web.routing import Handler
from infra24.web.services import services

_APP = "app to add"
_CODES = "codes"
_PATH = "/account/security"
_SHOWN_WITHIN = timedelta(minutes=5)
CONNECT = "provider to connect"
NOT_YOURS = Message("That is not your password.")


def signed_in(request: Request) -> AuthenticatedUser:
    """Whose account it is."""
    user = caller_of(request).user
    if user is None:
        raise Unauthenticated()
    return user


def require_fresh(request: Request) -> AuthenticatedUser:
    """Whose account it is, if they proved lately that it is. Raises ReauthenticationRequired."""
    user = signed_in(request)
    if not people.sessions.is_fresh(user, services(request).clock()):
        raise ReauthenticationRequired()
    return user


async def security(request: Request) -> Response:
    """The page."""
    answer = await _page(request, {"codes": _codes_to_show(request)})
    answer.delete_cookie(_CODES, path=_PATH)
    return answer


Operation = Callable[[Request, dict[str, str]], Awaitable[Response]]


def _action(operation: Operation, *, fresh: bool = True) -> Handler:
    """A POST of this page: does one thing, or says on the page why not.

    What is `fresh` wants a proof, of the last minutes, of who one is.
    """

    async def answer(request: Request) -> Response:
        sent = await read_form(request)
        try:
            if fresh:
                require_fresh(request)
            return await operation(request, sent)
        except ReauthenticationRequired:
            return await _page(request, {"prove": True}, 403)
        except ValidationFailed as problem:
            return await _page(request, {"errors": problem.errors}, 422)
        except RateLimited:
            raise  # its page says when to try again
        except DomainError as refusal:
            return await _page(request, {"alert": refusal.message}, status_of(refusal))

    return answer


def show_codes_next(request: Request, answer: Response, codes: list[str]) -> None:
    """Have this page show fresh recovery codes, once, when the browser comes here next."""
    app, user = services(request), signed_in(request)
    kept = {"codes": codes, "user": str(user.user_id)}
    value = app.auth.secret_box.sign(kept, _CODES, app.clock(), _SHOWN_WITHIN)
    age = int(_SHOWN_WITHIN.total_seconds())
    answer.set_cookie(_CODES, value, max_age=age, path=_PATH, httponly=True, samesite="strict")


def _codes_to_show(request: Request) -> list[str]:
    app = services(request)
    try:
        kept = app.auth.secret_box.open(request.cookies.get(_CODES, ""), _CODES, app.clock())
    except DecryptionFailed:
        return []
    return list(map(str, kept["codes"])) if kept["user"] == str(signed_in(request).user_id) else []


async def _prove(request: Request, sent: dict[str, str]) -> Response:
    """Prove once more who one is, by the password or a code; the session gets another token."""
    app, user, now = services(request), signed_in(request), services(request).clock()
    async with failures_counted(request, ("codes of an account", str(user.user_id))):
        async with app.database.accounts() as tx:
            account = await people.accounts.get(tx, user.user_id)
        stored = account.password_hash
        if stored and not await app.auth.passwords.verify(sent.get("password", ""), stored):
            raise ValidationFailed({"prove": NOT_YOURS})
        async with app.database.accounts() as tx:
            if stored is None:
                code = sent.get("code", "")[:40]
                await people.factors.check_code(tx, account, code, app.auth.secret_box, now)
            token = await people.sessions.rotate(tx, user.session_id, has_factor=False, now=now)
    answer = RedirectResponse("/account/security", 303)
    set_session(request, answer, token)
    return answer


async def _set_password(request: Request, sent: dict[str, str]) -> Response:
    """Another password; every other session ends."""
    app, user = services(request), signed_in(request)
    new = sent.get("new_password", "")
    about = [user.email, user.name, "infra24", *(place.name for place in user.orgs)]
    objection = passwords.weakness(new, about)
    if objection is not None:
        raise ValidationFailed({"new_password": objection})
    hashed = await app.auth.passwords.hash(new)
    async with app.database.accounts(caller_of(request).actor) as tx:
        await people.accounts.set_password(tx, user.user_id, hashed, user.session_id)
        token = await people.sessions.rotate(tx, user.session_id, has_factor=user.has_mfa, now=app.clock())
    answer = RedirectResponse("/account/security?done=password", 303)
    set_session(request, answer, token)
    return answer


async def _begin_app(request: Request, _: dict[str, str]) -> Response:
    """Show a fresh secret to an app; it counts once a code proves that the app has it."""
    app, user = services(request), signed_in(request)
    secret = totp.new_secret()
    return await _page(request, _app(request, secret, user, app.auth.secret_box.sign(
        {"secret": secret, "user": str(user.user_id)}, _APP, app.clock(), people.sessions.REAUTH_WINDOW
    )))  # fmt: skip


async def _add_app(request: Request, sent: dict[str, str]) -> Response:
    """Ask for codes of the app from now on, and show the codes for when it is lost."""
    app, user, now = services(request), signed_in(request), services(request).clock()
    sealed = sent.get("sealed", "")
    try:
        kept = app.auth.secret_box.open(sealed, _APP, now)
    except DecryptionFailed:
        return RedirectResponse("/account/security", 303)
    if kept["user"] != str(user.user_id):
        return RedirectResponse("/account/security", 303)
    secret = str(kept["secret"])
    try:
        async with (
            failures_counted(request, ("codes of an account", str(user.user_id))),
            app.database.accounts(caller_of(request).actor) as tx,
        ):
            codes = await people.factors.add_app(
                tx, user.user_id, secret, sent.get("code", ""), app.auth.secret_box, now
            )
            await people.accounts.end_others(tx, user.user_id, user.session_id)
            token = await people.sessions.rotate(tx, user.session_id, has_factor=True, now=now)
    except people.WrongCode as wrong:
        context = _app(request, secret, user, sealed)
        return await _page(request, {**context, "errors": {"code": wrong.message}}, 422)
    answer = await _page(request, {"codes": codes, "has_app": True})
    set_session(request, answer, token)
    return answer


async def _remove_app(request: Request, _: dict[str, str]) -> Response:
    """No codes any more."""
    app, user = services(request), signed_in(request)
    async with app.database.accounts(caller_of(request).actor) as tx:
        await people.factors.remove_app(tx, user.user_id)
    return RedirectResponse("/account/security?done=factor", 303)


async def _new_codes(request: Request, _: dict[str, str]) -> Response:
    """Fresh codes for when the app is lost."""
    app, user = services(request), signed_in(request)
    async with app.database.accounts(caller_of(request).actor) as tx:
        codes = await people.factors.new_recovery_codes(tx, user.user_id, app.auth.secret_box)
    return await _page(request, {"codes": codes})


async def _remove_passkey(request: Request, sent: dict[str, str]) -> Response:
    """Take a passkey away."""
    app, user = services(request), signed_in(request)
    try:
        credential_id = base64.urlsafe_b64decode(sent.get("passkey", ""))
    except ValueError:
        raise people.factors.UnknownPasskey() from None
    async with app.database.accounts(caller_of(request).actor) as tx:
        await people.factors.remove_passkey(tx, user.user_id, credential_id)
    return RedirectResponse("/account/security?done=factor", 303)


async def _forget_provider(request: Request, sent: dict[str, str]) -> Response:
    """No longer sign in at that provider."""
    app, user = services(request), signed_in(request)
    async with app.database.accounts(caller_of(request).actor) as tx:
        await people.identities.disconnect(tx, user.user_id, sent.get("issuer", "")[:300])
    return RedirectResponse("/account/security?done=provider", 303)


async def _end(request: Request, sent: dict[str, str]) -> Response:
    """End one session, wherever it is."""
    app, user = services(request), signed_in(request)
    try:
        session_id = UUID(sent.get("session", ""))
    except ValueError:
        return RedirectResponse("/account/security", 303)
    async with app.database.accounts(caller_of(request).actor) as tx:
        await people.sessions.end(tx, user.user_id, session_id)
    return RedirectResponse("/account/security?done=session", 303)


async def _end_others(request: Request, _: dict[str, str]) -> Response:
    """End every session but this."""
    app, user = services(request), signed_in(request)
    async with app.database.accounts(caller_of(request).actor) as tx:
        await people.accounts.end_others(tx, user.user_id, user.session_id)
    return RedirectResponse("/account/security?done=session", 303)


ACTIONS: Mapping[str, Handler] = {
    "prove": _action(_prove, fresh=False),
    "password": _action(_set_password),
    "begin-app": _action(_begin_app),
    "add-app": _action(_add_app),
    "remove-app": _action(_remove_app),
    "new-codes": _action(_new_codes),
    "remove-passkey": _action(_remove_passkey),
    "forget-provider": _action(_forget_provider),
    "end-session": _action(_end, fresh=False),
    "end-others": _action(_end_others, fresh=False),
}
"""What can be done on the page, by the end of its address."""


def _app(request: Request, secret: str, user: AuthenticatedUser, sealed: str) -> dict[str, Any]:
    address = totp.address(secret, user.email, "Infra24 Booking")
    return {"app": {"secret": secret, "picture": totp.qr_code(address), "sealed": sealed}}


async def _page(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    app, user, now = services(request), signed_in(request), services(request).clock()
    async with app.database.accounts() as tx:
        account = await people.accounts.get(tx, user.user_id)
        context = {
            "has_password": account.password_hash is not None,
            "has_app": account.totp_secret is not None,
            "codes_left": await people.factors.recovery_codes_left(tx, user.user_id),
            "passkeys": [
                (base64.urlsafe_b64encode(one.credential_id).decode(), one)
                for one in await people.factors.passkeys_of(tx, user.user_id)
            ],
            "identities": await people.identities.of_person(tx, user.user_id),
            "sessions": await people.sessions.listed(tx, user.user_id, now),
        }
    fresh = people.sessions.is_fresh(user, now)
    empty = {"prove": not fresh, "errors": {}, "alert": "", "codes": [], "app": None}
    known = [(slug, sign.provider) for slug, sign in app.auth.providers.items()]
    connect = app.auth.secret_box.sign(
        {"session": str(user.session_id)}, CONNECT, now, people.sessions.REAUTH_WINDOW
    )
    done = request.query_params.get("done", "")
    added = request.query_params.get("added", "")
    return page(
        request,
        "account/security.html",
        None,
        {**empty, **context, "providers": known, "done": done, "added": added, "connect": connect,
         "device_named": device_named, "zone": ZoneInfo(user.time_zone or "UTC"),
         "wanted": "need" in request.query_params, **more},
        status=status,
    )  # fmt: skip
