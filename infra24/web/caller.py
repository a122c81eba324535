"""Who calls: a visitor, the holder of a booking's token, a key, or someone who signed in."""

from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import Request

from infra24.auth.tokens import org_of_token
from infra24.bookings import BY_BOOKER, BY_STAFF, BookingPolicy
from infra24.db import Actor
from infra24.errors import Forbidden, Message, NotFound, Unauthenticated
from infra24.organizations import Organization
from infra24.people import AuthenticatedUser, Role, Scope
from infra24.web.services import services

COOKIE = "session"


class NotAllowed(Forbidden):
    """Your role does not let you do this. Ask an administrator of the organization."""


class KeyRefused(Unauthenticated):
    """This API key is not valid: it is mistyped, or was revoked. Check it, or create a new key in the
    organization's settings."""


class OrgHidden(NotFound):
    """There is no such page, or it belongs to an organization that you are not a member of. Check the
    address."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows: a key, a token, a session, a bearer token of a provider, or nothing.

    `token_booking_id` is the booking that the token was made here for.
    """

    key: str | None = None
    token: str | None = None
    session: str | None = None
    bearer: str | None = None
    token_booking_id: UUID | None = None

    @property
    def anything(self) -> bool:
        """Whether it shows who calls (a booking's token only says which booking)."""
        return bool(self.key or self.session or self.bearer)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls and what they may do in the organization that is asked about.

    `user` is there when they signed in; `csrf` is what their forms must carry. A caller has no scopes
    where they do not belong; `is_from_elsewhere` says that they are known, but not here.
    """

    actor: Actor
    scopes: frozenset[Scope] = frozenset()
    role: Role = Role.PUBLIC
    user: AuthenticatedUser | None = None
    org_id: UUID | None = None
    csrf: str = ""
    credentials: Credentials = Credentials()
    is_from_elsewhere: bool = False

    @property
    def user_id(self) -> UUID | None:
        return self.user.user_id if self.user else None

    @property
    def name(self) -> str:
        return self.user.name if self.user else self.actor.name

    @property
    def email(self) -> str:
        return self.user.email if self.user else ""

    def may(self, scope: Scope, org_id: UUID | None = None) -> bool:
        """Whether they have a scope here, or in the organization that a resource's id has led to."""
        if org_id is None or org_id == self.org_id:
            return scope in self.scopes
        return self.user is not None and scope in self.user.scopes_in(org_id)

    def require(self, scope: Scope) -> None:
        """Raises NotAllowed; a key is told which scope it lacks."""
        if scope not in self.scopes:
            lacks = Message(
                "This key does not have the scope %(scope)s. Create one that has it.", scope=scope.value
            )
            raise NotAllowed(lacks if self.actor.kind == "key" else None)

    def policy(self, org_id: UUID | None = None) -> BookingPolicy:
        """As whom they book: who may write the organization's bookings is its staff."""
        return self.staff_policy(org_id) if self.may(Scope.BOOKINGS_WRITE, org_id) else BY_BOOKER

    def staff_policy(self, org_id: UUID | None = None) -> BookingPolicy:
        """As whom they act on bookings that they may handle: who may approve them may decide on them."""
        return replace(BY_STAFF, decides=self.may(Scope.BOOKINGS_APPROVE, org_id))

    @property
    def host_filter(self) -> str | None:
        """The e-mail as whose host they see bookings; None when they see all of the organization's."""
        return None if self.may(Scope.BOOKINGS_READ) else self.email


def credentials(request: Request, path_id: str | None = None) -> Credentials:
    """Read the key (Authorization: Bearer, or X-API-Key), the token (?token=, X-Booking-Token), the session.

    A booking's token may also stand in an address in place of the booking's id.
    """
    bearer = request.headers.get("authorization", "")
    secret = bearer[7:].strip() if bearer[:7].lower() == "bearer " else None
    key = request.headers.get("x-api-key") or secret
    token = request.query_params.get("token") or request.headers.get("x-booking-token")
    if token is None and path_id is not None and org_of_token(path_id):
        token = path_id
    if token is None and secret is not None and org_of_token(secret):
        token, key = secret, None
    opens = services(request).tokens.booking_of(token) if token else None
    if key is not None and key.count(".") == 2 and key == secret:
        return Credentials(None, token, None, key, opens)
    session = request.cookies.get(cookie_name(request)) if key is None else None
    return Credentials(key, token, session, None, opens)


def address_of(request: Request) -> str:
    """Where the caller is: the connection's other end (uvicorn believes a trusted proxy's header)."""
    client = request.scope.get("client")  # request.client builds a tuple of its own each time
    return str(client[0]) if client else ""


def cookie_name(request: Request) -> str:
    """The name of the session's cookie: bound to this host where the installation is reached by TLS."""
    return f"__Host-{COOKIE}" if services(request).settings.base_url.startswith("https:") else COOKIE


def caller_of(request: Request) -> Caller:
    """Who calls, as the guard found out before the handler ran."""
    found: Caller = request.state.caller
    return found


def current_org(request: Request) -> Organization:
    """The organization that the address names."""
    found: Organization = request.state.here
    return found


def org_id_of(request: Request) -> UUID:
    """The organization that is asked about: by the address, the key, the token or the session.

    Raises Unauthenticated when nothing says which.
    """
    who = caller_of(request)
    if who.org_id is None:
        raise Unauthenticated()
    return who.org_id
