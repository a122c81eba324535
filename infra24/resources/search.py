"""Finding resources among many: by type, place, tag and text."""

from dataclasses import dataclass
from uuid import UUID

from infra24.db import Tx
from infra24.resources import search_queries as queries
from infra24.resources.model import Resource

PAGE = 50


@dataclass(frozen=True, slots=True)
class ResourceFilter:
    """Which resources: empty says any. `types`: only appointment types, or everything but those.

    `archived`: only what is out of use, or only what is in use; `text` is looked for in what is said of it.
    """

    types: bool = False
    type: str = ""
    location: str = ""
    tag: str = ""
    text: str = ""
    archived: bool = False
    after: str = ""


async def search(tx: Tx, wanted: ResourceFilter, limit: int = PAGE) -> list[Resource]:
    """Those resources by slug, from the one after `wanted.after`."""
    return await queries.search(tx, wanted, limit)


async def count(tx: Tx, wanted: ResourceFilter) -> int:
    """How many those are."""
    return await queries.count(tx, wanted)


async def counts_by_location(tx: Tx) -> dict[UUID, int]:
    """How many resources, archived ones too, are at each location."""
    return await queries.counts_by_location(tx)
