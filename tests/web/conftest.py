"""A served application and a client, for everything that goes through HTTP."""

import asyncio
from collections.abc import Callable, Iterator

import httpx2
import pytest
from pydantic import SecretStr

from infra24 import people
from infra24.app import compose
from infra24.settings import Settings
from tests import loopback
from tests.factories import Shop
from tests.installation import Installation, installation
from tests.serving import NOW, Clock, serving


@pytest.fixture(scope="session")
def served_clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="session")
def base(database_url: str, tmp_path_factory: pytest.TempPathFactory, served_clock: Clock) -> Iterator[str]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("served"), secret="a secret of the tests, long enough"
    )
    with serving(settings, database_url, served_clock) as address:
        yield address


@pytest.fixture
def clock(served_clock: Clock) -> Clock:
    """The server's clock, put back before each test."""
    served_clock.at = NOW
    return served_clock


@pytest.fixture
def http(base: str) -> Iterator[httpx2.Client]:
    with loopback.Client(base_url=base, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def built(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with people, on a server of its own."""
    folder = tmp_path_factory.mktemp("house")
    settings = Settings(data_dir=folder, secret=SecretStr("a secret of the tests, long enough"))
    with installation(settings, database_url, Clock(NOW)) as found:
        yield found


@pytest.fixture
def here(built: Installation) -> Installation:
    """The same, at noon, with no try counted."""
    built.clock.at = NOW
    built.forget_tries()
    return built


@pytest.fixture
def key_with(
    database_url: str, settings: Settings, clock: Clock, shop: Shop
) -> Callable[..., dict[str, str]]:
    """Makes a key with some scopes; what a request shows."""

    def make(*scopes: str) -> dict[str, str]:
        async def scenario() -> str:
            database, _ = compose(settings, database_url, clock)
            await database.open()
            try:
                async with database.transaction(shop.org_id) as tx:
                    return await people.keys.make(tx, "a test", scopes, "tests", clock())
            finally:
                await database.close()

        return {"authorization": f"Bearer {asyncio.run(scenario())}"}

    return make
