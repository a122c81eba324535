"""The SQL statements that change and remove locations."""

from uuid import UUID

from infra24.db import Tx
from infra24.organizations.model import Location


async def get(tx: Tx, location_id: UUID) -> Location | None:
    """One location by its id."""
    row = await tx.row(
        "SELECT id, name, address FROM locations WHERE org_id = %s AND id = %s", (tx.org_id, location_id)
    )
    return Location(*row) if row else None


async def update(tx: Tx, location_id: UUID, name: str, address: str) -> Location | None:
    """Another name and address. A taken name is a unique violation."""
    row = await tx.row(
        "UPDATE locations SET name = %s, address = %s WHERE org_id = %s AND id = %s "
        "RETURNING id, name, address",
        (name, address, tx.org_id, location_id),
    )
    return Location(*row) if row else None


async def remove(tx: Tx, location_id: UUID) -> None:
    """A location that goes. One in use is a foreign key violation."""
    await tx.run("DELETE FROM locations WHERE org_id = %s AND id = %s", (tx.org_id, location_id))
