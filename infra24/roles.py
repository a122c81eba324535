"""The roles of one installation: three that own nothing, named after its database.

Roles belong to the whole server. Two installations on one server must not share them, or the application of
the one could read what the other keeps.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

import psycopg

_PLAIN = re.compile(r"[a-z0-9_]{1,40}")
_HOME = "infra24"


@dataclass(frozen=True, slots=True)
class Roles:
    """What the application acts as: in one organization, across them (read only), and on accounts.

    The names are plain words, which need no quotes in SQL.
    """

    app: str
    sweep: str
    accounts: str

    @classmethod
    def of(cls, database: str) -> "Roles":
        """Those of a database: `infra24_app` and so on, with the database's name unless that is infra24."""
        suffix = "" if database == _HOME else f"_{_word(database)}"
        return cls(f"infra24_app{suffix}", f"infra24_sweep{suffix}", f"infra24_accounts{suffix}")

    def __iter__(self) -> Iterator[str]:
        return iter(astuple(self))

    def written_into(self, script: str) -> str:
        """A script of the schema, which names the roles of the database infra24, for these ones."""
        names = {"app": self.app, "sweep": self.sweep, "accounts": self.accounts}
        return re.sub(r"\binfra24_(app|sweep|accounts)\b", lambda found: names[found[1]], script)


def of_connection(connection: psycopg.AsyncConnection[Any] | psycopg.Connection[Any]) -> Roles:
    """The roles of the database at the other end."""
    return Roles.of(connection.info.dbname)


async def become_application(connection: psycopg.AsyncConnection[Any]) -> None:
    """Act as the application's role on this connection, whoever logged in."""
    await connection.execute(f"SET ROLE {of_connection(connection).app}".encode(), prepare=False)
    await connection.commit()


def _word(database: str) -> str:
    """What sets the roles apart: the database's name, or a hash of a name that is no plain word."""
    if _PLAIN.fullmatch(database):
        return database
    return "h" + hashlib.sha256(database.encode()).hexdigest()[:40]
