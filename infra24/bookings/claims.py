"""What a booking occupies: its claims, which it keeps when it is moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Claim:
    """One unit of one resource from one instant to another, buffers included."""

    resource_id: UUID
    unit: int
    since: datetime
    until: datetime
    layout: str = ""


class ReleasedClaim(NamedTuple):
    """A claim that a booking has given up, which it may take again elsewhere."""

    booking_id: UUID
    id: int
    resource_id: UUID
    unit: int


def matched(
    released: Sequence[ReleasedClaim], wanted: Sequence[Claim]
) -> tuple[list[tuple[ReleasedClaim, Claim]], list[Claim], list[ReleasedClaim]]:
    """Which claim of a booking becomes which; those that are new; those that it no longer has.

    The same unit of the same resource first, then the same resource, then whatever is left.
    """
    left, rest = list(released), list(wanted)
    kept: list[tuple[ReleasedClaim, Claim]] = []
    for likeness in (_same_unit, _same_resource, _any):
        for claim in list(rest):
            former = next((one for one in left if likeness(one, claim)), None)
            if former is not None:
                kept.append((former, claim))
                left.remove(former)
                rest.remove(claim)
    return kept, rest, left


def _same_unit(former: ReleasedClaim, claim: Claim) -> bool:
    return (former.resource_id, former.unit) == (claim.resource_id, claim.unit)


def _same_resource(former: ReleasedClaim, claim: Claim) -> bool:
    return former.resource_id == claim.resource_id


def _any(_former: ReleasedClaim, _claim: Claim) -> bool:
    return True
