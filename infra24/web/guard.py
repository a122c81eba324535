"""The guard in front of every handler: identifies the caller, and checks the permission that the route table
asks for."""

from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Request

from infra24 import people
from infra24.auth.tokens import org_of_token
from infra24.bookings import UnknownBooking
from infra24.db import Actor
from infra24.errors import DomainError, Forbidden, Invalid, Unauthenticated
from infra24.organizations import RESERVED, Organization, UnknownOrganization
from infra24.people import AuthenticatedUser, Role, Scope
from infra24.rate_limits import Charge
from infra24.web.caller import (
    Caller,
    Credentials,
    OrgHidden,
    address_of,
    credentials,
)
from infra24.web.key_access import caller_by_key, check_admin_key
from infra24.web.limiting import charge_address, charge_caller
from infra24.web.services import Services, services

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELDS, FILES = 600, 1
"""How many fields and files a form may have."""


class Access(StrEnum):
    """What an address can need instead of a scope."""

    PUBLIC = "public"
    TOKEN = "token"  # noqa: S105  the kind, not a secret
    EITHER = "someone or token"
    SIGNED_IN = "signed in"
    INSTALLATION = "the installation's key"


Needs = Access | Scope


class CrossSiteRequest(Forbidden):
    """This form was sent from another site. Open our page and try again."""


class NotText(Invalid):
    """Text cannot contain NUL characters. Remove them and try again."""


class SecondFactorNeeded(Forbidden):
    """This organization asks those who work here for a second factor. Add one to your account first."""


async def authorize(request: Request, needs: Needs, charge: Charge) -> None:
    """Charge the rate limits, find out who calls and leave it on the request; let in or refuse.

    Raises RateLimited, UnknownOrganization, Unauthenticated, KeyRefused, OrgHidden (not of this organization:
    nothing tells what it has), NotAllowed, CrossSiteRequest, NotText and SecondFactorNeeded.
    """
    app = services(request)
    shown = credentials(request, request.path_params.get("id"))
    charge_address(request, charge, shown)
    if needs is Access.INSTALLATION:
        await check_admin_key(app, shown, address_of(request))
    here = await _organization_of(request, app, shown, needs)
    who = await _identify(request, app, shown, here, needs)
    request.state.caller, request.state.here = who, here
    charge_caller(request, charge, who)
    if needs is Access.TOKEN and shown.session is not None:  # their page keeps their way back
        request.state.viewer = await _identify(request, app, shown, here, Access.PUBLIC)
    if request.method not in _SAFE and (who.csrf or not request.url.path.startswith("/api/")):
        await _check_origin(request, who)
    _check(who, needs)


def check_person(request: Request, needs: Needs) -> None:
    """Raises Unauthenticated for a key at a page that is not for everyone: keys are for the API."""
    if isinstance(needs, Scope) and request.state.caller.user is None:
        raise Unauthenticated()


async def identify_optional(request: Request) -> None:
    """Find out whose session it is where no address answers: the page that says so keeps their way back."""
    shown, slug = credentials(request), request.url.path.strip("/").split("/")[0]
    if shown.session is None or hasattr(request.state, "caller"):
        return
    try:
        here = None if slug in RESERVED or not slug else await services(request).directory.find(slug)
        request.state.caller = await _identify(request, services(request), shown, here, Access.PUBLIC)
    except DomainError:
        return


async def _organization_of(
    request: Request, app: Services, shown: Credentials, needs: Needs
) -> Organization | None:
    """The organization that the address names, if it names one. A visitor is not told of a page that is not
    for visitors whether its organization exists."""
    if "org" not in request.path_params:
        return None
    try:
        return await app.directory.find(request.path_params["org"])
    except UnknownOrganization:
        if needs is Access.PUBLIC or shown.anything or request.url.path.startswith("/api/"):
            raise
        raise Unauthenticated() from None


def _check(who: Caller, needs: Needs) -> None:
    if isinstance(needs, Access):
        _check_open(who, needs)
        return
    if who.user is not None and who.org_id is not None and who.user.lacks_mfa(who.org_id):
        raise SecondFactorNeeded()
    if not who.scopes:
        if who.is_from_elsewhere:
            raise OrgHidden()
        raise Unauthenticated()
    who.require(needs)


def _check_open(who: Caller, needs: Access) -> None:
    shows = who.credentials.anything or who.credentials.token is not None
    if (needs is Access.EITHER and not shows) or (needs is Access.SIGNED_IN and who.user is None):
        raise Unauthenticated()
    if needs is Access.EITHER and who.is_from_elsewhere and who.credentials.token is None:
        raise OrgHidden()


async def _identify(
    request: Request, app: Services, shown: Credentials, here: Organization | None, needs: Needs
) -> Caller:
    """Who the credentials say it is. Raises KeyRefused for a wrong key; a session that is over is as none."""
    address = address_of(request)
    visitor = Caller(Actor("visitor", address=address), credentials=shown, org_id=here.id if here else None)
    if needs in (Access.TOKEN, Access.INSTALLATION) or not shown.anything:
        if here is not None or not (shown.token or needs is Access.TOKEN):
            return visitor
        token = shown.token or request.path_params.get("token", "")
        org_id = _org_of(token) if shown.token else org_of_token(token)
        return Caller(Actor("booker", address=address), org_id=org_id, credentials=shown)
    if shown.key is not None:
        asked = here.id if here else await _org_asked(request, app)
        return await caller_by_key(app, shown, asked, visitor)
    signed_in = await _signed_in(app, shown)
    if signed_in is None:
        return visitor
    org_id = here.id if here else await _org_of_session(request, app, shown, signed_in)
    role = signed_in.role_in(org_id) if org_id else None
    scopes: frozenset[Scope] = signed_in.scopes_in(org_id) if org_id else frozenset()
    now = app.clock()
    if shown.session is not None and people.sessions.needs_touch(signed_in, now):
        async with app.database.accounts() as tx:
            await people.sessions.touch(tx, signed_in.session_id, org_id if role else None, now)
    return Caller(
        Actor("user", str(signed_in.user_id), signed_in.name, address),
        scopes,
        role or Role.PUBLIC,
        signed_in,
        org_id,
        csrf_of(app, signed_in.session_id) if shown.session else "",
        shown,
        is_from_elsewhere=org_id is not None and not scopes,
    )


async def _signed_in(app: Services, shown: Credentials) -> AuthenticatedUser | None:
    now = app.clock()
    if shown.session is not None:
        async with app.database.read_accounts() as tx:
            return await people.sessions.open_session(tx, shown.session, now)
    claims = await app.auth.bearers.verify(shown.bearer or "", now)
    async with app.database.read_accounts() as tx:
        return await people.identities.person_of(tx, claims.issuer, claims.subject)


async def _org_of_session(
    request: Request, app: Services, shown: Credentials, signed_in: AuthenticatedUser
) -> UUID | None:
    """The organization that a signed-in caller asks about where the address names none: ?org=, a token's,
    or the only one they have."""
    asked = await _org_asked(request, app)
    if asked is not None:
        return asked
    if shown.token:
        return _org_of(shown.token)
    return signed_in.orgs[0].org_id if len(signed_in.orgs) == 1 else None


async def _org_asked(request: Request, app: Services) -> UUID | None:
    """The organization that ?org= names. Raises UnknownOrganization."""
    wanted = request.query_params.get("org")
    return (await app.directory.find(wanted)).id if wanted else None


def _org_of(token: str) -> UUID:
    found = org_of_token(token)
    if found is None:
        raise UnknownBooking()
    return found


async def _check_origin(request: Request, who: Caller) -> None:
    """Refuses what another site makes a browser send: by what the browser says, and for a session by proof.

    A session's request carries the proof in its form (`csrf`) or in the header x-csrf-token.
    """
    if not comes_from_here(request):
        raise CrossSiteRequest()
    form = await _form(request)
    if who.csrf:
        sent = request.headers.get("x-csrf-token") or form.get("csrf", "")
        if who.user is None or not _is_csrf(services(request), who.user.session_id, sent):
            raise CrossSiteRequest()


async def _form(request: Request) -> dict[str, str]:
    """The texts of the form that was sent, if one was. Raises NotText."""
    kind = request.headers.get("content-type", "").lower()
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return {}
    sent = await request.form(max_files=FILES, max_fields=FIELDS)
    texts = {name: value for name, value in sent.items() if isinstance(value, str)}
    if any("\0" in value for _, value in sent.multi_items() if isinstance(value, str)):
        raise NotText()
    return texts


def comes_from_here(request: Request) -> bool:
    """Whether the browser says that one of our pages sent this; what is no browser says nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    ours = {request.headers.get("host"), _host_of(services(request).settings.base_url)}
    return _host_of(origin) in ours


def _host_of(origin: str) -> str:
    """The host and port of an origin; of what is none ("null", or half an address) no host there is."""
    try:
        return urlsplit(origin).netloc or "-"
    except ValueError:
        return "-"


def _is_csrf(app: Services, session_id: UUID, sent: str) -> bool:
    try:
        return app.tokens.is_signed("csrf", session_id.bytes, bytes.fromhex(sent))
    except ValueError:
        return False


def csrf_of(app: Services, session_id: UUID) -> str:
    """What the forms of a session must carry: only this installation can make it, and only for it."""
    return app.tokens.sign("csrf", session_id.bytes).hex()[:32]
