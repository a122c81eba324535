"""A mail server, and scenarios with the deliveries of two workers."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from infra24.app import compose
from infra24.settings import Settings
from tests.mail.servers import Mailbox, mail_server
from tests.notifications.sending import with_server
from tests.serving import Clock


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def by_mail(settings: Settings, box: Mailbox) -> Iterator[Settings]:
    with mail_server(box) as port:
        yield with_server(settings, port)


@pytest.fixture
def sending(database_url: str, clock: Clock, empty_queue: None) -> Any:
    """Runs a scenario with a database and the deliveries of two workers."""

    def go(settings: Settings, scenario: Any) -> Any:
        async def main() -> Any:
            database, one = compose(settings, database_url, clock)
            other = compose(settings, database_url, clock)[1]
            await database.open()
            await other.database.open()
            try:
                return await scenario(database, one.notifications, other.notifications)
            finally:
                await other.database.close()
                await database.close()

        return asyncio.run(main())

    return go
