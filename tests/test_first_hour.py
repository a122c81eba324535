"""From an empty database to an organization whose owner is signed in; and the keys of an organization."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from infra24.commands import owners
from infra24.commands.installation import _say_first_step
from infra24.commands.terminal import console
from infra24.server import Urls
from infra24.settings import Settings
from tests import loopback
from tests.serving import Clock, serving
from tests.terminal import Terminal

ADA = "ada@example.org"


def test_an_empty_installation_says_what_to_do_until_its_first_owner_is_signed_in(
    terminal: Terminal, make_database: Callable[[], str], settings: Settings, clock: Clock
) -> None:
    url = make_database()
    secret = {"DATABASE_URL": url, "INFRA24_SECRET": settings.keyring().current.secret.decode()}
    empty = owners.begin(settings, Urls(url, url), ADA)
    assert empty == owners.Beginning((), ADA, None)
    with serving(settings, url, clock) as base, loopback.Client(base_url=base) as browser:
        front = browser.get("/").text
        assert "infra24 organization my-place" in front
        assert "cree en el servidor" in browser.get("/", headers={"accept-language": "es"}).text
        founded = terminal("organization", "first-place", "--name", "First", "--owner", ADA, **secret)
        assert founded.code == 0, founded.err
        link = re.search(r"http://localhost:\d+(/sign-in/link/\S+)", founded.out)
        assert link
        page = browser.get(link[1]).text
        csrf = re.search(r'name="csrf" value="([^"]+)', page)
        signed = browser.post(link[1], data={"csrf": csrf[1] if csrf else ""})
        assert signed.status_code == 303
        assert browser.get("/first-place/admin/settings").status_code == 200, "they own it"
        assert "my-place" not in browser.get("/").text
    assert owners.begin(settings, Urls(url, url), ADA) is None


def test_the_command_that_is_printed_can_be_typed_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INFRA24_DATA_DIR", str(tmp_path / "a b"))
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("INFRA24_SECRET", "one that is not printed")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with console.capture() as said:
        _say_first_step(owners.Beginning((), ADA, None))
    command = next(line for line in said.get().splitlines() if "organization my-place" in line)
    assert f"INFRA24_DATA_DIR='{tmp_path}/a b' PORT=8123 " in command
    program = shlex.split(command)[2:]
    assert Path(program[0]).exists(), "not a name that another terminal does not know"
    assert "INFRA24_SECRET" in said.get().partition("Set the same ")[2]
    assert "not printed" not in said.get()


def test_the_first_start_gives_what_is_there_to_the_owner_that_is_named_and_else_asks_for_one(
    terminal: Terminal, make_database: Callable[[], str], settings: Settings
) -> None:
    url = make_database()
    assert terminal("organization", "first-place", DATABASE_URL=url).code == 0
    nobody = owners.begin(settings, Urls(url, url), None)
    assert nobody == owners.Beginning(("first-place",), None, None)
    beginning = owners.begin(settings, Urls(url, url), ADA)
    assert beginning is not None
    assert beginning.link
    with psycopg.connect(url) as connection:
        members = connection.execute("SELECT email, role FROM memberships").fetchall()
    assert members == [(ADA, "owner")]


def test_an_owner_that_is_no_address_founds_nothing(terminal: Terminal, database_url: str) -> None:
    refused = terminal("organization", "no-owner", "--owner", "ada", DATABASE_URL=database_url)
    assert refused.code == 2
    assert "email: " in refused.err
    assert terminal("show", "no-owner", DATABASE_URL=database_url).code == 1


def test_keys_are_listed_and_revoked(terminal: Terminal, database_url: str) -> None:
    assert terminal("organization", "with-keys", DATABASE_URL=database_url).code == 0
    listed = terminal("keys", "list", "with-keys", DATABASE_URL=database_url)
    found = re.search(r"^([0-9a-f-]{36}) +command line +full access", listed.out, re.MULTILINE)
    assert found, listed.out
    assert "ik_" not in listed.out
    assert terminal("keys", "revoke", "with-keys", found[1], DATABASE_URL=database_url).code == 0
    again = terminal("keys", "revoke", "with-keys", found[1], DATABASE_URL=database_url)
    assert again.code == 1
    assert "revoked already" in again.err
    assert terminal("keys", "revoke", "with-keys", "1", DATABASE_URL=database_url).code == 1
