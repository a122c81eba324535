"""The command line, as one types it on a fresh machine."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra24.embedded import EmbeddedServer
from tests.serving import free_port
from tests.terminal import Terminal


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands")


def infra24(data: Path, *words: str, port: int = 8000, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    environment |= {"INFRA24_DATA_DIR": str(data), "PORT": str(port), "COLUMNS": "200", **more}
    return subprocess.run(
        [sys.executable, "-m", "infra24", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_help_names_every_command() -> None:
    said = infra24(Path("unused"), "--help").stdout
    for command in ("serve", "worker", "migrate", "demo", "doctor", "organization"):
        assert command in said


@pytest.fixture(scope="class")
def own_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of the class's own: a worker may run its tests after the others of this module."""
    return tmp_path_factory.mktemp("terminal")


@pytest.fixture(scope="class")
def server(own_data: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(own_data) as server:
        yield server


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own_data: Path,
    server: EmbeddedServer,
) -> Terminal:
    return Terminal(monkeypatch, capsys, str(own_data))


class TestAtTheTerminal:
    """Commands one after the other, in this process, while the embedded database stays up."""

    def test_doctor_finds_everything_well_and_says_what_is_not(
        self, typed: Terminal, server: EmbeddedServer
    ) -> None:
        typed("migrate")
        well = typed("doctor")
        assert well.code == 0, well.out
        assert "the database forbids it" in well.out
        with psycopg.connect(server.url, autocommit=True) as owner:
            owner.execute("ALTER TABLE claims RENAME CONSTRAINT claims_never_overlap TO hidden")
            ill = typed("doctor", INFRA24_PUBLIC_URL="https://book.example.org")
            owner.execute("ALTER TABLE claims RENAME CONSTRAINT hidden TO claims_never_overlap")
        assert ill.code == 1
        assert "restore the constraint" in ill.out
        assert "all visitors share one rate limit" in ill.out
        assert "INFRA24_TRUSTED_PROXIES" in ill.out

    def test_demo_loads_four_organizations_and_twice_is_once(self, typed: Terminal) -> None:
        first = typed("demo")
        assert first.code == 0, first.err
        assert len(re.findall(r"ik_[\w-]{60,}", first.out)) == 4
        assert "already there" in typed("demo").out

    def test_the_outbox_lists_what_failed(self, typed: Terminal, server: EmbeddedServer) -> None:
        assert "Nothing has failed." in typed("outbox", "oolite").out
        with psycopg.connect(server.url, autocommit=True) as owner:
            owner.execute(
                "INSERT INTO notifications (org_id, id, kind, channel, recipient, dedupe_key, state, reason, "
                "planned_at, created_at, done_at) SELECT id, gen_random_uuid(), 'booking_reminder', 'email', "
                "'x@example.org', 'x', 'failed', '550 no such person', now(), now(), now() "
                "FROM organizations WHERE slug = 'oolite'"
            )
        listed = typed("outbox", "oolite", "--kind", "message").out
        assert "booking_reminder" in listed
        assert "550 no such person" in listed
        assert "1 tried again" in typed("outbox", "oolite", "--retry").out

    def test_a_secret_is_rotated(self, typed: Terminal, own_data: Path) -> None:
        done = typed("secrets", "rotate")
        assert done.code == 0, done.err
        assert "users.totp_secret: 0 re-encrypted." in done.out
        kept = (own_data / "secret").read_text().splitlines()
        assert len(set(kept)) == len(kept) == 2
        set_ = typed("secrets", "rotate", INFRA24_SECRET="x" * 32)
        assert "INFRA24_SECRET is set in the environment" in set_.err

    def test_an_organization_is_founded_with_a_key_shown_once(self, typed: Terminal) -> None:
        made = typed("organization", "new-place", "--name", "New Place", "--zone", "Europe/Madrid")
        assert re.search(r"ik_[\w-]{60,}", made.out)
        again = typed("organization", "new-place", "--zone", "Europe/Paris")
        assert "exists already" in again.err
        assert not re.search(r"ik_[\w-]{60,}", again.out)
        assert re.search(r"ik_[\w-]{60,}", typed("organization", "new-place").out)
        lost = typed("organization", "x", "--zone", "Mars/Olympus")
        assert lost.code == 2
        assert "Traceback" not in lost.err
        assert typed("organization", "Not A Slug").code == 2

    def test_what_is_not_well_written_is_named(self, typed: Terminal) -> None:
        said = typed("organization", "book", "--locale", "klingon", "--currency", "euro").err
        for word in ("slug", "is reserved", "locale", "klingon", "currency"):
            assert word in said


def test_a_secret_that_is_too_short_is_refused_before_anything_starts(tmp_path: Path) -> None:
    short = infra24(tmp_path, "serve", port=free_port(), INFRA24_SECRET="short")
    assert short.returncode == 2
    assert short.stderr.startswith("A secret of this installation has fewer than 32 bytes.")
    assert list(tmp_path.iterdir()) == []


def test_serve_brings_up_everything_and_takes_it_down_again(data: Path) -> None:
    port = free_port()
    environment = {**os.environ, "INFRA24_DATA_DIR": str(data), "PORT": str(port)}
    environment.pop("DATABASE_URL", None)
    server = subprocess.Popen(
        [sys.executable, "-m", "infra24", "serve", "--demo"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 150
        answer = ""
        while not answer and time.monotonic() < deadline:
            assert server.poll() is None, "it ended at once"
            try:
                answer = (
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/oolite/book", timeout=5).read().decode()
                )
            except OSError:
                time.sleep(0.1)
        assert "Remote Studio Visit" in answer
        taken = infra24(data, "serve", port=port)
        assert taken.returncode == 1
        assert "in use" in taken.stderr
    finally:
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate(timeout=30)
    assert f"http://localhost:{port}/" in said
    assert not (data / "postgres" / "postmaster.pid").exists(), "the database stopped with its last user"


def test_kill_what_you_like_and_it_comes_back(data: Path) -> None:
    """The database killed: back in seconds. The web process killed: its worker and database go with it."""
    import psutil

    port = free_port()
    environment = {**os.environ, "INFRA24_DATA_DIR": str(data), "PORT": str(port)}
    environment.pop("DATABASE_URL", None)
    server = subprocess.Popen(
        [sys.executable, "-m", "infra24", "serve"], env=environment, stdout=subprocess.DEVNULL
    )

    def healthy(wanted: bool, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=15):
                    found = True
            except OSError:
                found = False
            if found == wanted:
                return
            time.sleep(0.2)
        pytest.fail(f"never {'healthy' if wanted else 'ill'}")

    try:
        healthy(True, 150)
        postmaster = int((data / "postgres/postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)
        healthy(False, 20)
        healthy(True)
        postmaster = int((data / "postgres/postmaster.pid").read_text().splitlines()[0])
        # The server looks after its database too, by programs that are there for a moment.
        beside = psutil.process_iter(["ppid", "cmdline"])
        workers = [
            p for p in beside if p.info["ppid"] == server.pid and "--beside" in (p.info["cmdline"] or ())
        ]
        assert len(workers) == 1
        server.kill()
        server.wait()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and (workers[0].is_running() or psutil.pid_exists(postmaster)):
            if all(not psutil.pid_exists(p) or psutil.Process(p).status() == psutil.STATUS_ZOMBIE
                   for p in (workers[0].pid, postmaster)):  # fmt: skip
                break
            time.sleep(0.2)
        else:
            pytest.fail("the worker or the database outlived the server")
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
