"""Offers: the rules of a resource and all it may claim, read once per version of the catalogue."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from infra24 import organizations
from infra24.availability import NO_HOLIDAYS, HostTerms, Kind, Pooling, Rules, Schedule, parse
from infra24.db import Row, Tx
from infra24.organizations import UnknownResource
from infra24.resources import catalogue_queries, linking_queries, queries
from infra24.resources import needs as needing
from infra24.resources.model import Resource
from infra24.resources.pools import Offer, Pool, PoolMember

_KEPT = 5_000
_remembered: OrderedDict[tuple[UUID, UUID], Offer] = OrderedDict()
_YEARS = (2020, 2040)
"""Holidays are known for these years. Visitors book at most two years ahead; staff may book later ones."""
_NEVER = ((), 0, 0)
"""Weekly hours on no day."""


def cached_offer(tx: Tx, resource_id: UUID) -> Offer | None:
    """The offer as this process last read it. Compare its version with the database before use."""
    return _remembered.get((tx.org_id, resource_id))


async def offer(tx: Tx, resource_id: UUID) -> Offer:
    """An offer: the resource, its rules, whom and what it may claim. Raises UnknownResource.

    One statement where this process remembers it and the catalogue has not changed since.
    """
    version = await catalogue_queries.catalogue_version(tx)
    known = cached_offer(tx, resource_id)
    if tx.remembers and known is not None and known.version == version:
        return known
    resource = await queries.get(tx, resource_id)
    if resource is None:
        raise UnknownResource()
    read = await _read(tx, resource, version)
    if not tx.remembers:
        return read
    _remembered[tx.org_id, resource_id] = read
    _remembered.move_to_end((tx.org_id, resource_id))
    if len(_remembered) > _KEPT:
        _remembered.popitem(last=False)
    return read


async def schedules(tx: Tx, resource_ids: Sequence[UUID]) -> dict[UUID, tuple[Schedule, ...]]:
    """When each of these is open by its own rules, and after that what closes it besides, as its parts do.

    A bookable resource follows its own rules: without hours it is closed, unless an appointment type uses it.
    """
    organization = await organizations.get(tx)
    plan = await organizations.holiday_plan(tx)
    closing = plan.closing(*_YEARS) if plan.countries or plan.days else {}
    reading = _Reading(organization.time_zone, "")
    reading.rows = await catalogue_queries.load_for_offer(tx, list(resource_ids))
    reading.parts = await linking_queries.all_parts(tx, list(reading.rows))
    inside = {part for parts in reading.parts.values() for part, _ in parts} - set(reading.rows)
    wanted = list(reading.rows)
    reading.rows |= await catalogue_queries.load_for_offer(tx, sorted(inside))
    directory = await queries.references(tx)
    booked = {known.id for known in directory if known.is_bookable and known.type != "person"}
    found = {id_: reading.hours(id_, closing, is_booked=id_ in booked) for id_ in wanted}
    without = {id_ for id_, own in found.items() if id_ in booked and not own[0].has_hours}
    if without:
        without -= {id_ for need in await queries.needs(tx) for id_, _ in needing.resolve(need, directory)}
    for id_ in without:
        if not reading.rules(reading.rows[id_][6]).hosts:
            own, *others = found[id_]
            found[id_] = (replace(own, weekly=(_NEVER,)), *others)
    return found


def hosts_named_in(document: Mapping[str, Any]) -> list[str]:
    """Everyone whom stored rules name: they were hosts when it was saved, and may have left since."""
    windows = [w["host"] for w in document.get("windows", ()) if w.get("host")]
    overrides = [o[key] for o in document.get("overrides", ()) for key in ("host", "colleague") if o.get(key)]
    return [str(name).strip().lower() for name in (*windows, *overrides)]


class _Reading:
    """What is known of the people and things of one offer while it is put together.

    `kept` are the holidays of the offer: they apply to all that it takes, whatever their own rules say of
    holidays when they are booked by themselves.
    """

    def __init__(self, zone: str, layout: str) -> None:
        self.zone, self.layout = zone, layout
        self.kept = NO_HOLIDAYS
        self.rows: dict[UUID, Row] = {}
        self.parts: dict[UUID, list[tuple[UUID, int]]] = {}

    def rules(self, document: Mapping[str, Any]) -> Rules:
        return parse(document, zone=self.zone, people=hosts_named_in(document))

    def occupant(self, id_: UUID, position: int, terms: HostTerms) -> PoolMember:
        """A member with the hours of its own rules."""
        _, slug, title, email, type_, capacity, document, layouts = self.rows[id_]
        person = type_ == "person"
        laid = layouts.get(self.layout, {}) if self.layout else {}
        return PoolMember(
            id_,
            slug,
            title,
            email,
            person,
            capacity,
            self.rules(document).own_schedule(self.kept, "time_off" if person else "blackout"),
            position,
            terms,
            also_closed=self.closings_of_parts(id_),
            parts=tuple(self.parts.get(id_, ())),
            setup=60 * laid.get("setup", 0),
            teardown=60 * laid.get("teardown", 0),
            layouts=tuple(
                (name, 60 * of.get("setup", 0), 60 * of.get("teardown", 0)) for name, of in layouts.items()
            ),
        )

    def hours(self, id_: UUID, holidays: Mapping[int, str], *, is_booked: bool) -> tuple[Schedule, ...]:
        """Its hours, then what closes it besides. `is_booked`: by itself, so that travel does not shift its
        blackouts."""
        rules = self.rules(self.rows[id_][6])
        self.kept = rules.holidays_kept(holidays)
        own = self.occupant(id_, 0, HostTerms())
        if not is_booked:
            return (*([own.schedule] if own.schedule else []), *own.also_closed)
        closed = Schedule(rules.zone, overrides=rules.blackouts, off_code="blackout")
        return (rules.schedule(None, self.kept), closed, *own.also_closed)

    def closings_of_parts(self, id_: UUID) -> tuple[Schedule, ...]:
        """When the parts of a whole are closed: so is the whole then."""
        found = []
        for part, _ in self.parts.get(id_, ()):
            own = self.rules(self.rows[part][6]).own_schedule(off_code="blackout")
            off = own.closings
            if off.overrides:
                found.append(off)
        return tuple(found)

    def host_with_offer_hours(self, rules: Rules, host: PoolMember) -> PoolMember:
        """A host who works the offer's own windows: their own closings count, their own hours do not."""
        own = host.schedule
        schedule = rules.schedule(host.email, self.kept, "time_off")
        if own is None:
            return replace(host, schedule=schedule)
        off = own.closings
        return replace(host, schedule=schedule, also_closed=(off,) if off.overrides else ())


async def _read(tx: Tx, resource: Resource, version: int) -> Offer:
    organization = await organizations.get(tx)
    plan = await organizations.holiday_plan(tx)
    closing = plan.closing(*_YEARS) if plan.countries or plan.days else {}
    reading = _Reading(organization.time_zone, resource.layout)
    rules = reading.rules(resource.availability_rules)
    reading.kept = rules.holidays_kept(closing)
    directory = await queries.references(tx)
    kept = resource.needs
    if kept is None:
        wanted = [[(id_, HostTerms()) for id_ in await queries.hosts(tx, resource.id)]]
    else:
        wanted = [needing.resolve(need, directory) for need in kept]
    by_email = {known.email: known.id for known in directory if known.email and known.is_active}
    ids = {resource.id, *(id_ for pool in wanted for id_, _ in pool)}
    reading.rows = await catalogue_queries.load_for_offer(tx, sorted(ids))
    colleagues = {
        by_email[name]
        for row in reading.rows.values()
        for name in hosts_named_in(row[6])
        if name in by_email and by_email[name] not in ids
    }
    reading.rows |= await catalogue_queries.load_for_offer(tx, sorted(colleagues))
    reading.parts = await linking_queries.all_parts(tx, list(reading.rows))
    inside = {part for parts in reading.parts.values() for part, _ in parts} - set(reading.rows)
    reading.rows |= await catalogue_queries.load_for_offer(tx, sorted(inside))
    if kept is None:
        pools, grid = _by_rules(resource, rules, reading, [id_ for id_, _ in wanted[0]])
    else:
        pools, grid = _by_needs(resource, rules, reading, kept, wanted)
    pools = tuple(_with_colleagues(pool, reading, by_email) for pool in pools)
    read = Offer(resource, rules, pools, grid, {}, version, closing)
    return replace(read, longest_of=await catalogue_queries.longest_claims(tx, read.members))


def _by_rules(
    resource: Resource, rules: Rules, reading: _Reading, hosts: Sequence[UUID]
) -> tuple[tuple[Pool, ...], int]:
    """The pools of a resource booked by its own rules: the hosts that its windows name, and itself."""
    itself = replace(
        reading.occupant(resource.id, 0, HostTerms()),
        schedule=rules.schedule(None, reading.kept if not rules.hosts else NO_HOLIDAYS),
    )
    if not rules.hosts:
        return (Pool((itself,)),), 0
    people = []
    for position, id_ in enumerate(hosts, start=1):
        email = reading.rows[id_][3]
        host = reading.occupant(id_, position, rules.terms_of(email))
        if rules.pooling is not Pooling.FIXED or email == rules.fixed_host:
            people.append(reading.host_with_offer_hours(rules, host))
    count = max(1, len(people)) if rules.pooling is Pooling.COLLECTIVE else 1
    staff = Pool(tuple(people), count, pooling=rules.pooling, staffed=True)
    is_claimed = itself.capacity is not None or (itself.schedule is not None and itself.schedule.has_hours)
    is_claimed = is_claimed or any(o.host is None for o in rules.overrides)
    return ((staff, Pool((itself,))) if is_claimed else (staff,)), 0


def _by_needs(
    resource: Resource,
    rules: Rules,
    reading: _Reading,
    needs: Sequence[Mapping[str, Any]],
    wanted: Sequence[Sequence[tuple[UUID, HostTerms]]],
) -> tuple[tuple[Pool, ...], int]:
    """The pools of an appointment type: its own hours if it has any, then what it needs, in its order."""
    own = replace(
        reading.occupant(resource.id, 0, HostTerms()),
        capacity=None,
        schedule=rules.schedule(None, NO_HOLIDAYS if needs else reading.kept),
    )
    pools = []
    if not needs or (own.schedule is not None and (own.schedule.has_hours or own.schedule.overrides)):
        pools.append(Pool((own,)))
    for need, members in zip(needs, wanted, strict=True):
        staffed = "hosts" in need or "skill" in need
        occupants = tuple(
            reading.occupant(id_, position, terms) for position, (id_, terms) in enumerate(members, start=1)
        )
        if "units" in need:
            occupants = tuple(o for o in occupants if (o.capacity or need["units"]) >= need["units"])
        pooling = Pooling(need.get("pooling", Pooling.ANY))
        count = max(1, len(occupants)) if pooling is Pooling.COLLECTIVE else need["count"]
        choose = need.get("choose", False)
        pools.append(Pool(occupants, count, need.get("units", 1), pooling, staffed, choose))
    with_hours = [
        number
        for number, pool in enumerate(pools)
        if any(o.schedule is not None and o.schedule.has_hours for o in pool.occupants)
    ]
    hosting = [number for number in with_hours if pools[number].staffed]
    own_first = with_hours[:1] if with_hours and pools[with_hours[0]].occupants[0].id == resource.id else []
    return tuple(pools), (own_first or hosting or with_hours or [0])[0]


def _with_colleagues(pool: Pool, reading: _Reading, by_email: Mapping[str, UUID]) -> Pool:
    """A pool of hosts, and the colleagues who take over from those who are away: each once."""
    if not pool.staffed:
        return pool
    there = {occupant.email for occupant in pool.occupants}
    pairs: dict[str, list[tuple[PoolMember, Schedule]]] = {}
    for host in pool.occupants:
        for schedule in (host.schedule, *host.also_closed):
            for override in schedule.overrides if schedule else ():
                name = override.colleague
                if name and name not in there and name in by_email and schedule is not None:
                    pairs.setdefault(name, []).append((host, schedule))
    added = [_stand_in(reading, name, by_email[name], found) for name, found in pairs.items()]
    return replace(pool, occupants=(*pool.occupants, *added)) if added else pool


def _stand_in(
    reading: _Reading, name: str, id_: UUID, away: Sequence[tuple[PoolMember, Schedule]]
) -> PoolMember:
    """A colleague with the hours of those who are away while they are, less their own closings."""
    host = away[0][0]
    colleague = reading.occupant(id_, host.position, host.terms)
    own = colleague.schedule
    also = own.closings if own else None
    taken: list[tuple[Schedule, Schedule]] = []
    for absent, schedule in away:
        assert absent.schedule is not None
        open_ = tuple(o for o in absent.schedule.overrides if o.kind is not Kind.OFF)
        off = tuple(o for o in schedule.overrides if o.colleague == name)
        taken.append((replace(schedule, weekly=(), overrides=off), replace(absent.schedule, overrides=open_)))
    first = taken[0][
        1
    ]  # hours told by another zone cannot be joined with these: they do not stand in for those
    hours = [hours for _, hours in taken if hours.zone == first.zone]
    return replace(
        colleague,
        schedule=replace(
            first,
            weekly=tuple(dict.fromkeys(w for h in hours for w in h.weekly)),
            overrides=tuple(dict.fromkeys(o for h in hours for o in h.overrides)),
        ),
        also_closed=(also,) if also and also.overrides else (),
        substitutes=tuple(taken),
        substitutes_for=tuple(absent.id for absent, _ in away),
    )
