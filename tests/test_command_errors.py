"""A command that cannot go on says what is wrong and what to do, on standard error; no traceback."""

import socket
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from infra24 import setup_errors
from tests.terminal import Terminal

Refused = Callable[..., tuple[int, str]]


@pytest.fixture
def refused(terminal: Terminal, tmp_path: Path) -> Refused:
    """Types a command that cannot go on: its exit code, and its standard error."""

    def run(*words: str, **variables: str) -> tuple[int, str]:
        said = terminal(*words, **variables)
        assert said.out == ""
        assert not (tmp_path / "data").exists(), "nothing was begun"
        return said.code, said.err

    return run


@pytest.mark.parametrize(("variable", "value", "words"), [
    ("PORT", "abc", "is not a whole number"),
    ("PORT", "70000", "less than or equal to 65535"),
    ("INFRA24_PROVIDERS", '[{"slug": "hush"', "not JSON"),
    ("INFRA24_PROVIDERS", '[{"slug": "google", "client_secret": "hush"}]', "0.issuer: Field required"),
    ("INFRA24_ISSUERS", '[{"issuer": "https://hush"}]', "set audience or azp"),
    ("INFRA24_ISSUERS", "{}", "is not a JSON list"),
    ("INFRA24_TRUSTED_PROXIES", "localhost", "'localhost' is not an IP address or network"),
    ("INFRA24_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.5/8", "'10.0.0.5/8' is not an IP address or network"),
    ("INFRA24_PUBLIC_URL", "http://[", "write http:// or https://"),
    ("INFRA24_PUBLIC_URL", "hush.example.org", "write http:// or https://"),
    ("INFRA24_PUBLIC_URL", "ftp://hush.example.org", "write http:// or https://"),
    ("INFRA24_PUBLIC_URL", "https://hush.example.org/booking", "nothing after it"),
    ("INFRA24_PUBLIC_URL", "https://hush.example.org:port", "write http:// or https://"),
    ("INFRA24_OWNER_EMAIL", "hush", "must have an @-sign"),
])  # fmt: skip
def test_a_setting_that_is_not_valid_is_named_with_an_example_and_its_value_is_not_repeated(
    refused: Refused, variable: str, value: str, words: str
) -> None:
    code, error = refused("show", "oolite", **{variable: value})
    assert code == 2
    assert error.startswith(f"{variable}: ")
    assert words in error
    assert "Example: " in error
    assert "hush" not in error


def test_a_secret_that_is_too_short_is_refused_before_anything_starts(refused: Refused) -> None:
    code, error = refused("show", "oolite", INFRA24_SECRET="hush")
    assert code == 2
    assert "fewer than 32 bytes" in error
    assert "hush" not in error


def test_a_database_that_is_down_is_told_from_one_that_refuses(
    refused: Refused, server_url: Callable[[str], str], database_url: str
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, so that nobody else takes it; it does not listen
        url = f"postgresql://ada:hush@127.0.0.1:{closed.getsockname()[1]}/x"
        down = refused("migrate", DATABASE_URL=url)
    assert down[0] == 1
    assert "does not answer. Start it" in down[1]
    assert "hush" not in down[1]
    assert "no database of this name" in refused("migrate", DATABASE_URL=server_url("nowhere"))[1]
    stranger = make_conninfo(database_url, user="stranger")
    assert "refuses this user or password" in refused("migrate", DATABASE_URL=stranger)[1]
    assert (
        "host of the database cannot be found"
        in refused("migrate", DATABASE_URL="postgresql://x.invalid/x")[1]
    )
    code, error = refused("migrate", DATABASE_URL="nonsense:hush")
    assert code == 2
    assert "postgresql://user:password@host:5432/name" in error
    assert "hush" not in error
    assert "Run `infra24 migrate`" in refused("show", "oolite", DATABASE_URL=server_url("postgres"))[1]


def test_a_wrong_password_is_not_a_server_that_does_not_run() -> None:
    error = psycopg.OperationalError(
        'connection failed: FATAL:  password authentication failed for user "ada"'
    )
    found = setup_errors.explained(error)
    assert isinstance(found, setup_errors.WrongDatabasePassword)


def test_what_there_is_no_sentence_for_is_left_alone() -> None:
    assert setup_errors.explained(ValueError("a mistake of ours")) is None


def test_what_is_asked_for_and_not_there_is_not_called_an_id(refused: Refused, database_url: str) -> None:
    code, error = refused("show", "nobody", DATABASE_URL=database_url)
    assert code == 1
    assert error == "Organization not found. Check its slug or id.\n"


def test_a_port_that_is_taken_is_told_from_an_address_that_is_not_ours(refused: Refused) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"Port {port} is in use" in refused("serve", PORT=port)[1]
    code, error = refused("serve", INFRA24_HOST="192.0.2.1")
    assert code == 1
    assert "Correct INFRA24_HOST and PORT" in error


def test_a_folder_that_cannot_be_written_is_named(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, error = refused("migrate", INFRA24_DATA_DIR=str(tmp_path / "file" / "data"))
    assert code == 1
    assert str(tmp_path / "file") in error
    assert "INFRA24_DATA_DIR" in error
