"""What an offer is made of: pools of people and things, and whom a visitor may choose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from infra24.availability import HostTerms, LimitScope, Pooling, Rules, Schedule
from infra24.errors import Message, ValidationFailed
from infra24.resources.model import Resource

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

    `for_staff`: notice, horizon and limits do not bind. `staff_length`: as staff draw it on a calendar, from
    any minute of the open hours and for this long. Neither is kept on a booking.
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
    def takes_turns(self) -> bool:
        """Whether its hosts take turns."""
        return self.pooling is Pooling.ROUND_ROBIN

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
            raise ValidationFailed({"staff_id": Message("nobody hosts this; leave it out")})
        if self.pools[self.staff].count > 1 or self.pooling is Pooling.COLLECTIVE:
            raise ValidationFailed({"staff_id": Message("several hosts are needed here; leave it out")})
        raise ValidationFailed(
            {"staff_id": Message("cannot be chosen: hosts are assigned by round robin; leave it out")}
        )

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
    def to_lock(self) -> set[UUID]:
        """What to lock before its bookings are counted or changed: itself and all that it may claim."""
        return {self.resource.id, *self.members}

    @property
    def lays_out(self) -> bool:
        """Whether something it may claim is set up for it, and cleared away."""
        return any(o.setup or o.teardown for pool in self.pools for o in pool.occupants)

    @property
    def needs_serialization(self) -> bool:
        """Whether a booking depends on others' number or neighbours, not only on when they are.

        Then bookings of it wait for each other.
        """
        return bool(self.rules.limits) or self.takes_turns or self.lays_out

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
