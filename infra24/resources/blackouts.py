"""Closing resources on some dates, and opening them again: blackouts, one or many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.db import Tx
from infra24.errors import Conflict, ValidationFailed
from infra24.resources import catalogue_queries, search_queries
from infra24.resources.catalogue import get, update


class BlackoutGone(Conflict):
    """Someone else changed or removed this closing. Reload and try again."""


@dataclass(frozen=True, slots=True)
class Blackout:
    """A blackout in the rules of a resource: whose it is, and its place in their list."""

    resource_id: UUID
    slug: str
    title: str
    type: str
    time_zone: str | None
    number: int
    blackout: dict[str, Any]


async def add_blackout(
    tx: Tx, resource_ids: Sequence[UUID], blackout: Mapping[str, Any], now: datetime
) -> None:
    """Add one blackout to the rules of each of these. Raises ValidationFailed with the blackout's paths."""
    await catalogue_queries.lock_catalogue(tx)
    for id_ in resource_ids:
        rules = (await get(tx, id_)).availability_rules
        former = list(rules.get("blackouts") or ())
        if dict(blackout) in former:
            continue
        try:
            changed = {**rules, "blackouts": [*former, dict(blackout)]}
            await update(tx, id_, {"availability_rules": changed}, now)
        except ValidationFailed as refused:
            own = f"availability_rules.blackouts[{len(former)}]"
            raise ValidationFailed(
                {path.removeprefix(own).strip("."): said for path, said in refused.errors.items()}
            ) from None


async def remove_blackout(
    tx: Tx, resource_id: UUID, number: int, blackout: Mapping[str, Any], now: datetime
) -> None:
    """Take a blackout out of the rules of a resource. Raises BlackoutGone when another stands there."""
    await catalogue_queries.lock_catalogue(tx)
    rules = (await get(tx, resource_id)).availability_rules
    former = list(rules.get("blackouts") or ())
    if number >= len(former) or former[number] != dict(blackout):
        raise BlackoutGone()
    left = former[:number] + former[number + 1 :]
    changed = {key: value for key, value in rules.items() if key != "blackouts"}
    if left:
        changed["blackouts"] = left
    await update(tx, resource_id, {"availability_rules": changed}, now)


async def blackouts(tx: Tx) -> list[Blackout]:
    """Every blackout in the rules of what is in use, past ones too, in one statement."""
    return [
        Blackout(id_, slug, title, type_, rules.get("timezone"), number, blackout)
        for id_, slug, title, type_, rules in await search_queries.with_blackouts(tx)
        for number, blackout in enumerate(rules["blackouts"])
    ]
