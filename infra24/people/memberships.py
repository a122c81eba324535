"""Memberships: who belongs to an organization, in which role, and how they come and go."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from infra24 import mail
from infra24.db import Tx
from infra24.events import record
from infra24.people import account_queries, events, queries
from infra24.people.model import (
    Account,
    AlreadyMember,
    Invitation,
    LastOwner,
    Membership,
    OpenInvitation,
    OtherPersonInvited,
    RoleNotAssignable,
    UnknownInvitation,
    UnknownMember,
)
from infra24.people.permissions import Role, can_assign

OPEN_FOR = timedelta(days=14)
"""How long an invitation stands open."""


async def invite(
    tx: Tx, email: str, name: str, role: Role, *, by: str, giver: Role, now: datetime
) -> Invitation:
    """Invite someone and e-mail it to them; an earlier invitation to them is over.

    Raises RoleNotAssignable and AlreadyMember.
    """
    if not can_assign(giver, role):
        raise RoleNotAssignable()
    if await queries.is_member(tx, email):
        raise AlreadyMember()
    earlier = next((one for one in await queries.invitations(tx, now) if one.email == email), None)
    if earlier is not None and not can_assign(giver, earlier.role):
        raise RoleNotAssignable()
    wanted = Invitation(uuid4(), email, name, role, by, now, now + OPEN_FOR)
    await queries.invite(tx, wanted)
    record(tx, events.INVITED, wanted.id, {"email": email, "role": role}, now)
    mail.enqueue(tx, "invitation", org=tx.org_id, invitation=wanted.id)
    return wanted


async def accept(
    tx: Tx, invitation_id: UUID, user_id: UUID, name: str, email: str, now: datetime
) -> Invitation:
    """Become a member. Raises UnknownInvitation and, for someone else's, OtherPersonInvited."""
    invitation = await queries.end_invitation(tx, invitation_id, now)
    if invitation is None:
        raise UnknownInvitation()
    if invitation.email != email:
        raise OtherPersonInvited()
    if await queries.add_member(tx, user_id, invitation.role, name, email, now):
        record(tx, events.JOINED, user_id, {"name": name, "role": invitation.role}, now)
    return invitation


async def withdraw(tx: Tx, invitation_id: UUID, giver: Role, now: datetime) -> None:
    """Take an invitation back. Raises UnknownInvitation and RoleNotAssignable."""
    invitation = await queries.end_invitation(tx, invitation_id, now)
    if invitation is None:
        raise UnknownInvitation()
    if not can_assign(giver, invitation.role):
        raise RoleNotAssignable()


async def listed(tx: Tx, text: str | None = None) -> list[Membership]:
    """Everyone who belongs here, by role and name; with `text`, those whose name or e-mail has it."""
    return await queries.members(tx, f"%{text}%" if text else None)


async def find(tx: Tx, user_id: UUID) -> Membership | None:
    """A person's membership here, if they have one."""
    return await queries.member(tx, user_id)


async def add(tx: Tx, user_id: UUID, role: Role, name: str, email: str, now: datetime) -> bool:
    """Make someone a member without an invitation; False when they are one already."""
    return await queries.add_member(tx, user_id, role, name, email, now)


async def make_owner(tx: Tx, account: Account, now: datetime) -> None:
    """Make someone an owner, whatever they were: for whoever runs the installation."""
    if not await add(tx, account.id, Role.OWNER, account.name, account.email, now):
        await queries.set_role(tx, account.id, Role.OWNER)


async def invitations(tx: Tx, now: datetime) -> list[Invitation]:
    """The invitations that stand open."""
    return await queries.invitations(tx, now)


async def invitation_anywhere(
    tx: Tx, org_id: UUID, invitation_id: UUID, now: datetime
) -> OpenInvitation | None:
    """An open invitation of any organization, by the link in its e-mail. `tx` is one on accounts."""
    return await account_queries.invitation_anywhere(tx, org_id, invitation_id, now)


async def change_role(tx: Tx, user_id: UUID, role: Role, *, giver: Role, now: datetime) -> Membership:
    """Give a member another role. Raises UnknownMember, RoleNotAssignable and LastOwner."""
    before = await _changeable(tx, user_id, giver)
    if not can_assign(giver, role):
        raise RoleNotAssignable()
    if before.role is Role.OWNER and role is not Role.OWNER:
        await _keep_an_owner(tx)
    await queries.set_role(tx, user_id, role)
    record(tx, events.ROLE_CHANGED, user_id, {"from": before.role, "to": role}, now)
    return before


async def remove(tx: Tx, user_id: UUID, *, giver: Role, now: datetime) -> Membership:
    """Take a member out; their account stays. Refuses as `change_role` does."""
    before = await _changeable(tx, user_id, giver)
    if before.role is Role.OWNER:
        await _keep_an_owner(tx)
    await queries.remove_member(tx, user_id)
    record(tx, events.LEFT, user_id, {"name": before.name}, now)
    return before


async def _changeable(tx: Tx, user_id: UUID, giver: Role) -> Membership:
    found = await queries.member(tx, user_id, lock=True)
    if found is None:
        raise UnknownMember()
    if not can_assign(giver, found.role):
        raise RoleNotAssignable()
    return found


async def _keep_an_owner(tx: Tx) -> None:
    if await queries.owners(tx) < 2:
        raise LastOwner()
