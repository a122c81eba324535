"""/{org}/admin/people: who belongs here and as what; invitations; who asks to be forgotten."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import people, resources
from infra24.db import Tx
from infra24.errors import DomainError, Message, ValidationFailed
from infra24.people import Role
from infra24.web.account.login import count
from infra24.web.caller import caller_of, current_org
from infra24.web.errors import status_of
from infra24.web.pages.forms import read_form
from infra24.web.rendering import page
from infra24.web.services import services

GIVEN = tuple(role for role in Role if role is not Role.PUBLIC)


Operation = Callable[[Tx, dict[str, str]], Awaitable[object]]


async def people_page(request: Request) -> Response:
    """The page."""
    return await _page(request, {})


async def invite(request: Request) -> Response:
    """POST: send someone an invitation."""
    who, now = caller_of(request), services(request).clock()

    async def send(tx: Tx, sent: dict[str, str]) -> None:
        await count(request, "emails from an address", str(who.user_id or who.actor.id))
        email, role = _invited(sent)
        name = sent.get("name", "").strip()[:200]
        await people.memberships.invite(tx, email, name, role, by=who.name, giver=who.role, now=now)

    return await _act(request, send, "invited")


async def change_role(request: Request) -> Response:
    """POST: another role for a member."""
    giver, now = caller_of(request).role, services(request).clock()

    async def change(tx: Tx, sent: dict[str, str]) -> None:
        await people.memberships.change_role(tx, _id(sent.get("member")), _role(sent), giver=giver, now=now)

    return await _act(request, change)


async def remove(request: Request) -> Response:
    """POST: take a member out."""
    giver, now = caller_of(request).role, services(request).clock()

    async def take_out(tx: Tx, sent: dict[str, str]) -> None:
        await people.memberships.remove(tx, _id(sent.get("member")), giver=giver, now=now)

    return await _act(request, take_out)


async def withdraw(request: Request) -> Response:
    """POST: take an invitation back."""
    giver, now = caller_of(request).role, services(request).clock()

    async def take_back(tx: Tx, sent: dict[str, str]) -> None:
        await people.memberships.withdraw(tx, _id(sent.get("invitation")), giver, now)

    return await _act(request, take_back)


async def close_deletion(request: Request) -> Response:
    """POST: someone's data was deleted, as they asked."""
    now = services(request).clock()

    async def close(tx: Tx, sent: dict[str, str]) -> None:
        await people.deletion_requests.close(tx, _id(sent.get("request")), now)

    return await _act(request, close)


async def _act(request: Request, operation: Operation, done: str = "saved") -> Response:
    here, who, sent = current_org(request), caller_of(request), await read_form(request)
    try:
        async with services(request).database.transaction(here.id, who.actor) as tx:
            await operation(tx, sent)
    except ValidationFailed as problem:
        return await _page(request, {"errors": problem.errors, "values": sent}, 422)
    except DomainError as refusal:
        return await _page(request, {"alert": refusal.message, "values": sent}, status_of(refusal))
    return RedirectResponse(f"/{here.slug}/admin/people?done={done}", 303)


def _invited(sent: dict[str, str]) -> tuple[str, Role]:
    try:
        email = validate_email(sent.get("email", ""), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValidationFailed(
            {"email": Message("Write an e-mail address such as name@example.org.")}
        ) from None
    return email, _role(sent)


def _role(sent: dict[str, str]) -> Role:
    role = sent.get("role", "")
    if role not in GIVEN:
        raise ValidationFailed({"role": Message("Choose a role.")})
    return Role(role)


def _id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise people.UnknownMember() from None


async def _page(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    here, who, now = current_org(request), caller_of(request), services(request).clock()
    text = request.query_params.get("q", "").strip()[:100]
    async with services(request).database.transaction(here.id, who.actor) as tx:
        members = await people.memberships.listed(tx, text or None)
        invited = await people.memberships.invitations(tx, now)
        leaving = await people.deletion_requests.listed(tx)
        known = await resources.index(tx)
    hosting = {k.email: k for k in known if k.email}
    context = {
        "section": "people",
        "zone": ZoneInfo(here.time_zone),
        "members": [(m, hosting.get(m.email)) for m in members],
        "unlinked": [
            k for k in known if k.email and k.is_active and k.email not in {m.email for m in members}
        ],
        "invited": invited,
        "leaving": leaving,
        "roles": [role for role in GIVEN if people.can_assign(caller_of(request).role, role)],
        "text": text,
        "errors": {},
        "alert": "",
        "values": dict(request.query_params),
        "done": request.query_params.get("done", ""),
    }
    return page(request, "admin/people.html", here, {**context, **more}, status=status)
