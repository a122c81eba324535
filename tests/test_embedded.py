"""The embedded database: killed, restarted, shared, stopped with its last user."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from infra24.embedded import EmbeddedServer, UnsafeFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def _pid(server: EmbeddedServer) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_it_starts_keeps_what_was_committed_through_a_kill_and_stops_with_its_last_user(folder: Path) -> None:
    with EmbeddedServer(folder) as first:
        with psycopg.connect(first.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (1)")
        pid = _pid(first)
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while _alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        with EmbeddedServer(folder) as second:
            with psycopg.connect(second.url) as connection:
                assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
            running = _pid(second)
        assert _alive(running), "the first still uses it"
    assert not _alive(running)


def test_a_user_that_was_killed_is_not_counted(folder: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from infra24.embedded import EmbeddedServer\n"
        f"EmbeddedServer(Path({str(folder)!r})).__enter__(); print('in', flush=True); time.sleep(60)"
    )
    user = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert user.stdout is not None
    assert user.stdout.readline().strip() == "in"
    user.kill()
    user.wait()
    user.stdout.close()
    with EmbeddedServer(folder) as server:
        running = _pid(server)
        assert _alive(running)
    assert not _alive(running)


def test_an_initdb_that_was_cut_short_is_done_again(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "half").write_text("")
    with EmbeddedServer(folder) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20)
    with EmbeddedServer(folder) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_whose_socket_was_cleaned_away_is_reached_again(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        before = _pid(server)
        server.ensure()
        assert _pid(server) == before, "the control: one that answers is left alone"
        shutil.rmtree(server.sockets)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url)
        server.ensure()
        assert _pid(server) == before, "it has some patience"
        for _ in range(3):
            server.ensure()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert not _alive(before)
        shutil.rmtree(server.sockets)
        with EmbeddedServer(folder) as second, psycopg.connect(second.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,), (
                "whoever comes next does not wait for it"
            )


def test_a_socket_folder_that_others_made_or_can_write_in_is_refused(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / ("long" * 20))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "file").touch()
    for target in ("elsewhere", "nothing", "file"):
        server.sockets.symlink_to(tmp_path / target)
        try:
            with pytest.raises(UnsafeFolder, match="is a link"), server:
                pass
        finally:
            server.sockets.unlink()
    server.sockets.mkdir()
    server.sockets.chmod(0o777)
    try:
        with pytest.raises(UnsafeFolder, match="Others can write"), server:
            pass
    finally:
        server.sockets.rmdir()
