"""/invitations/{token}: become a member. Whoever has no account gets one: the e-mail proves the address.

Who has one signs in to it first: a link that was open for two weeks is no proof of who they are.
"""

from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import people
from infra24.people import Account, OpenInvitation, UnknownInvitation
from infra24.web.account.login import actor, start_session
from infra24.web.caller import caller_of
from infra24.web.pages.forms import read_form
from infra24.web.rendering import page
from infra24.web.services import services


async def invitation(request: Request) -> Response:
    """GET says who invites and as what; POST makes the account if there is none, and the membership."""
    app, now = services(request), services(request).clock()
    named = people.read_invitation_token(app.tokens, request.path_params["token"])
    if named is None:
        return _over(request)
    org_id, invitation_id = named
    async with app.database.accounts() as tx:
        invited = await people.memberships.invitation_anywhere(tx, org_id, invitation_id, now)
        known = await people.accounts.of_email(tx, invited.email) if invited else None
    if invited is None:
        return _over(request)
    user = caller_of(request).user
    is_theirs = user is not None and user.email == invited.email
    if request.method == "GET":
        return await _show(request, invited, known)
    if user is not None and not is_theirs:
        return await _show(request, invited, known, status=403)
    if known is not None and not is_theirs:  # the e-mail says who is meant, not that it is they
        back = urlencode({"next": request.url.path, "email": invited.email})
        return RedirectResponse(f"/sign-in?{back}", 303)
    sent = await read_form(request)
    name = known.name if known else sent.get("name", "").strip()
    if not 1 <= len(name) <= 200:
        return await _show(request, invited, known, status=422)
    try:
        account = await _join(request, org_id, invitation_id, invited.email, name)
    except UnknownInvitation:
        return _over(request)
    to = _landing(invited.org_slug, invited.role)
    if is_theirs:
        return RedirectResponse(to, 303)
    async with app.database.accounts() as tx:
        return await start_session(request, tx, account, method="invitation", strong=False, to=to)


async def _show(
    request: Request, invited: OpenInvitation, known: Account | None, status: int = 200
) -> Response:
    """Who invites whom as what; after a name that cannot be one (422) the field is empty."""
    user = caller_of(request).user
    is_theirs = user is not None and user.email == invited.email
    wrong = status == 422
    context = {
        "email": invited.email,
        "name": known.name if known else "" if wrong else invited.name,
        "role": invited.role,
        "inviter": invited.invited_by,
        "title": invited.org_name,
        "known": known is not None,
        "wrong": wrong,
        "is_theirs": is_theirs,
        "someone": user.email if user is not None and not is_theirs else "",
    }
    here = await services(request).directory.find(invited.org_slug)
    return page(request, "account/invitation.html", here, context, status=status)


async def _join(request: Request, org_id: UUID, invitation_id: UUID, email: str, name: str) -> Account:
    """Make the account if there is none, and the membership. Raises UnknownInvitation."""
    app, now = services(request), services(request).clock()
    async with app.database.accounts() as tx:
        user_id = await people.accounts.ensure(tx, email, name, now)
        account = await people.accounts.get(tx, user_id)
    async with app.database.transaction(org_id, actor(request, account)) as tx:
        await people.memberships.accept(tx, invitation_id, user_id, account.name, email, now)
    return account


def _landing(slug: str, role: str) -> str:
    """Where a new member begins."""
    if role in ("owner", "admin", "staff"):
        return f"/{slug}/admin"
    return f"/{slug}/bookings" if role in ("host", "instructor") else f"/{slug}/dashboard/bookings"


def _over(request: Request) -> Response:
    return page(request, "account/link_used.html", None, {"alert": UnknownInvitation().message}, status=409)
