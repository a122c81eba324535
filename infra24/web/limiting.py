"""The rate limits of requests: charged by the guard before anything is looked up, told in every answer."""

import math
from contextlib import AbstractAsyncContextManager, nullcontext
from uuid import UUID

from fastapi import Request

from infra24.people import STAFF_ROLES, Scope
from infra24.rate_limits import (
    ORGANIZATION,
    REQUESTS,
    TRUSTED,
    Buckets,
    Charge,
    Client,
    RateLimit,
    RateLimited,
    RequestKind,
    Usage,
    network_prefix,
)
from infra24.web.caller import Caller, Credentials, address_of, caller_of
from infra24.web.services import services

_WRITES = frozenset(scope for scope in Scope if scope.endswith(":write"))


class Meter:
    """What one request is charged, and to whom: a network, an account or a key."""

    __slots__ = ("buckets", "factor", "knows_organization", "network", "now", "payer", "times", "usage")

    def __init__(self, buckets: Buckets, factor: int, network: str, now: float) -> None:
        self.buckets, self.factor, self.network, self.now = buckets, factor, network, now
        self.payer, self.times = network, factor
        self.usage: Usage | None = None
        self.knows_organization = False

    def pay_as(self, payer: str, times: int) -> None:
        """Let another pay, who may ask so many times the usual."""
        self.payer, self.times = payer, times * self.factor

    def take(self, limit: RequestKind, cost: int) -> None:
        """Charge whoever pays. Raises RateLimited."""
        policy = REQUESTS[limit]
        self._take(f"{policy.name} {self.payer}", policy, cost, self.times)

    def take_of_organization(self, org_id: UUID) -> None:
        """Charge one request to an organization. Raises RateLimited."""
        before = self.usage
        self._take(org_id.int, ORGANIZATION, 1, self.factor)
        self.usage = before  # what all visitors have left is nobody's business until it is used up

    def _take(self, key: str | int, policy: RateLimit, cost: int, times: int) -> None:
        usage = self.usage = self.buckets.take(key, policy, self.now, cost, times)
        if usage.wait:
            raise RateLimited(policy.name, usage.wait)


def charge_address(request: Request, charge: Charge, shown: Credentials) -> None:
    """Charge the network that asks. Raises RateLimited.

    Who shows credentials, right or wrong, is let through to be looked up as often as someone trusted.
    """
    app, network = services(request), network_prefix(address_of(request))
    meter = Meter(app.buckets, app.settings.rate_limit_factor, network, app.clock().timestamp())
    request.state.meter = meter
    if shown.anything:
        meter.pay_as(f"proving {network}", TRUSTED)
    meter.take(charge.kind, charge.cost)


def charge_unknown(request: Request) -> None:
    """Charge a request for which no address answered, so no guard stood. Raises RateLimited."""
    if not hasattr(request.state, "meter"):
        charge_address(request, Charge(RequestKind.READ), Credentials())


def charge_caller(request: Request, charge: Charge, who: Caller) -> None:
    """Charge whoever was found behind the credentials, or their network where nobody was; and the
    organization that is asked, unless they work there. Raises RateLimited.
    """
    meter, trusted = _meter(request), is_trusted(who)
    meter.knows_organization = who.org_id is not None
    if who.credentials.anything:
        meter.pay_as(_name(who, meter.network), TRUSTED if trusted else 1)
        meter.take(charge.kind, charge.cost)
    if who.org_id is not None and not trusted:
        meter.take_of_organization(who.org_id)


def charge_organization(request: Request, org_id: UUID) -> None:
    """Charge a request to the organization that only a resource's id has led to. Raises RateLimited."""
    meter = _meter(request)
    if not meter.knows_organization:
        meter.take_of_organization(org_id)


def charge_range(request: Request, days: int, offers: int = 1) -> None:
    """Charge the rest of what a question about a range costs: its days times the offers that it asks about.

    The guard has charged the first. Raises RateLimited.
    """
    if days * offers > 1:
        _meter(request).take(RequestKind.RANGE, days * offers - 1)


def client_of(request: Request, org_id: UUID) -> Client | None:
    """As whom the caller's holds and bookings are counted; None for those who may book for others."""
    app, who = services(request), caller_of(request)
    if who.may(Scope.BOOKINGS_WRITE, org_id):
        return None
    known: Client | None = getattr(request.state, "client", None)
    if known is None:
        name = _name(who, network_prefix(address_of(request)))
        key = app.tokens.sign("rate limit client", name.encode())[:16]
        known = Client(key, app.settings.rate_limit_factor, who.user.email if who.user else "")
        request.state.client = known
    return known


def one_at_a_time(request: Request, org_id: UUID) -> AbstractAsyncContextManager[object]:
    """Around a transaction that places a booking: a client's requests wait in turn without a connection.

    The database holds them apart between processes (`bookings.clients`); this keeps one client from
    waiting there with every connection that there is.
    """
    client = client_of(request, org_id)
    return services(request).locks.of((org_id, client.key)) if client else nullcontext()


def is_trusted(who: Caller) -> bool:
    """Whether they work in the organization that is asked about, or hold a key that may write."""
    return who.role in STAFF_ROLES or (who.actor.kind == "key" and not _WRITES.isdisjoint(who.scopes))


def headers_of(meter: Meter) -> list[tuple[bytes, bytes]]:
    """What an answer says of the limit, as draft-ietf-httpapi-ratelimit-headers writes it."""
    usage = meter.usage
    if usage is None:
        return []
    name = usage.policy.name
    return [
        (b"ratelimit-policy", f'"{name}";q={usage.quota};w={usage.policy.seconds}'.encode()),
        (b"ratelimit", f'"{name}";r={usage.remaining};t={math.ceil(usage.reset)}'.encode()),
    ]


def _meter(request: Request) -> Meter:
    found: Meter = request.scope["state"]["meter"]
    return found


def _name(who: Caller, network: str) -> str:
    """Who is counted: an account, a key, or a network."""
    known = who.actor.kind in ("user", "key") and who.actor.id
    return f"{who.actor.kind} {known}" if known else network
