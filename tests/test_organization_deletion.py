"""Deleting an organization: exported first, gone entirely, and nobody else's is touched."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from typer.testing import CliRunner

from infra24 import bookings, mail, people
from infra24.cli import app
from infra24.commands.organization_deletion import NotItsName
from infra24.db import Database
from infra24.organizations import UnknownOrganization, deletion
from infra24.organizations.export import export
from infra24.people import Role
from infra24.settings import Settings
from tests.factories import Shop, booking_request, found_shop
from tests.people import sign_in
from tests.serving import NOW, Clock

Run = Callable[[Callable[[Database], Any]], Any]
Owner = psycopg.Connection[Any]
AT = NOW + timedelta(days=3)


@pytest.fixture
def full(
    run: Run, shop: Shop, tokens: Any, owner: Owner, database_url: str, settings: Settings, clock: Clock
) -> Shop:
    """An organization with something in nearly every table."""
    sign_in(database_url, settings, clock, shop, Role.OWNER)

    async def scenario(database: Database) -> None:
        for n, name in enumerate(["room", "visit", "fair", "both", "asked"]):
            async with database.transaction(shop.org_id) as tx:
                await bookings.book(
                    tx, booking_request(shop.ids[name], AT + timedelta(hours=n)), tokens=tokens, now=NOW
                )
        async with database.transaction(shop.org_id) as tx:
            made = await bookings.book(tx, booking_request(shop.ids["wheels"], AT), tokens=tokens, now=NOW)
            mail.enqueue(tx, "booking_decided", org=tx.org_id, booking=made.id)
            await people.keys.make(tx, "a key", ("bookings:read",), "tests", NOW)
            await people.memberships.invite(
                tx, "eve@example.org", "Eve", Role.MEMBER, by="O", giver=Role.OWNER, now=NOW
            )

    run(scenario)
    link, series = uuid4(), uuid4()
    fill = {
        "org": shop.org_id,
        "room": shop.ids["room"],
        "mo": shop.ids["mo"],
        "link": link,
        "series": series,
    }
    for statement in (
        "INSERT INTO booking_links (org_id, id, slug, kind, title) VALUES (%(org)s, %(link)s, 'l', 'team', 'L')",
        "INSERT INTO booking_link_offers VALUES (%(org)s, %(link)s, %(room)s, 1)",
        "INSERT INTO booking_link_hosts VALUES (%(org)s, %(link)s, %(mo)s, 1)",
        "INSERT INTO series VALUES (%(org)s, %(series)s, %(room)s, 'FREQ=DAILY', now(), 'UTC', 30, true, now())",
        "UPDATE bookings SET link_id = %(link)s, series_id = %(series)s WHERE org_id = %(org)s",
        "INSERT INTO idempotency_keys VALUES (%(org)s, 'k', 'f', 201, '{}', now())",
        "INSERT INTO deletion_requests (org_id, email, name, asked_at) VALUES (%(org)s, 'a@b.org', 'A', now())",
        "INSERT INTO holidays VALUES (%(org)s, '2027-01-06', 'Epiphany')",
    ):
        owner.execute(statement, fill)  # type: ignore[arg-type]
    return shop


def test_a_full_organization_is_exported_deleted_in_small_steps_and_leaves_nothing(
    full: Shop, owner: Owner, database_url: str, settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    other = found_shop(database_url, settings, clock)
    untouched = deletion.left(owner, other.org_id)
    before = deletion.left(owner, full.org_id)
    assert sum(map(bool, before.values())) > 20, "the control: there is something in most tables"
    assert all(before[name] for name in ("bookings", "series", "resource_hosts", "booking_links", "memberships",
        "organization_keys", "audit_entries", "idempotency_keys", "procrastinate_jobs"))  # fmt: skip

    file = tmp_path / "all.jsonl"
    exported = export(owner, full.org_id, file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[-1] == {"rows": exported}
    assert Counter(line["table"] for line in lines[:-1]) == Counter(exported)
    assert {**exported, "organizations": 1} == {**before, "organizations": 1}
    assert file.stat().st_mode & 0o077 == 0

    gone = deletion.delete(owner, full.org_id, step=2)
    assert all(gone[name] >= number for name, number in before.items())
    assert not any(deletion.left(owner, full.org_id).values())
    assert owner.execute("SELECT 1 FROM organizations WHERE id = %s", (full.org_id,)).fetchone() is None
    assert deletion.left(owner, other.org_id) == untouched


def test_the_command_deletes_only_when_the_name_is_typed_again(
    shop: Shop, database_url: str, tmp_path: Path, owner: Owner
) -> None:
    def command(*words: str, typed: str = "") -> Any:
        environment = {"DATABASE_URL": database_url, "INFRA24_DATA_DIR": str(tmp_path), "COLUMNS": "200"}
        return CliRunner().invoke(app, ["organization", *words], input=typed, env=environment)

    wrong = command(shop.slug, "--delete", typed="another\n")
    assert isinstance(wrong.exception, NotItsName)
    assert deletion.left(owner, shop.org_id)["resources"]
    unknown = command("nobody", "--delete", "--yes", "nobody")
    assert isinstance(unknown.exception, UnknownOrganization)
    unwritable = command(shop.slug, "--delete", "--yes", shop.slug, "--to", "/proc/none/all.jsonl")
    assert isinstance(unwritable.exception, OSError)
    assert deletion.left(owner, shop.org_id)["resources"], "nothing goes without an export"
    done = command(shop.slug, "--delete", "--yes", shop.slug)
    assert done.exit_code == 0, done.output
    assert "is deleted" in done.output
    assert len(list((tmp_path / "exports").glob("*.jsonl"))) == 1
    assert not any(deletion.left(owner, shop.org_id).values())
