"""Connections to services outside: what is kept, who opens it, and another secret for the installation."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra24 import org_connections, rotation
from infra24.auth import DecryptionFailed, SecretBox
from infra24.db import Database
from infra24.org_connections import UnknownConnection
from infra24.server import Urls
from infra24.settings import Settings
from tests.factories import Shop
from tests.serving import NOW

LATER = NOW + timedelta(hours=1)
SECRET = {"password": "open sesame", "token": "t-1"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with a secret of its own."""
    return Settings(data_dir=tmp_path)


def test_a_connection_is_kept_changed_and_forgotten(run: Any, shop: Shop, settings: Settings) -> None:
    seals = SecretBox(settings.keyring())

    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            made = await org_connections.connect(
                tx, seals, "smtp", "Our mail", {"host": "mail.example.org"}, SECRET, NOW
            )
            plain = await org_connections.connect(
                tx, seals, "ics", "Holidays", {"url": "https://x"}, None, NOW
            )
        async with database.transaction(shop.org_id) as tx:
            assert await org_connections.get(tx, made.id) == made
            assert await org_connections.listed(tx) == [plain, made]
            assert await org_connections.listed(tx, ["smtp"]) == [made]
            assert await org_connections.secret_of(tx, seals, made.id) == SECRET
            with pytest.raises(UnknownConnection):
                await org_connections.secret_of(tx, seals, plain.id)
            changed = await org_connections.change(tx, seals, made.id, secret={"password": "new"}, now=NOW)
            assert (changed.label, changed.settings) == (made.label, made.settings)
            assert await org_connections.secret_of(tx, seals, made.id) == {"password": "new"}
            await org_connections.disconnect(tx, made.id)
            for gone in (org_connections.get(tx, made.id), org_connections.disconnect(tx, made.id)):
                with pytest.raises(UnknownConnection):
                    await gone

    run(scenario)


def test_a_secret_opens_for_its_own_connection_only_and_is_in_no_audit(
    run: Any, shop: Shop, settings: Settings, owner: psycopg.Connection[Any]
) -> None:
    seals = SecretBox(settings.keyring())

    async def made(database: Database) -> tuple[UUID, UUID]:
        async with database.transaction(shop.org_id) as tx:
            ours = await org_connections.connect(tx, seals, "smtp", "Ours", {}, SECRET, NOW)
            theirs = await org_connections.connect(tx, seals, "ics", "Theirs", {}, {"password": "x"}, NOW)
        return ours.id, theirs.id

    ours, theirs = run(made)
    owner.execute(
        "UPDATE org_connections SET secret = (SELECT secret FROM org_connections WHERE id = %s) WHERE id = %s",
        (ours, theirs),
    )

    async def copied(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            with pytest.raises(DecryptionFailed):
                await org_connections.secret_of(tx, seals, theirs)

    run(copied)

    async def changed(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            await org_connections.change(tx, seals, ours, secret={"password": "another"}, now=LATER)

    run(changed)
    entries = owner.execute(
        "SELECT subject, coalesce(before, '{}')::text || coalesce(after, '{}')::text FROM audit_entries WHERE org_id = %s AND subject = 'connection'",
        (shop.org_id,),
    ).fetchall()
    assert sum("secret_changed_at" in str(text) for _, text in entries) == 3, "given twice, then one changed"
    assert not any("password" in str(text) or "sesame" in str(text) for _, text in entries)


def test_another_organization_sees_none_of_them(run: Any, shop: Shop, settings: Settings) -> None:
    seals = SecretBox(settings.keyring())

    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            ours = await org_connections.connect(tx, seals, "smtp", "Ours", {}, SECRET, NOW)
        async with database.transaction(UUID(int=1)) as tx:
            assert await org_connections.listed(tx) == []
            with pytest.raises(UnknownConnection):
                await org_connections.change(tx, seals, ours.id, label="Mine", now=NOW)
            with pytest.raises(UnknownConnection):
                await org_connections.secret_of(tx, seals, ours.id)

    run(scenario)


def test_secrets_are_sealed_anew_in_every_organization(
    run: Any, shop: Shop, settings: Settings, database_url: str, owner: psycopg.Connection[Any]
) -> None:
    async def made(database: Database) -> UUID:
        async with database.transaction(shop.org_id) as tx:
            seals = SecretBox(settings.keyring())
            return (await org_connections.connect(tx, seals, "smtp", "Ours", {}, SECRET, NOW)).id

    id_ = run(made)
    rotation.new_current(settings)
    urls, column = Urls(database_url, database_url), "org_connections.secret"
    assert rotation.reseal(settings, urls)[column].sealed >= 1
    assert rotation.reseal(settings, urls)[column].sealed == 0, "begun again, there is no more"
    kept = settings.secret_file.read_text().splitlines()
    settings.secret_file.write_text(kept[0])  # the former secret is gone

    async def after(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            opened = await org_connections.secret_of(tx, SecretBox(settings.keyring()), id_)
            assert opened == SECRET

    run(after)
