"""A resource, the draft it is made from, and the offer it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from infra24.availability import HostTerms, LimitScope, Pooling, Rules, Schedule
from infra24.errors import Conflict, ValidationFailed


class ResourceExists(Conflict):
    """There is already a resource with that slug or e-mail."""


class ResourceChanged(Conflict):
    """Somebody else changed this meanwhile. Nothing was saved: compare, and save again."""


class ResourceInUse(Conflict):
    """Bookings to come were made while it was never occupied itself, and would not count. Move them first."""


class PartsInUse(Conflict):
    """Bookings to come do not hold what this would link them to. Move or cancel them first."""


AS_THE_TYPE_SUGGESTS = 0
"""A capacity that was left out: one for a person, a space or equipment; none for an offer of another kind."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What staff say of a resource. `price` in minor units; `capacity` None: never occupied itself.

    With `needs` it is an appointment type: an offer that takes one of these, that room and two of those.
    `parts` and `excludes` are slugs: what is taken with it, and what cannot be used at the same time.
    `is_bookable` None: people are not booked by themselves, everything else is.
    """

    type: str
    title: str
    slug: str | None = None
    description: str = ""
    category: str = ""
    email: str | None = None
    capacity: int | None = AS_THE_TYPE_SUGGESTS
    price: int = 0
    currency: str | None = None
    location: str | None = None
    meeting_url: str = ""
    requirements: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    availability_rules: dict[str, Any] = field(default_factory=dict)
    is_active: bool = True
    is_bookable: bool | None = None
    tags: list[str] = field(default_factory=list)
    layouts: dict[str, Any] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    excludes: list[str] = field(default_factory=list)
    needs: list[dict[str, Any]] | None = None
    questions: list[dict[str, Any]] = field(default_factory=list)
    prices: dict[str, int] = field(default_factory=dict)
    meets: str = ""
    layout: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """Anything that can be occupied, or an offer that occupies others. `needs` name resources by id."""

    org_id: UUID
    id: UUID
    slug: str
    type: str
    title: str
    description: str
    category: str
    email: str | None
    capacity: int | None
    price: int
    currency: str
    location_id: UUID | None
    location: str | None
    address: str | None
    meeting_url: str
    requirements: list[str]
    metadata: dict[str, Any]
    availability_rules: dict[str, Any]
    is_active: bool
    is_bookable: bool
    version: int
    created_at: datetime
    updated_at: datetime
    tags: list[str]
    layouts: dict[str, Any]
    parts: list[str]
    excludes: list[str]
    needs: list[dict[str, Any]] | None
    questions: list[dict[str, Any]]
    prices: dict[str, int]
    meets: str
    layout: str

    @property
    def place(self) -> str:
        """Where it is: the location's name and address."""
        return ", ".join(part for part in (self.location, self.address) if part)

    @property
    def is_offered(self) -> bool:
        """Whether there is anything to choose a time for: it opens something, or needs something."""
        return self.needs is not None or bool(
            self.availability_rules.get("windows") or self.availability_rules.get("overrides")
        )

    @property
    def shortest_minutes(self) -> int:
        """The shortest booking on offer, in minutes, as its rules were checked when they were saved."""
        rules = self.availability_rules
        return int(min(rules.get("durations") or [rules.get("slot_minutes", 30)]))


EVEN = HostTerms()


@dataclass(frozen=True, slots=True)
class PoolMember:
    """Someone or something that an offer may claim. `capacity` None: it only has to be open.

    `parts` are (resource, units) that are claimed with it, every unit. `setup` and `teardown` are seconds
    that the offer's layout takes here, `layouts` those of each by name. `also_closed` are schedules whose
    closings count as well. Who stands in for others has a pair for each: what is off, and their hours.
    """

    id: UUID
    slug: str
    name: str
    email: str | None
    person: bool
    capacity: int | None
    schedule: Schedule | None
    position: int = 0
    terms: HostTerms = EVEN
    also_closed: tuple[Schedule, ...] = ()
    parts: tuple[tuple[UUID, int], ...] = ()
    setup: int = 0
    teardown: int = 0
    substitutes: tuple[tuple[Schedule, Schedule], ...] = ()
    substitutes_for: tuple[UUID, ...] = ()
    layouts: tuple[tuple[str, int, int], ...] = ()

    @property
    def turnover(self) -> int:
        """How many seconds can lie between two bookings here, whichever layouts they use."""
        setup = max((setup for _, setup, _ in self.layouts), default=0)
        return setup + max((teardown for *_, teardown in self.layouts), default=0)


@dataclass(frozen=True, slots=True)
class Pool:
    """`count` different ones of these, `units` of each, chosen by `pooling`. `staffed`: they are hosts.

    `choose` lets the visitor say whom.
    """

    occupants: tuple[PoolMember, ...]
    count: int = 1
    units: int = 1
    pooling: Pooling = Pooling.ANY
    staffed: bool = False
    choose: bool = False


@dataclass(frozen=True, slots=True)
class HostPreference:
    """Whom a booking is to be with: only these hosts, chosen this way. Empty: as the offer says.

    `for_staff`: notice, horizon and limits do not bind. `freely` is how staff draw it on a calendar: any
    minute of the open hours besides, for as long as this. Neither is kept on a booking.
    """

    hosts: tuple[UUID, ...] = ()
    pooling: Pooling | None = None
    for_staff: bool = False
    staff_length: timedelta | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is kept on a booking."""
        said: dict[str, Any] = {}
        if self.hosts:
            said["hosts"] = [str(host) for host in self.hosts]
        if self.pooling:
            said["pooling"] = self.pooling.value
        return said

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "HostPreference":
        """From what is kept on a booking."""
        pooling = kept.get("pooling")
        return cls(tuple(UUID(host) for host in kept.get("hosts", ())), Pooling(pooling) if pooling else None)


ANYONE = HostPreference()


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """A resource as it can be booked: its rules read, everything known that it may claim.

    `grid` is the number of the pool whose hours say where bookings start. `longest_of` is the longest claim
    that was ever noted on each member. `version` is the catalogue's, `holidays` are the
    organization's by the days since 1970, whether it keeps them or not.
    """

    resource: Resource
    rules: Rules
    pools: tuple[Pool, ...]
    grid: int
    longest_of: Mapping[UUID, timedelta]
    version: int
    holidays: Mapping[int, str]

    @property
    def longest(self) -> timedelta:
        """Bounds the claims on any of its members: what overlaps a range began no earlier."""
        return max(self.longest_of.values(), default=timedelta())

    @property
    def staff(self) -> int | None:
        """The number of the pool of its hosts."""
        return next((number for number, pool in enumerate(self.pools) if pool.staffed), None)

    @property
    def hosts(self) -> tuple[PoolMember, ...]:
        """Its hosts; those who only stand in for others are not shown as such."""
        if self.staff is None:
            return ()
        return tuple(o for o in self.pools[self.staff].occupants if not o.substitutes)

    @property
    def pooling(self) -> Pooling:
        """How its hosts are chosen."""
        return Pooling.ANY if self.staff is None else self.pools[self.staff].pooling

    @property
    def visitor_can_choose(self) -> bool:
        """Whether a visitor may say with whom."""
        return self.staff is not None and self.pools[self.staff].choose and len(self.hosts) > 1

    @property
    def allows_host_request(self) -> bool:
        """Whether one host can be asked for: where they are not given by turn, and not all needed."""
        if self.staff is None:
            return False
        pool = self.pools[self.staff]
        return pool.choose or (pool.count == 1 and pool.pooling in (Pooling.ANY, Pooling.FIXED))

    def check_host_request(self) -> None:
        """Raises ValidationFailed when no host can be asked for."""
        if self.allows_host_request:
            return
        if self.staff is None:
            raise ValidationFailed({"staff_id": "nobody hosts this; leave it out"})
        several = self.pools[self.staff].count > 1 or self.pooling is Pooling.COLLECTIVE
        why = "several hosts are needed here" if several else "hosts are given by turn here"
        raise ValidationFailed({"staff_id": f"{why}; leave it out"})

    @property
    def occupants(self) -> dict[UUID, PoolMember]:
        """Everyone and everything in its pools."""
        return {o.id: o for pool in self.pools for o in pool.occupants}

    @property
    def members(self) -> list[UUID]:
        """Everything that a booking of it may claim, parts included."""
        found: dict[UUID, None] = {}
        for pool in self.pools:
            for occupant in pool.occupants:
                if occupant.capacity is not None:
                    found[occupant.id] = None
                    found.update(dict.fromkeys(part for part, _ in occupant.parts))
        return list(found) or [self.resource.id]

    @property
    def lays_out(self) -> bool:
        """Whether something it may claim is set up for it, and cleared away."""
        return any(o.setup or o.teardown for pool in self.pools for o in pool.occupants)

    @property
    def needs_serialization(self) -> bool:
        """Whether a booking depends on others' number or neighbours, not only on when they are.

        Then bookings of it wait for each other.
        """
        return bool(self.rules.limits) or self.pooling is Pooling.ROUND_ROBIN or self.lays_out

    @property
    def needs_detailed_claims(self) -> bool:
        """Whether more than the times of claims decides: their units, layouts, or when bookings begin."""
        several = any((o.capacity or 1) > 1 or o.parts for pool in self.pools for o in pool.occupants)
        laid = any(o.layouts for pool in self.pools for o in pool.occupants)
        return several or laid or bool(self.rules.limits_of(LimitScope.HOST))

    def restricted_to(self, choice: HostPreference) -> "Offer":
        """The offer with only these hosts, chosen this way; who stands in for one of them does so still."""
        if choice.staff_length is not None:
            rules = self.rules.at_any_minute(choice.staff_length)
            return replace(self, rules=rules).restricted_to(
                replace(choice, for_staff=False, staff_length=None)
            )
        if choice.for_staff:
            rules = self.rules.for_staff()
            return replace(self, rules=rules).restricted_to(replace(choice, for_staff=False))
        if choice == ANYONE or self.staff is None:
            return self
        pool = self.pools[self.staff]
        occupants = pool.occupants
        if choice.hosts:
            wanted = set(choice.hosts)
            occupants = tuple(o for o in occupants if o.id in wanted or wanted & set(o.substitutes_for))
        pooling = choice.pooling or (Pooling.FIXED if choice.hosts else pool.pooling)
        count = pool.count
        if choice.pooling is Pooling.COLLECTIVE:
            count = max(1, sum(not o.substitutes for o in occupants))
        pools = list(self.pools)
        pools[self.staff] = replace(pool, occupants=occupants, pooling=pooling, count=count)
        return replace(self, pools=tuple(pools))
