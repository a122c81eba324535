"""Finding organizations: by slug, by id, by what belongs to them."""

from collections import OrderedDict
from uuid import UUID

from infra24.db import Database, Tx
from infra24.errors import NotFound
from infra24.organizations import queries
from infra24.organizations.model import Organization, UnknownOrganization


class UnknownResource(NotFound):
    """Resource not found. Check its id or slug, and that it takes bookings."""


class Directory:
    """Remembers which organization a resource belongs to: that never changes."""

    def __init__(self, database: Database, size: int = 10_000) -> None:
        self.database = database
        self.size = size
        self._known: OrderedDict[UUID, UUID] = OrderedDict()

    async def org_of_resource(self, resource_id: UUID) -> UUID:
        """The organization of a resource. Raises UnknownResource."""
        known = self._known.get(resource_id)
        if known is not None:
            return known
        async with self.database.connection() as connection:
            found = await queries.org_of_resource(connection, resource_id)
        if found is None:
            raise UnknownResource()
        self._known[resource_id] = found
        if len(self._known) > self.size:
            self._known.popitem(last=False)
        return found

    async def find(self, wanted: str) -> Organization:
        """An organization by slug or id. Raises UnknownOrganization."""
        async with self.database.connection() as connection:
            found = await queries.find(connection, wanted)
        if found is None:
            raise UnknownOrganization()
        return found

    async def all(self) -> list[Organization]:
        """Every organization, by name."""
        async with self.database.connection() as connection:
            return await queries.listed(connection)


async def get(tx: Tx) -> Organization:
    """The organization of this transaction."""
    found = await queries.find(tx.connection, str(tx.org_id))
    if found is None:
        raise UnknownOrganization()
    return found
