"""Signing in: by password, by an emailed link, with the second factor where the account has one."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import people, rate_limits
from infra24.errors import DomainError
from infra24.people import LinkExpired, WrongCredentials
from infra24.rate_limits import RateLimited
from infra24.web.account.login import (
    address_typed,
    count,
    end_cookies,
    failures_counted,
    half_way,
    onward_of,
    start_session,
)
from infra24.web.caller import address_of, caller_of
from infra24.web.errors import status_of
from infra24.web.pages.forms import read_form
from infra24.web.rendering import page
from infra24.web.services import services

_AS_LONG_SECONDS = 0.1


async def sign_in(request: Request) -> Response:
    """/sign-in: an e-mail with a password, or a link by e-mail. Whatever is wrong, one sentence says so:
    nothing tells whether an account exists."""
    to = onward_of(request.query_params.get("next"))
    if request.method == "GET":
        if caller_of(request).user is not None:
            return RedirectResponse(to, 303)
        return _page(request, {"email": request.query_params.get("email", "")})
    sent = await read_form(request)
    email = address_typed(sent.get("email", ""))
    if email is None:
        return _page(request, {"email": sent.get("email", ""), "wrong_email": True}, 422)
    if sent.get("by") == "link":
        return await _send_link(request, email, to)
    try:
        return await _by_password(request, email, sent.get("password", ""), to)
    except RateLimited:
        raise  # its page says when to try again
    except DomainError as refusal:
        return _page(request, {"email": email, "refusal": refusal.code, "alert": refusal.message},
                     status_of(refusal))  # fmt: skip


async def _by_password(request: Request, email: str, password: str, to: str) -> Response:
    app, now = services(request), services(request).clock()
    by_address = ("sign in from an address", address_of(request))
    async with failures_counted(request, by_address, ("sign in to an account", email)):
        async with app.database.accounts() as tx:
            account = await people.accounts.of_email(tx, email)
        stored = account.password_hash if account else None
        right = await app.auth.passwords.verify(password, stored)  # takes as long without an account
        if account is None or stored is None or people.accounts.is_locked(account, now) or not right:
            if not right:
                async with app.database.accounts() as tx:
                    await people.accounts.wrong_password(tx, account, now)
            raise WrongCredentials()
    again = await app.auth.passwords.hash(password) if app.auth.passwords.outdated(stored) else None
    async with app.database.accounts() as tx:
        await people.accounts.right_password(tx, account, again)
        return await start_session(request, tx, account, method="password", strong=False, to=to)


async def _send_link(request: Request, email: str, to: str) -> Response:
    """Send the link if there is such an account; say the same either way, and take as long."""
    await count(request, "emails from an address", address_of(request))
    await asyncio.gather(_write_link(request, email), asyncio.sleep(_AS_LONG_SECONDS))
    answer = page(request, "account/sent.html", None, {"email": email})
    answer.set_cookie("onward", to, max_age=900, path="/sign-in", httponly=True, samesite="lax")
    return answer


async def _write_link(request: Request, email: str) -> None:
    app, now = services(request), services(request).clock()
    async with app.database.accounts() as tx:
        wait = await rate_limits.count_attempt(tx, "emails to an account", email, now)
    async with app.database.accounts() as tx:
        account = await people.accounts.of_email(tx, email) if wait is None else None
        if account is not None:
            await people.magic_links.send_sign_in(tx, account, now)


async def by_link(request: Request) -> Response:
    """/sign-in/link/{token}: GET only shows the button, for programs that read e-mail follow links too."""
    app, now, token = services(request), services(request).clock(), request.path_params["token"]
    try:
        link_id = people.magic_links.read(app.tokens, token)
        if request.method == "GET":
            async with app.database.accounts() as tx:
                opened = await people.magic_links.look(tx, link_id, "sign_in", now)
            return page(request, "account/link.html", None, {"email": opened.email})
        await read_form(request)
        to = onward_of(request.cookies.get("onward"))
        async with app.database.accounts() as tx:
            opened = await people.magic_links.use(tx, link_id, "sign_in", now)
            account = await people.accounts.get(tx, opened.user_id)
            if account.email != opened.email:  # it was sent to an address that is theirs no more
                raise LinkExpired()
            answer = await start_session(request, tx, account, method="link", strong=False, to=to)
    except LinkExpired as spent:
        return page(request, "account/link_used.html", None, {"alert": spent.message}, status=409)
    answer.delete_cookie("onward", path="/sign-in")
    return answer


async def code(request: Request) -> Response:
    """/sign-in/code: the second factor of whoever has shown the first."""
    kept = half_way(request)
    if kept is None:
        return RedirectResponse("/sign-in", 303)
    app, user_id = services(request), UUID(kept["user"])
    async with app.database.accounts() as tx:
        account = await people.accounts.get(tx, user_id)
    context: dict[str, Any] = {
        "has_app": account.totp_secret is not None,
        "has_passkey": account.passkeys > 0,
        "by_link": not account.requires_mfa_after("link"),
    }
    if request.method == "GET":
        return page(request, "account/code.html", None, {**context, "alert": ""})
    sent = await read_form(request)
    to = onward_of(kept["next"])
    try:
        async with (
            failures_counted(request, ("codes of an account", str(user_id))),
            app.database.accounts() as tx,
        ):
            locked = await people.accounts.lock(tx, user_id)
            await people.factors.check_code(
                tx, locked, sent.get("code", "")[:40], app.auth.secret_box, app.clock()
            )
            return await start_session(request, tx, account, method=kept["method"], strong=True, to=to)
    except people.WrongCode as wrong:
        return page(request, "account/code.html", None, {**context, "alert": wrong.message}, status=422)


async def sign_out(request: Request) -> Response:
    """/sign-out: end this session, here and in the database; on to `next`, where someone else may go on.
    GET ends nothing: it goes on to the account, where the button is."""
    if request.method == "GET":
        return RedirectResponse("/account", 303)
    app, who, sent = services(request), caller_of(request), await read_form(request)
    if who.user is not None:
        async with app.database.accounts(who.actor) as tx:
            await people.sessions.end(tx, who.user.user_id, who.user.session_id)
    answer = RedirectResponse(onward_of(sent.get("next"), "/sign-in"), 303)
    end_cookies(request, answer)
    return answer


def _page(request: Request, context: dict[str, Any], status: int = 200) -> Response:
    known = [(slug, sign.provider.title) for slug, sign in services(request).auth.providers.items()]
    empty = {"wrong_email": False, "refusal": "", "alert": ""}
    to = request.query_params.get("next", "")
    return page(request, "account/sign_in.html", None, {**empty, "providers": known, "next": to, **context},
                status=status)  # fmt: skip
