"""Changing the secret of an installation that runs: nothing that was sent or stored breaks."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pyotp
import pytest

from infra24 import bookings, people, rotation
from infra24.auth import SecretBox, SecretTooShort
from infra24.auth.tokens import Tokens
from infra24.bookings import UnknownBooking
from infra24.db import Database
from infra24.doctor import examine
from infra24.sealed import SEALED
from infra24.server import Urls
from infra24.settings import Settings
from tests.factories import Shop, booking_request
from tests.serving import NOW


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation that made its own secret."""
    return Settings(data_dir=tmp_path)


def test_a_rotation_seals_what_is_stored_anew_and_breaks_nothing_that_was_sent(
    run: Any, settings: Settings, shop: Shop, database_url: str, owner: psycopg.Connection[Any]
) -> None:
    ring = settings.keyring()  # as a process that runs has it
    tokens, seals = Tokens(ring), SecretBox(ring)
    secret = pyotp.random_base32()

    async def before(database: Database) -> tuple[UUID, list[str], UUID, str]:
        async with database.accounts() as tx:
            ada = await people.accounts.ensure(tx, f"{uuid4().hex}@people.example", "Ada", NOW)
            codes = await people.factors.add_app(tx, ada, secret, pyotp.TOTP(secret).at(NOW), seals, NOW)
        async with database.transaction(shop.org_id) as tx:
            made = await bookings.book(tx, booking_request(shop.ids["room"], NOW), tokens=tokens, now=NOW)
        return ada, codes, made.id, tokens.of(shop.org_id, made.id)

    ada, codes, booking_id, sent = run(before)
    rotation.new_current(settings)
    urls = Urls(database_url, database_url)
    assert rotation.reseal(settings, urls)["users.totp_secret"].sealed >= 1
    assert rotation.reseal(settings, urls)["users.totp_secret"].sealed == 0, "begun again, there is no more"
    (sealed,) = owner.execute("SELECT totp_secret FROM users WHERE id = %s", (ada,)).fetchone() or (b"",)
    assert bytes(sealed).startswith(SecretBox(settings.keyring()).mark)

    async def after(database: Database) -> None:
        later = pyotp.TOTP(secret).at(NOW + timedelta(seconds=30))
        async with database.accounts() as tx:
            for code in (later, codes[0]):
                account = await people.accounts.get(tx, ada)
                await people.factors.check_code(tx, account, code, seals, NOW)
        anew = tokens.of(shop.org_id, booking_id)
        assert anew != sent, "the process has read the new secret by now"
        async with database.transaction(shop.org_id) as tx:
            for token in (sent, anew):
                opened = await bookings.by_token(tx, token, tokens.booking_of(token))
                assert opened.id == booking_id

    run(after)
    kept = settings.secret_file.read_text().splitlines()
    settings.secret_file.write_text(kept[0])

    async def retired(database: Database) -> None:
        alone = Tokens(settings.keyring())
        async with database.transaction(shop.org_id) as tx:
            with pytest.raises(UnknownBooking):
                await bookings.by_token(tx, sent, alone.booking_of(sent))

    run(retired)


def test_tokens_from_before_they_named_their_booking_open_by_their_hash(
    run: Any, shop: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            made = await bookings.book(tx, booking_request(shop.ids["room"], NOW), tokens=tokens, now=NOW)
        old = "AAAAAAAAAAAAAAAAAAAAATRXiV0jv_7e5LzK875KJ9XANHmaJVkTpRb-Tedo22T2"
        owner.execute(
            "UPDATE bookings SET token_hash = sha256(%s::bytea) WHERE org_id = %s AND id = %s",
            (old.encode(), shop.org_id, made.id),
        )
        async with database.transaction(shop.org_id) as tx:
            opened = await bookings.by_token(tx, old, tokens.booking_of(old))
            assert opened.id == made.id

    run(scenario)


def test_every_sealed_column_is_sealed_anew(owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute(
        "SELECT c.relname || '.' || a.attname FROM pg_description d "
        "JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid "
        "WHERE d.description LIKE 'Sealed%'"
    ).fetchall()
    assert {name for (name,) in rows} == set(SEALED)


def test_a_secret_in_the_environment_is_not_rotated_by_the_command(tmp_path: Path) -> None:
    with pytest.raises(rotation.SecretSetElsewhere):
        rotation.new_current(Settings(data_dir=tmp_path, secret="x" * 32))
    assert not (tmp_path / "secret").exists()
    former = Settings(data_dir=tmp_path, secret="n" * 32, earlier_secrets=("x" * 32,)).keyring()
    assert [key.secret[:1] for key in former.keys] == [b"n", b"x"]
    with pytest.raises(SecretTooShort):
        Settings(data_dir=tmp_path, secret="short").keyring()


def test_doctor_says_who_can_read_the_secret(settings: Settings, database_url: str) -> None:
    def found() -> tuple[bool, str]:
        urls = Urls(database_url, database_url)
        (one,) = [one for one in examine(settings, urls) if one.part == "Secret"]
        return one.well, one.seen

    assert found()[0]
    assert settings.secret_file.stat().st_mode & 0o777 == 0o600
    settings.secret_file.chmod(0o644)
    assert found() == (False, f"others can read {settings.secret_file}")
    settings.secret_file.chmod(0o600)
    rotation.new_current(settings)
    assert settings.secret_file.stat().st_mode & 0o777 == 0o600
    assert "and 1 earlier" in found()[1]
