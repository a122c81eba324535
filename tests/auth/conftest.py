"""Fixtures of the proofs: a forger, and a client for stories that ask it."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import loopback
from tests.auth.servers import Forger, Story, forging


@pytest.fixture
def forger() -> Iterator[Forger]:
    with forging() as found:
        yield found


@pytest.fixture
def told() -> Callable[[Story], Any]:
    """Runs an async story with a client of its own."""

    def go(story: Story) -> Any:
        async def main() -> Any:
            client = loopback.OutboundClient()
            try:
                return await story(client)
            finally:
                await client.aclose()

        return asyncio.run(main())

    return go
