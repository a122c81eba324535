"""What follows once someone has proved who they are: a session, or first the second factor."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email
from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import people, rate_limits
from infra24.auth.model import DecryptionFailed
from infra24.db import Actor, Tx
from infra24.errors import Unavailable
from infra24.people import Account
from infra24.rate_limits import RateLimited
from infra24.web.caller import address_of, cookie_name
from infra24.web.services import Services, services

PENDING_MFA = "half"
_HALF_WAY = timedelta(minutes=10)
_PURPOSE = "half signed in"
_LONGEST = 1_000
_IN_ADDRESSES = "/:%#?=@[]!$&'()*+,;~"


async def start_session(
    request: Request, tx: Tx, account: Account, *, method: str, strong: bool, to: str
) -> Response:
    """Begin a session and go on to `to`; or ask for the second factor where the account has one.

    `strong`: both factors were shown already. The browser's former session ends: none is taken over.
    """
    app, now = services(request), services(request).clock()
    if account.requires_mfa_after(method) and not strong:
        kept = {"user": str(account.id), "method": method, "next": to}
        answer = RedirectResponse("/sign-in/code", 303)
        value = app.auth.secret_box.sign(kept, _PURPOSE, now, _HALF_WAY)
        answer.set_cookie(PENDING_MFA, value, max_age=600, path="/sign-in", httponly=True, samesite="lax")
        return answer
    former = request.cookies.get(cookie_name(request))
    if former:
        seen = await people.sessions.open_session(tx, former, now)
        if seen is not None:
            await people.sessions.end(tx, seen.user_id, seen.session_id)
    device = request.headers.get("user-agent", "")
    token, _ = await people.sessions.begin(
        tx,
        account.id,
        method=method,
        has_factor=strong,
        address=address_of(request),
        device=device,
        now=now,
    )
    answer = RedirectResponse(to, 303)
    set_session(request, answer, token)
    answer.delete_cookie(PENDING_MFA, path="/sign-in")
    return answer


def half_way(request: Request) -> dict[str, str] | None:
    """Whom the first factor proved, on the way to the second; None when that took too long."""
    app = services(request)
    try:
        kept = app.auth.secret_box.open(request.cookies.get(PENDING_MFA, ""), _PURPOSE, app.clock())
    except DecryptionFailed:
        return None
    return {name: str(value) for name, value in kept.items()}


def set_session(request: Request, answer: Response, token: str) -> None:
    """Give the browser the session's cookie: no script reads it, no other site's form sends it."""
    longest = int(people.sessions.LONGEST.total_seconds())
    answer.set_cookie(cookie_name(request), token, max_age=longest, path="/", httponly=True, samesite="lax")


def end_cookies(request: Request, answer: Response) -> None:
    """Take the session's cookie back, and what was half way to one."""
    answer.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="lax")
    answer.delete_cookie(PENDING_MFA, path="/sign-in", httponly=True, samesite="lax")


async def count(request: Request, what: str, key: str) -> None:
    """Count an attempt and keep the count whatever comes of it. Raises RateLimited."""
    app = services(request)
    async with app.database.accounts() as tx:
        wait = await rate_limits.count_attempt(tx, what, key, app.clock())
    if wait is not None:
        raise RateLimited(what, wait)


@asynccontextmanager
async def failures_counted(request: Request, *attempts: tuple[str, str]) -> AsyncIterator[None]:
    """Count attempts (what, by whom) before a proof is looked at; give them back when the block ends well,
    or when the proof could not be looked at.

    So only failures count, and many guesses at once are counted too. Raises RateLimited.
    """
    app = services(request)
    now = app.clock()
    for what, key in attempts:
        await count(request, what, key)
    try:
        yield
    except Unavailable:
        with suppress(Unavailable):
            await _give_back(app, attempts, now)
        raise
    await _give_back(app, attempts, now)


async def _give_back(app: Services, attempts: Sequence[tuple[str, str]], now: datetime) -> None:
    async with app.database.accounts() as tx:
        for what, key in attempts:
            await rate_limits.undo_attempt(tx, what, key, now)


def actor(request: Request, account: Account) -> Actor:
    """Whoever just proved who they are, as the audit writes them."""
    return Actor("user", str(account.id), account.name, address_of(request))


def onward_of(text: str | None, otherwise: str = "/account") -> str:
    """Where to go afterwards: a path of ours and nothing else, whatever an address says."""
    if not text or not text.startswith("/") or text.startswith("//"):
        return otherwise
    if "\\" in text or any(ord(letter) < 32 for letter in text):
        return otherwise
    written = quote(text[: _LONGEST + 1], safe=_IN_ADDRESSES, errors="replace")
    return written if len(written) <= _LONGEST else otherwise  # a cookie keeps no more


def address_typed(text: str) -> str | None:
    """An e-mail address in its one spelling, or None when it is none."""
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None
