"""When each resource is open: its own hours, those of the offers that open it, less all that closes it.

By the pure engine, as offers read it: windows, overrides, blackouts, holidays, time off, journeys, and the
closings of the parts of a whole, and colleagues who take over. As the rules stand today.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from infra24.analytics.model import ResourceInfo
from infra24.availability import (
    Kind,
    Rules,
    Schedule,
    Span,
    closings,
    hours_open,
    intersect,
    off,
    parse,
    subtract,
    union,
)
from infra24.availability.hours import DAY
from infra24.resources import hosts_named_in


class Openings:
    """When the resources of an organization are open in a span, in seconds since 1970."""

    def __init__(
        self, things: Sequence[ResourceInfo], zone: str, holidays: Mapping[int, str], span: Span
    ) -> None:
        self.things = {thing.id: thing for thing in things}
        self.people = {thing.email: thing for thing in things if thing.email}
        self.holidays = holidays
        self.span = span
        self.days = (span[0] // DAY - 1, span[1] // DAY + 2)
        self.rules: Mapping[UUID, Rules] = {
            thing.id: parse(thing.rules, zone=zone, people=hosts_named_in(thing.rules)) for thing in things
        }

    def of(self, thing: ResourceInfo) -> tuple[list[Span], bool]:
        """When one resource is open, and whether that is because it says no hours at all."""
        rules = self.rules[thing.id]
        own = rules.own_schedule(rules.holidays_kept(self.holidays))
        found: list[Span] = []
        if own.has_hours:
            found += self._open(own)
        elif rules.hosts:
            found += self._with_hosts(thing)
        said = own.has_hours or bool(rules.hosts)
        for offer in self._offers_naming(thing):
            found += self._hosting(offer, thing)
            said = True
        taken_over = self._standing_in(thing)
        found += taken_over
        said = said or bool(taken_over)
        if not said:
            found = subtract([self.span], self._closed(own))
        found = subtract(found, self._closed_parts(thing, set()))
        return intersect(found, [self.span]), not said

    def _open(self, schedule: Schedule) -> list[Span]:
        return subtract(hours_open(schedule, *self.days), self._closed(schedule))

    def _closed(self, schedule: Schedule) -> list[Span]:
        return union((start, end) for start, end, _ in closings(schedule, *self.days))

    def _offers_naming(self, thing: ResourceInfo) -> Iterable[ResourceInfo]:
        """The active offers whose windows open a person."""
        if thing.email is None:
            return ()
        return [
            offer
            for offer in self.things.values()
            if offer.is_active and thing.email in self.rules[offer.id].hosts
        ]

    def _hosting(self, offer: ResourceInfo, person: ResourceInfo) -> list[Span]:
        """When an offer's windows open a person: less its blackouts, where it has hours inside them, and
        less what the person's own rules take off."""
        rules = self.rules[offer.id]
        own = self.rules[person.id].own_schedule(off_code="time_off")
        found = self._open(rules.schedule(person.email, rules.holidays_kept(self.holidays), "time_off"))
        place = rules.schedule(None)
        if place.has_hours:
            found = intersect(found, hours_open(place, *self.days))
        closed = [
            *off(Schedule(rules.zone), rules.blackouts, *self.days, "blackout"),
            *off(place, place.overrides, *self.days, "blackout"),
            *off(own, own.overrides, *self.days, "time_off"),
        ]
        return subtract(found, [(start, end) for start, end, _ in closed])

    def _with_hosts(self, offer: ResourceInfo) -> list[Span]:
        """When a place without hours of its own is open: while one of its hosts is."""
        hosts = [self.people[name] for name in self.rules[offer.id].hosts if name in self.people]
        found = [span for host in hosts if host.is_active for span in self._hosting(offer, host)]
        for person in self.people.values():
            if person not in hosts:
                found += self._for_the_hosts(offer, person)
        return union(found)

    def _standing_in(self, person: ResourceInfo) -> list[Span]:
        """The hours that a person takes over from others who are away."""
        found: list[Span] = []
        for other in self.things.values():
            if not other.is_active or other.id == person.id or person.email is None:
                continue
            if other.email:
                rules = self.rules[other.id]
                own = rules.own_schedule(rules.holidays_kept(self.holidays), "time_off")
                found += self._taken_over(person, own, own)
            elif person.email not in self.rules[other.id].hosts:
                found += self._for_the_hosts(other, person)
        return found

    def _for_the_hosts(self, offer: ResourceInfo, person: ResourceInfo) -> list[Span]:
        """The hours of an offer's hosts that a colleague takes over."""
        rules, found = self.rules[offer.id], list[Span]()
        for name in rules.hosts:
            host = self.people.get(name)
            hours = rules.schedule(name, rules.holidays_kept(self.holidays), "time_off")
            for away in (hours, self.rules[host.id].own_schedule()) if host else (hours,):
                found += self._taken_over(person, away, hours)
        closed = off(Schedule(rules.zone), rules.blackouts, *self.days, "blackout")
        return subtract(found, [(start, end) for start, end, _ in closed]) if found else []

    def _taken_over(self, person: ResourceInfo, away: Schedule, hours: Schedule) -> list[Span]:
        """Where a schedule is off and this colleague takes over, inside hours, less their own time off."""
        mine = [o for o in away.overrides if o.kind is Kind.OFF and o.colleague == person.email]
        if not mine or not person.is_active:
            return []
        gone = [(start, end) for start, end, _ in off(away, mine, *self.days, "time_off")]
        own = self.rules[person.id].own_schedule()
        busy = [(start, end) for start, end, _ in off(own, own.overrides, *self.days, "time_off")]
        return subtract(intersect(gone, hours_open(hours, *self.days)), busy)

    def _closed_parts(self, whole: ResourceInfo, seen: set[UUID]) -> list[Span]:
        """When a part of a whole is closed: so is the whole then."""
        found: list[Span] = []
        for id_ in whole.parts:
            part = self.things.get(id_)
            if part is None or id_ in seen:
                continue
            seen.add(id_)
            own = self.rules[id_].own_schedule()
            offs = tuple(o for o in own.overrides if o.kind is Kind.OFF)
            found += self._closed(replace(own, weekly=(), overrides=offs))
            found += self._closed_parts(part, seen)
        return found
