"""All that is kept of one organization, written into one file: JSON lines, as of one instant."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import orjson

from infra24.errors import Conflict
from infra24.organizations import tenant_queries
from infra24.organizations.tenant_queries import JOBS, Owner


class ExportExists(Conflict):
    """There is an export by that name already. Move it away, or name another file."""


_LEFT_OUT = {"org_connections": frozenset({"secret"})}
"""What opens services outside is of no use in a file, but to a thief who has the installation's secret."""


def export(owner: Owner, org_id: UUID, file: Path) -> dict[str, int]:
    """Write every row of the organization, and how many of each table: the last line, and the answer.

    Each line is {"table": …, "row": …}. The rows are those of one instant, whatever is booked meanwhile. The
    file can be read by its owner only: it holds people's data. Raises ExportExists; OSError when it
    cannot be written, and then there is no file of that name.
    """
    if file.exists():
        raise ExportExists()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f"{file.name}.part")
    counts: dict[str, int] = {}
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:  # noqa: PTH123
        with owner.transaction():
            owner.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for table in ("organizations", *tenant_queries.tables(owner)):
                counts[table] = _write(out, table, tenant_queries.rows(owner, table, org_id))
            counts[JOBS] = _write(out, JOBS, tenant_queries.jobs(owner, org_id))
        out.write(orjson.dumps({"rows": counts}) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    part.rename(file)
    return counts


def _write(out: IO[bytes], table: str, rows: Iterable[dict[str, Any]]) -> int:
    number, hidden = 0, _LEFT_OUT.get(table, frozenset())
    for number, row in enumerate(rows, 1):  # noqa: B007  the last one is the answer
        shown = {name: value for name, value in row.items() if name not in hidden}
        out.write(orjson.dumps({"table": table, "row": shown}) + b"\n")
    return number
