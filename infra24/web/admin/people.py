"""/{org}/admin/people: who belongs here and as what; invitations; who asks to be forgotten."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import people, resources
from infra24.db import Tx
from infra24.errors import DomainError, ValidationFailed
from infra24.people import Role, Scope
from infra24.web.account.login import count
from infra24.web.caller import caller_of, current_org
from infra24.web.errors import status_of
from infra24.web.pages.forms import read_form
from infra24.web.rendering import page
from infra24.web.services import services

GIVEN = tuple(role for role in Role if role is not Role.PUBLIC)


async def people_page(request: Request) -> Response:
    """The page; POST invites, changes a role, takes someone out, or takes an invitation back."""
    if request.method == "GET":
        return await _page(request, {})
    here, who = current_org(request), caller_of(request)
    who.require(Scope.PEOPLE_WRITE)
    sent = await read_form(request)
    try:
        if sent.get("do") == "invite":
            await count(request, "emails from an address", str(who.user_id or who.actor.id))
        async with services(request).database.transaction(here.id, who.actor) as tx:
            await _do(request, tx, sent)
    except ValidationFailed as problem:
        return await _page(request, {"errors": problem.errors, "values": sent}, 422)
    except DomainError as refusal:
        return await _page(request, {"said": refusal.message, "values": sent}, status_of(refusal))
    return RedirectResponse(f"{request.url.path}?done={sent.get('do', '')[:20]}", 303)


async def _do(request: Request, tx: Tx, sent: dict[str, str]) -> None:
    who, now, wanted = caller_of(request), services(request).clock(), sent.get("do")
    if wanted == "invite":
        email, role = _invited(sent)
        await people.memberships.invite(
            tx,
            email,
            sent.get("name", "").strip()[:200],
            role,
            by=who.name,
            giver=caller_of(request).role,
            now=now,
        )
    elif wanted == "role":
        await people.memberships.change_role(
            tx, _id(sent.get("member")), _role(sent), giver=caller_of(request).role, now=now
        )
    elif wanted == "remove":
        await people.memberships.remove(tx, _id(sent.get("member")), giver=caller_of(request).role, now=now)
    elif wanted == "withdraw":
        await people.memberships.withdraw(tx, _id(sent.get("invitation")), caller_of(request).role, now)
    elif wanted == "deleted":
        await people.close_deletion(tx, _id(sent.get("request")), now)
    else:
        raise ValidationFailed({"do": "Choose what to do."})


def _invited(sent: dict[str, str]) -> tuple[str, Role]:
    try:
        email = validate_email(sent.get("email", ""), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValidationFailed({"email": "Write an e-mail address such as name@example.org."}) from None
    return email, _role(sent)


def _role(sent: dict[str, str]) -> Role:
    role = sent.get("role", "")
    if role not in GIVEN:
        raise ValidationFailed({"role": "Choose a role."})
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
        members = await people.members(tx, f"%{text}%" if text else None)
        invited = await people.invitations(tx, now)
        leaving = await people.deletion_requests(tx)
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
        "said": "",
        "values": dict(request.query_params),
        "done": request.query_params.get("done", ""),
    }
    return page(request, "admin/people.html", here, {**context, **more}, status=status)
