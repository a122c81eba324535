"""A connection that is lost while the database saves: the answer says so, and the same key does it once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra24.app import create_app
from infra24.settings import Settings
from tests import loopback
from tests.factories import Shop
from tests.serving import Clock
from tests.web.test_bookings_api import body

COMMIT = b"COMMIT\x00"


class Wire:
    """Stands between the application and PostgreSQL, and cuts the connection at a COMMIT that it was told of."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.left = 0
        self.forwards = False

    def cut(self, commit: int, *, forwards: bool) -> None:
        """Cut at the n-th COMMIT from now, before PostgreSQL has it or after it has done it."""
        self.left, self.forwards = commit, forwards

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(self.server)
        back = asyncio.create_task(_copy(theirs, writer))
        try:
            while data := await reader.read(65_536):
                if COMMIT in data and self.left:
                    self.left -= 1
                    if not self.left:
                        back.cancel()
                        await asyncio.gather(back, return_exceptions=True)
                        await self._last(data, theirs, ours)
                        return
                ours.write(data)
        finally:
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            for end in (ours, writer):
                end.close()
                with suppress(OSError):
                    await end.wait_closed()

    async def _last(self, data: bytes, theirs: asyncio.StreamReader, ours: asyncio.StreamWriter) -> None:
        """Hand on the COMMIT or not; when it is handed on, wait until PostgreSQL says that it is done."""
        if not self.forwards:
            return
        ours.write(data)
        seen = b""
        while b"COMMIT\x00Z" not in seen:
            more = await theirs.read(65_536)
            assert more, "the server ended"
            seen += more


async def _copy(theirs: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await theirs.read(65_536):
        writer.write(data)


@asynccontextmanager
async def wired(settings: Settings, url: str, clock: Clock, folder: Path) -> AsyncIterator[tuple[Any, Wire]]:
    """A client of the application, whose database is at the other end of a wire."""
    name = ".s.PGSQL.5432"
    wire = Wire(f"{conninfo_to_dict(url)['host']}/{name}")
    listening = await asyncio.start_unix_server(wire.carry, str(folder / name))
    app = create_app(settings, make_conninfo(url, host=str(folder)), clock)
    async with listening, app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app)
        async with loopback.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield client, wire


@pytest.fixture
def tell(
    settings: Settings, database_url: str, clock: Clock, tmp_path: Path, owner: psycopg.Connection[Any]
) -> Callable[..., Any]:
    if not conninfo_to_dict(database_url).get("host", "").startswith("/"):
        pytest.skip("the wire is a socket of this machine")

    def go(scenario: Callable[[Any, Wire], Any]) -> Any:
        async def main() -> Any:
            async with wired(settings, database_url, clock, tmp_path) as (client, wire):
                return await scenario(client, wire)

        return asyncio.run(main())

    return go


@pytest.mark.parametrize("forwards", [True, False], ids=["after it was done", "before it was done"])
def test_a_request_repeated_after_a_lost_commit_is_done_once(
    tell: Callable[..., Any], shop: Shop, owner: psycopg.Connection[Any], forwards: bool
) -> None:
    async def scenario(client: Any, wire: Wire) -> tuple[Any, Any, int]:
        headers = {"idempotency-key": "lost-9f1c7e0ab34d4c52a6b1"}
        wire.cut(2, forwards=forwards)  # the first COMMIT takes the key
        first = await client.post("/api/bookings", json=body(shop), headers=headers)
        row = owner.execute("SELECT count(*) FROM bookings WHERE org_id = %s", (shop.org_id,)).fetchone()
        again = await client.post("/api/bookings", json=body(shop), headers=headers)
        return first, again, row[0] if row else -1

    first, again, made = tell(scenario)
    assert (first.status_code, first.json()["code"]) == (503, "outcome_unknown")
    assert "may have been done" in first.json()["detail"]
    assert "Idempotency-Key" in first.json()["detail"]
    assert first.headers["retry-after"]
    assert made == int(forwards), "the control: it was done before the connection was cut, or not"
    assert again.status_code == 201
    assert ("idempotency-replayed" in again.headers) is forwards
    row = owner.execute("SELECT count(*) FROM bookings WHERE org_id = %s", (shop.org_id,)).fetchone()
    assert row == (1,)


def test_a_key_whose_taking_was_lost_says_that_nothing_was_changed_and_can_be_used_at_once(
    tell: Callable[..., Any], shop: Shop
) -> None:
    async def scenario(client: Any, wire: Wire) -> tuple[Any, Any]:
        headers = {"idempotency-key": "early-9f1c7e0ab34d4c52a6b1"}
        wire.cut(1, forwards=True)
        first = await client.post("/api/bookings", json=body(shop), headers=headers)
        return first, await client.post("/api/bookings", json=body(shop), headers=headers)

    first, again = tell(scenario)
    assert (first.status_code, first.json()["code"]) == (503, "key_not_taken")
    assert first.headers["retry-after"] == "61", "if the commit comes late the key is given up by then"
    assert again.status_code == 201


def test_a_page_says_that_it_may_have_been_done(tell: Callable[..., Any], shop: Shop) -> None:
    async def scenario(client: Any, wire: Wire) -> Any:
        wire.cut(1, forwards=True)
        form = {"start": "2026-12-01T10:00:00Z", "minutes": "30"}
        page = f"/{shop.slug}/book/room"
        return await client.post(page, data=form, headers={"accept-language": "en"})

    answer = tell(scenario)
    assert answer.status_code == 503
    assert "It may have been done" in answer.text
    assert "Nothing was changed" not in answer.text


def test_a_sign_in_that_could_not_be_looked_at_is_no_failed_one(tell: Callable[..., Any]) -> None:
    async def scenario(client: Any, wire: Wire) -> tuple[set[int], Any]:
        form = {"email": "ada@example.org", "password": "wrong"}
        cut = set()
        for _ in range(22):  # two more than an account may fail
            wire.cut(3, forwards=True)  # after the attempt was counted for the address and the account
            cut.add((await client.post("/sign-in", data=form)).status_code)
        return cut, await client.post("/sign-in", data=form)

    cut, answer = tell(scenario)
    assert cut == {503}
    assert answer.status_code == 403
