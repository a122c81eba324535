"""The locations of an organization: list, add, change, remove."""

from uuid import UUID

import psycopg

from infra24.db import Tx
from infra24.errors import Conflict, NotFound
from infra24.organizations import location_queries, queries
from infra24.organizations.model import Location


class LocationExists(Conflict):
    """There is already a location of that name."""


class UnknownLocation(NotFound):
    """Location not found. Choose one of the organization's locations."""


class LocationInUse(Conflict):
    """Some resources still use this location. Move them to another location first."""


async def locations(tx: Tx) -> list[Location]:
    """Its locations, by name."""
    return await queries.locations(tx)


async def add_location(tx: Tx, name: str, address: str) -> Location:
    """A new location. Raises LocationExists."""
    location = await queries.add_location(tx, name, address)
    if location is None:
        raise LocationExists()
    return location


async def location(tx: Tx, location_id: UUID) -> Location:
    """One location. Raises UnknownLocation."""
    found = await location_queries.get(tx, location_id)
    if found is None:
        raise UnknownLocation()
    return found


async def change_location(tx: Tx, location_id: UUID, name: str, address: str) -> Location:
    """Another name or address for a location. Raises UnknownLocation and LocationExists.

    Whoever remembers offers must be told: see `resources.bump_catalogue_version`.
    """
    try:
        async with tx.savepoint():
            found = await location_queries.update(tx, location_id, name, address)
    except psycopg.errors.UniqueViolation:
        raise LocationExists() from None
    if found is None:
        raise UnknownLocation()
    return found


async def remove_location(tx: Tx, location_id: UUID) -> None:
    """A location where nothing is any more. Raises UnknownLocation and LocationInUse."""
    await location(tx, location_id)
    try:
        async with tx.savepoint():
            await location_queries.remove(tx, location_id)
    except psycopg.errors.ForeignKeyViolation:
        raise LocationInUse() from None
