"""/health says whether anything can be written, without a write for each who asks; what fails is logged."""

import asyncio
from typing import Any

import httpx2
import psycopg
import pytest

from infra24.app import create_app
from infra24.settings import Settings
from tests import loopback
from tests.serving import Clock

COUNTED = """
    CREATE SEQUENCE writes_seen;
    CREATE FUNCTION see_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        PERFORM nextval('writes_seen');
        {then}
        RETURN NEW;
    END $$;
    CREATE TRIGGER see_write BEFORE INSERT ON write_checks FOR EACH ROW EXECUTE FUNCTION see_write();
"""
FULL = "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';"


@pytest.mark.parametrize(("then", "status"), [("", 200), (FULL, 503)], ids=["free", "full"])
def test_health_tries_a_write_once_for_many_who_ask(
    settings: Settings,
    database_url: str,
    clock: Clock,
    owner: psycopg.Connection[Any],
    caplog: pytest.LogCaptureFixture,
    then: str,
    status: int,
) -> None:
    app = create_app(settings, database_url, clock)

    async def ask() -> list[Any]:
        transport = httpx2.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            loopback.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
        ):
            return await asyncio.gather(*(client.get("/health") for _ in range(10)))

    owner.execute(COUNTED.format(then=then))
    try:
        answers = asyncio.run(ask())
        seen = owner.execute("SELECT last_value FROM writes_seen").fetchone()
    finally:
        owner.execute("DROP FUNCTION see_write CASCADE; DROP SEQUENCE writes_seen")
    assert {answer.status_code for answer in answers} == {status}
    assert seen == (1,)
    assert owner.execute("SELECT count(*) FROM write_checks").fetchone() == (0,)
    if status == 503:
        assert {answer.json()["code"] for answer in answers} == {"cannot_write"}
        assert "No space left on device" in caplog.text


def test_a_full_disk_is_logged_wherever_it_is_met(
    run: Any, shop: Any, owner: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    from infra24 import organizations
    from infra24.db import Database, DatabaseDown

    async def scenario(database: Database) -> None:
        with pytest.raises(DatabaseDown):
            async with database.transaction(shop.org_id) as tx:
                await organizations.add_location(tx, "Annex", "2 Mill Lane")

    owner.execute(COUNTED.format(then=FULL).replace("write_checks", "locations"))
    try:
        run(scenario)
    finally:
        owner.execute("DROP FUNCTION see_write CASCADE; DROP SEQUENCE writes_seen")
    assert "No space left on device" in caplog.text
