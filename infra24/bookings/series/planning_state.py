"""What stands around the dates of a series while they are planned one after the other."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import round_robin
from infra24.availability import Busy, LimitScope, Reason, charges, union
from infra24.availability.hours import day_number, day_span
from infra24.bookings import Booking, allocation_plan, busy_queries, instant, snapshots
from infra24.bookings.snapshots import AvailabilitySnapshot, claims_by_member, seconds, timetable
from infra24.db import Tx
from infra24.resources import HostPreference, Offer


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A date to plan: where its rule puts it and when it is to be."""

    wall: datetime
    start: datetime


@dataclass(slots=True)
class PlanningState:
    """What stands around the dates of a series: the claims of others, and of the dates planned so far.

    `offer` is narrowed to the choice of the series, `whole` is not. `of_booker` are the begin and end of
    the booker's own bookings of this offer, for their limits. `returned` are bookings that go to another
    host, whose turn is given back.
    """

    whole: Offer
    choice: HostPreference
    length: timedelta
    claims: dict[UUID, list[Busy]]
    made: list[tuple[int, int]]
    of_booker: list[tuple[int, int]]
    standings: dict[UUID, tuple[int, int]]
    reach: timedelta
    now: datetime
    returned: set[UUID] = field(default_factory=set)

    @property
    def offer(self) -> Offer:
        """The offer with the hosts of the series."""
        return self.whole.restricted_to(self.choice)

    def snapshot(
        self, start: datetime, span: tuple[datetime, datetime] | None = None, *, whole: bool = False
    ) -> AvailabilitySnapshot:
        """What decides about one date, or about the starts of a span around it."""
        wide = span or (start, start + timedelta(seconds=1))
        first, last = seconds(wide[0] - self.reach), seconds(wide[1] + self.reach)
        near = {
            id_: [busy for busy in claims if busy.start < last and busy.end > first]
            for id_, claims in self.claims.items()
        }
        offer = self.whole if whole else self.offer
        seen = timetable(offer, near, wide, self.length, self.now, self.made)
        return AvailabilitySnapshot(offer, seen, False, self.choice, ())

    def holiday_of(self, start: datetime) -> str | None:
        """The name of the holiday that a start falls on, if it does."""
        on = start.astimezone(self.whole.rules.zone).date()
        return self.whole.holidays.get(day_number(on))

    def beyond(self, start: datetime) -> list[Reason]:
        """The booker's limits that one more date is too many for."""
        adds = (seconds(start), seconds(start + self.length))
        limits = self.whole.rules.limits_of(LimitScope.BOOKER)
        return [
            limit.reason for limit in limits if limit.is_used_up(self.whole.rules.zone, self.of_booker, adds)
        ]

    def add(self, booking: Booking, found: allocation_plan.Allocation) -> None:
        """Let a planned booking stand, so that the next dates see it."""
        for id_, busy in allocation_plan.virtual_claims(found, booking):
            self.claims.setdefault(id_, []).append(busy)
        times = (seconds(booking.starts_at), seconds(booking.ends_at))
        self.made.append(times)
        self.of_booker.append(times)
        if found.chosen and found.chosen.is_turn:
            self._charge(charges(found.chosen.decision.candidates, found.chosen.hosts), found.chosen.hosts)

    async def give_back(self, tx: Tx, booking: Booking) -> None:
        """A booking goes to another host: its turn is not theirs any more."""
        turn = await round_robin.turn_of(tx, booking.id)
        if turn is not None:
            self._charge({key: -change for key, change in turn.charges().items()}, ())
        self.returned.add(booking.id)

    def _charge(self, changes: Mapping[Hashable, int], chosen: Sequence[UUID]) -> None:
        for key, change in changes.items():
            host = UUID(str(key))
            balance, last = self.standings.get(host, (0, 0))
            since = seconds(self.now) if host in chosen else last
            self.standings[host] = (balance + change, since)


async def load_state(
    tx: Tx,
    offer: Offer,
    choice: HostPreference,
    minutes: int,
    slots: Sequence[Occurrence],
    now: datetime,
    ignoring: Sequence[UUID] = (),
    *,
    email: str = "",
) -> PlanningState:
    """Read, in one statement, the claims around all dates: of each the whole local day."""
    length = timedelta(minutes=minutes)
    reach = snapshots.search_margin(offer, length)
    zone = offer.rules.zone
    days = [day_span(zone, slot.start.astimezone(zone).date()) for slot in slots]
    beyond = int(reach.total_seconds())
    spans = union((first - beyond, last + beyond) for first, last in days)
    moments = [(instant(first), instant(last)) for first, last in spans]
    rows = await busy_queries.claims_in_spans(tx, offer.members, moments, offer.longest, now, ignoring)
    made: list[tuple[int, int]] = []
    if offer.rules.limits_of(LimitScope.OFFER):
        made = await busy_queries.booking_spans(
            tx, offer.resource.id, moments[0][0], moments[-1][1], now, ignoring
        )
    own: list[tuple[int, int]] = []
    if email and offer.rules.limits_of(LimitScope.BOOKER):
        month = timedelta(days=32)
        since, until = moments[0][0] - month, moments[-1][1] + month
        own = await busy_queries.booking_spans(
            tx, offer.resource.id, since, until, now, ignoring, email=email
        )
    takes_turns = offer.restricted_to(choice).takes_turns
    standings = await round_robin.standings(tx, offer.resource.id) if takes_turns else {}
    return PlanningState(offer, choice, length, claims_by_member(rows), made, own, standings, reach, now)
