"""One embedded server for the run, one database per worker, everything real."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import psycopg
import pytest

from infra24 import migrations
from infra24.app import compose
from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.embedded import EmbeddedServer
from infra24.roles import Roles
from infra24.settings import Settings
from infra24.worker import Worker
from tests import scenarios
from tests.factories import Shop, found_shop
from tests.serving import NOW, Clock
from tests.terminal import Terminal

_FOLDER = "INFRA24_TEST_SERVER"
_LONG = ("browser", "races", "analytics", "mail", "web")

# CI tries the same examples each time, so that a change and not luck decides; everyone else explores.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


def pytest_configure(config: pytest.Config) -> None:
    """The controller names the server's folder; its workers find the name in their environment.

    On a busy machine requests wait as long as they must: what is tested is the answer.
    """
    os.environ.setdefault("INFRA24_POOL_TIMEOUT", "120")
    if _FOLDER not in os.environ:
        folder = tempfile.mkdtemp(prefix="infra24-tests-")
        Path(folder).chmod(0o755)
        os.environ[_FOLDER] = folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long modules first: two workers end at the same time when only short ones are left."""
    items.sort(key=lambda item: next(
        (place for place, name in enumerate(_LONG) if item.nodeid.startswith(f"tests/{name}")), len(_LONG)
    ))  # fmt: skip


@pytest.fixture(scope="session")
def server_url() -> Iterator[Callable[[str], str]]:
    """Addresses of databases on the test server: the embedded one, or the one that TEST_DATABASE_URL names."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield lambda database: psycopg.conninfo.make_conninfo(named, dbname=database)
        return
    with EmbeddedServer(Path(os.environ[_FOLDER])) as server:
        with psycopg.connect(server.url_of("postgres"), autocommit=True) as owner:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nothing here has to be kept
                owner.execute(f"ALTER SYSTEM SET {setting} = off")
            owner.execute("SELECT pg_reload_conf()")
        yield server.url_of


@pytest.fixture(scope="session")
def make_database(server_url: Callable[[str], str]) -> Iterator[Callable[[], str]]:
    """Makes empty, migrated databases; they go with the run."""
    made: list[str] = []

    def make() -> str:
        name = f"t{uuid4().hex[:12]}"
        with psycopg.connect(server_url("postgres"), autocommit=True) as owner:
            owner.execute(f"CREATE DATABASE {name}")
        made.append(name)
        migrations.migrate(server_url(name))
        return server_url(name)

    yield make
    scenarios.close()
    with psycopg.connect(server_url("postgres"), autocommit=True) as owner:
        for name in made:
            owner.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            for role in Roles.of(name):
                owner.execute(f"DROP ROLE IF EXISTS {role}")


@pytest.fixture(scope="session")
def database_url(make_database: Callable[[], str]) -> str:
    """This worker's database."""
    return make_database()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    """A terminal in which commands are typed, with a data folder of its own."""
    return Terminal(monkeypatch, capsys, str(tmp_path / "data"))


@pytest.fixture
def clock() -> Clock:
    """A clock that tests set: Friday 20 November 2026, noon in London, unless they say otherwise."""
    return Clock(NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a test installation."""
    return Settings(data_dir=tmp_path, secret="a secret of the tests, long enough")


@pytest.fixture
def tokens(settings: Settings) -> Tokens:
    return Tokens(settings.keyring())


@pytest.fixture
def owner(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """The owner's connection, for what the application may not do."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def empty_queue(owner: psycopg.Connection[Any]) -> None:
    """No job, event, notification or request waits: those of earlier tests in this database are passed over."""
    owner.execute("DELETE FROM procrastinate_jobs")
    owner.execute("DELETE FROM notifications")
    owner.execute("UPDATE event_heads SET due_at = NULL")
    owner.execute(
        "INSERT INTO event_cursors (org_id, subscriber, seq) SELECT h.org_id, s.name, h.seq "
        "FROM event_heads h, event_subscribers s "
        "ON CONFLICT (org_id, subscriber) DO UPDATE SET seq = excluded.seq"
    )
    owner.execute("UPDATE booking_requirements SET due_at = 'infinity' WHERE met_at IS NULL")


@asynccontextmanager
async def opened(settings: Settings, url: str, clock: Clock) -> AsyncIterator[Database]:
    database, _ = compose(settings, url, clock)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
def run(
    settings: Settings, database_url: str, clock: Clock
) -> Callable[[Callable[[Database], Awaitable[Any]]], Any]:
    """Runs an async scenario against this worker's database."""

    def go(scenario: Callable[[Database], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            async with opened(settings, database_url, clock) as database:
                return await scenario(database)

        return asyncio.run(main())

    return go


@pytest.fixture
def with_worker(
    settings: Settings, database_url: str, clock: Clock, empty_queue: None
) -> Callable[[Callable[[Database, Worker], Awaitable[Any]]], Any]:
    """Runs an async scenario with the database and the worker."""

    def go(scenario: Callable[[Database, Worker], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            database, worker = compose(settings, database_url, clock)
            await database.open()
            try:
                return await scenario(database, worker)
            finally:
                await database.close()

        return asyncio.run(main())

    return go


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    """A fresh organization with two hosts, offers of several kinds, and its key."""
    return found_shop(database_url, settings, clock)
