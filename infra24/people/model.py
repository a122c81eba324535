"""People: accounts, sessions, memberships, invitations, and the ways in which someone is refused."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra24.errors import Conflict, Forbidden, Invalid, NotFound
from infra24.people.permissions import SCOPES, STAFF_ROLES, Role, Scope


class WrongCredentials(Forbidden):
    """That e-mail and password do not go together. Check both, or ask for a link by e-mail."""


class WrongCode(Invalid):
    """That code is not right, or was already used. Wait for the next one and try again."""


class LinkExpired(Conflict):
    """This link has been used or is too old. Ask for a new one."""


class AlreadyMember(Conflict):
    """This person is already a member here. Change their role instead."""


class UnknownMember(NotFound):
    """Member not found. Choose one of the organization's members."""


class UnknownInvitation(NotFound):
    """This invitation was taken back, has expired or was already accepted. Ask for a new one."""


class OtherPersonInvited(Forbidden):
    """This invitation is for another e-mail address. Sign in with that one, or ask for a new invitation."""


class LastOwner(Conflict):
    """An organization needs an owner. Make someone else an owner first."""


class RoleNotAssignable(Forbidden):
    """You can give only roles below your own, and change only people below you."""


class EmailTaken(Conflict):
    """That address cannot be used. Choose another."""


class ReauthenticationRequired(Forbidden):
    """Confirm that it is you before you make this change."""


@dataclass(frozen=True, slots=True)
class OrgAccess:
    """One organization that a person belongs to; `requires_mfa` is whether those at work need a second
    one."""

    org_id: UUID
    slug: str
    name: str
    role: Role
    requires_mfa: bool = False


@dataclass(frozen=True, slots=True)
class AuthenticatedUser:
    """Who a session belongs to, as the guard needs it. `orgs` are all their organizations, by name."""

    session_id: UUID
    user_id: UUID
    name: str
    email: str
    locale: str
    time_zone: str
    method: str
    has_mfa: bool
    can_use_mfa: bool
    has_password: bool
    created_at: datetime
    seen_at: datetime
    authenticated_at: datetime
    orgs: tuple[OrgAccess, ...] = ()

    def role_in(self, org_id: UUID) -> Role | None:
        """Their role in an organization, or None when they are not of it."""
        return next((place.role for place in self.orgs if place.org_id == org_id), None)

    def lacks_mfa(self, org_id: UUID) -> bool:
        """Whether an organization asks those who work there for a second factor that was not shown."""
        asked = any(place.requires_mfa and place.org_id == org_id for place in self.orgs)
        return asked and not self.has_mfa and self.role_in(org_id) in STAFF_ROLES

    def scopes_in(self, org_id: UUID) -> frozenset[Scope]:
        """What they may do in an organization: without the second factor that it asks for, only their own."""
        role = self.role_in(org_id)
        return SCOPES[Role.MEMBER if self.lacks_mfa(org_id) else role or Role.PUBLIC]


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account, as signing in needs it."""

    id: UUID
    email: str
    name: str
    password_hash: str | None
    totp_secret: bytes | None
    totp_step: int
    passkeys: int
    locked_until: datetime | None

    def requires_mfa_after(self, method: str) -> bool:
        """Whether a second factor is asked for after the first.

        A link by e-mail is the way back in for whoever lost their only passkey: it asks for more only where
        an app or another passkey could answer.
        """
        if self.totp_secret is not None or self.passkeys > 1:
            return True
        return self.passkeys == 1 and method != "link"


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's place in an organization."""

    user_id: UUID
    role: Role
    name: str
    email: str
    joined_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation as whoever was invited sees it, with its organization."""

    email: str
    name: str
    role: Role
    invited_by: str
    org_slug: str
    org_name: str
    org_locale: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that stands open."""

    id: UUID
    email: str
    name: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SessionView:
    """One of a person's sessions, as they see it in their list."""

    id: UUID
    method: str
    address: str
    device: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of an organization, without its secret."""

    id: UUID
    label: str
    scopes: list[str]
    made_by: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
