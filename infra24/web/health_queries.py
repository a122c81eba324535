"""The statement that tries whether the database can write."""

from typing import Any

from psycopg import AsyncConnection


async def try_writing(connection: AsyncConnection[Any]) -> None:
    """Write a page and take it back. Raises what PostgreSQL says when that cannot be done."""
    async with connection.transaction(force_rollback=True):
        await connection.execute("INSERT INTO write_checks (filler) VALUES (repeat('x', 7900))")
