"""Fixtures: a forger of tokens, and a client for scenarios that ask it."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import loopback
from tests.auth.servers import Forger, Scenario, forging


@pytest.fixture
def forger() -> Iterator[Forger]:
    with forging() as found:
        yield found


@pytest.fixture
def told() -> Callable[[Scenario], Any]:
    """Runs an async scenario with a client of its own."""

    def go(scenario: Scenario) -> Any:
        async def main() -> Any:
            client = loopback.OutboundClient()
            try:
                return await scenario(client)
            finally:
                await client.aclose()

        return asyncio.run(main())

    return go
