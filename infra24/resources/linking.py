"""Linked spaces: a whole that takes its parts, and resources that cannot be used at the same time.

"Not both of these" is a part that the two share: a resource of one unit that stands for nothing else.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from infra24.availability.json_reader import Problems, shown
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.resources import linking_queries as queries
from infra24.resources.model import PartsInUse
from infra24.resources.needs import ResourceIndex, ResourceRef


async def link(
    tx: Tx,
    resource_id: UUID,
    parts: Sequence[str],
    excludes: Sequence[str],
    directory: ResourceIndex,
    now: datetime,
) -> None:
    """Make these the parts of a resource, and these what excludes it.

    Raises ValidationFailed for what is not known, would go in a circle or has several units, PartsInUse
    while bookings to come would not hold what is linked now.
    """
    problems: Problems = {}
    wanted = _ids(problems, "parts", parts, directory)
    apart = _ids(problems, "excludes", excludes, directory)
    by_id = {known.id: known for known in directory}
    own = by_id[resource_id]
    _check(problems, own, wanted, apart, by_id)
    if own.setup_anywhere and await queries.is_part(tx, resource_id):
        problems["layouts"] = Message("what is a part of another cannot have layouts")
    if not problems and await queries.wholes_among(tx, wanted, resource_id):
        problems["parts"] = Message("would create a loop: one of these already contains this resource")
    if problems:
        raise ValidationFailed(problems)
    before = set(await queries.parts_of(tx, resource_id))
    links = [await _shared(tx, resource_id, other, by_id[other].title, own.title) for other in apart]
    await queries.set_parts(tx, resource_id, [*wanted, *links])
    await queries.drop_lone_links(tx)
    for whole in {resource_id, *apart}:
        added = set(await queries.parts_of(tx, whole)) - (before if whole == resource_id else set())
        if added and await queries.has_coming_claims_without(tx, whole, sorted(added), now):
            raise PartsInUse()


def _check(
    problems: Problems,
    own: ResourceRef,
    wanted: list[UUID],
    apart: list[UUID],
    by_id: dict[UUID, ResourceRef],
) -> None:
    """What cannot be linked, whatever stands: by its path."""
    if (wanted or apart) and own.capacity != 1:
        problems["parts" if wanted else "excludes"] = Message(
            "only resources with a capacity of 1 can be linked"
        )
    for key, ids in (("parts", wanted), ("excludes", apart)):
        for number, id_ in enumerate(ids):
            if id_ == own.id:
                problems[f"{key}[{number}]"] = Message("cannot be the resource itself")
            elif by_id[id_].capacity is None:
                problems[f"{key}[{number}]"] = Message("%(title)s is never occupied", title=by_id[id_].title)
            elif key == "excludes" and by_id[id_].capacity != 1:
                problems[f"{key}[{number}]"] = Message("only resources with a capacity of 1 can be linked")
    for key, ids in (("parts", wanted), ("excludes", apart)):
        if ids and (own.setup_anywhere or any(by_id[id_].setup_anywhere for id_ in ids)):
            problems[key] = Message("what has layouts cannot be linked")


async def _shared(tx: Tx, one: UUID, other: UUID, title: str, own: str) -> UUID:
    """The part that two resources share because they exclude each other: found, or made."""
    found = await queries.shared_link(tx, one, other)
    return found or await queries.add_link(tx, one, other, f"Not both: {own}, {title}"[:200])


def _ids(problems: Problems, key: str, names: Sequence[str], directory: ResourceIndex) -> list[UUID]:
    found: list[UUID] = []
    for number, name in enumerate(names):
        known = next((k for k in directory if name in (k.slug, str(k.id), k.email)), None)
        if known is None or known.is_type:
            problems[f"{key}[{number}]"] = Message(
                "%(value)s is not a resource of this organization", value=shown(name)
            )
        elif known.id not in found:
            found.append(known.id)
    return found
