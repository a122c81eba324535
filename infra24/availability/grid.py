"""The starts that the hours give a member, and those that are left when barriers are taken away."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import itemgetter

from infra24.availability.barriers import Barrier, for_member, hours_of, shut
from infra24.availability.inputs import AvailabilityInput, Member


def grid_of(timetable: AvailabilityInput, member: Member) -> list[int]:
    """The starts in the span that the hours of a member give, sorted."""
    first, last = timetable.span
    starts, _ = hours_of(timetable, member)
    return starts[bisect_left(starts, first) : bisect_left(starts, last)]


def barriers_of(timetable: AvailabilityInput, number: int, member: Member) -> list[Barrier]:
    """What removes starts for one member; where others say where bookings start, its closed hours too."""
    barriers = for_member(timetable, member, timetable.needs[number].units)
    if number != timetable.grid:
        barriers += shut(timetable, member)
    return barriers


def clear(starts: Sequence[int], barriers: Iterable[Barrier]) -> list[int]:
    """The starts that no barrier covers."""
    left: list[int] = []
    at = 0
    for low, high, _ in sorted(barriers, key=itemgetter(0)):
        if high <= starts[at] if at < len(starts) else True:
            continue
        until = bisect_left(starts, low, at)
        left += starts[at:until]
        at = bisect_left(starts, high, until)
    left += starts[at:]
    return left
