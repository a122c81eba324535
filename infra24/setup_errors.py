"""What goes wrong while an installation is set up, as sentences: settings, the database, files.

This is the one place that reads the errors of pydantic and psycopg for people. PostgreSQL gives a failed
connection no code, only words, so its kinds are told by them; what is not known is repeated as it was said.
"""

import json
import os
import re

import psycopg
from pydantic import ValidationError
from pydantic_settings import SettingsError

from infra24.errors import DomainError, Invalid, Unavailable, operator_text
from infra24.settings import Settings, variable_of


class WrongSettings(Invalid):
    """Some settings are not valid."""


class WrongDatabaseUrl(Invalid):
    """DATABASE_URL or INFRA24_OWNER_DATABASE_URL is not the address of a PostgreSQL database. Write
    postgresql://user:password@host:5432/name."""


class DatabaseUnreachable(Unavailable):
    """The database cannot be used. Check DATABASE_URL and the log of the database server."""


class DatabaseNotRunning(DatabaseUnreachable):
    """The database server does not answer. Start it, or correct host and port in DATABASE_URL."""


class UnknownDatabaseHost(DatabaseUnreachable):
    """The host of the database cannot be found. Correct it in DATABASE_URL."""


class WrongDatabasePassword(DatabaseUnreachable):
    """The database server refuses this user or password. Correct them in DATABASE_URL; write @, / and : in a
    password as %40, %2F and %3A."""


class UnknownDatabase(DatabaseUnreachable):
    """The server has no database of this name. Create it (createdb), or correct the name in DATABASE_URL."""


class DatabaseForbidsHost(DatabaseUnreachable):
    """The database server does not allow this connection. Allow this host and user in its pg_hba.conf."""


class DatabaseFull(DatabaseUnreachable):
    """Every connection of the database server is taken. Raise max_connections or lower INFRA24_POOL_SIZE."""


class RightsMissing(DatabaseUnreachable):
    """The database role lacks a right. The role that migrates must own the database and have CREATEROLE;
    if DATABASE_URL names another role, set INFRA24_OWNER_DATABASE_URL."""


class SchemaMissing(Unavailable):
    """The database schema is missing or out of date. Run `infra24 migrate`."""


class FileUnusable(Unavailable):
    """A file cannot be used. Correct its permissions, or choose another folder in INFRA24_DATA_DIR."""


_CONNECTION_KINDS: tuple[tuple[str, type[DatabaseUnreachable]], ...] = (
    (r"permission denied", RightsMissing),
    (
        r"password authentication failed|no password supplied|role \".*\" does not exist",
        WrongDatabasePassword,
    ),
    (r"database \".*\" does not exist", UnknownDatabase),
    (r"no pg_hba.conf entry|authentication failed", DatabaseForbidsHost),
    (r"too many clients|remaining connection slots|too many connections", DatabaseFull),
    (r"failed to resolve host|could not translate host name", UnknownDatabaseHost),
    (
        r"refused|No such file|timeout|timed out|Servname|starting up|shutting down|closed the connection|"
        r"pool initialization incomplete|unreachable",
        DatabaseNotRunning,
    ),
)


_NO_ROLE_YET = re.compile(r'role "infra24_(app|sweep|accounts)\w*" does not exist')


def explained(error: Exception) -> DomainError | None:
    """What an error means to whoever sets an installation up, with what to do; None when it is not known."""
    match error:
        case DomainError():
            return error
        case psycopg.Error() if _NO_ROLE_YET.search(str(error)):
            return SchemaMissing()
        case ValidationError() if error.title == Settings.__name__:
            return WrongSettings(operator_text("\n".join(_wrong_values(error))))
        case SettingsError():
            return WrongSettings(operator_text(_wrong_json(error)))
        case psycopg.errors.UndefinedTable() | psycopg.errors.UndefinedColumn():
            return SchemaMissing()
        case psycopg.errors.InsufficientPrivilege():
            return _with_words(RightsMissing, error)
        case psycopg.OperationalError():
            return _with_words(_kind_of(error), error)
        case psycopg.ProgrammingError() if "connection info" in str(error) or "URI" in str(error):
            return WrongDatabaseUrl()  # its own words may repeat the password
        case OSError() if error.filename:
            return _with_words(FileUnusable, error)
        case _:
            return None


_WORDS = {
    "int_parsing": "is not a whole number",
    "float_parsing": "is not a number",
    "tuple_type": "is not a JSON list",
    "int_parsing_size": "is too large",
    "too_short": "is too short",
}


def _wrong_values(error: ValidationError) -> list[str]:
    """A line for each wrong value and an example. The value is not repeated: it may be a secret."""
    lines = []
    for wrong in error.errors(include_url=False, include_input=False):
        name, *inside = (str(part) for part in wrong["loc"])
        said = _WORDS.get(wrong["type"], str(wrong["msg"]).removeprefix("Value error, "))
        lines.append(": ".join((variable_of(name), *([".".join(inside)] if inside else []), said)))
        lines.append(f"  {_example(name)}")
    return list(dict.fromkeys(lines))


def _wrong_json(error: SettingsError) -> str:
    found = re.search(r'field "(\w+)"', str(error))
    name = found[1] if found else ""
    variable = variable_of(name)
    try:
        json.loads(os.environ.get(variable, ""))
        where = "not valid"
    except ValueError as wrong:
        where = f"not JSON: {wrong}"
    return f"{variable}: {where}\n  {_example(name)}"


def _example(name: str) -> str:
    field = Settings.model_fields.get(_field_of(name))
    return f"Example: {field.examples[0]}" if field and field.examples else ""


def _field_of(name: str) -> str:
    """pydantic names a field by its alias, where it has one."""
    return next((known for known in Settings.model_fields if name in (known, variable_of(known))), name)


def _kind_of(error: psycopg.OperationalError) -> type[DatabaseUnreachable]:
    said = str(error)
    return next((kind for words, kind in _CONNECTION_KINDS if re.search(words, said)), DatabaseUnreachable)


def _with_words(kind: type[DomainError], error: Exception) -> DomainError:
    """The sentence of a kind, and below it the first line of what was said."""
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return kind(operator_text(f"{kind().message}\n  ({said})"))
