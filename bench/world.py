"""A server of its own for a benchmark: one web process, an embedded database, an organization to fill."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from infra24.embedded import BINARIES, EmbeddedServer
from infra24.roles import Roles
from infra24.settings import Settings
from tests import scenarios
from tests.factories import Shop, found_shop, opening, rules
from tests.serving import Clock


@dataclass(frozen=True, slots=True)
class World:
    """A served installation: its address, its database as owner, its web process."""

    base: str
    url: str
    web: subprocess.Popen[bytes]
    settings: Settings

    def owner(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)

    def shop(self, wanted: dict[str, Any]) -> Shop:
        from infra24 import clock

        return found_shop(self.url, self.settings, Clock(clock.now()), wanted)

    def cpu_seconds(self) -> float:
        """The processor time that the web process has used."""
        fields = Path(f"/proc/{self.web.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """The web process's resident memory."""
        for line in Path(f"/proc/{self.web.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def world() -> Iterator[World]:
    """Serve on loopback while the block runs."""
    with tempfile.TemporaryDirectory(prefix="infra24-bench-") as folder, socket.socket() as probe:
        Path(folder).chmod(0o755)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        data = Path(folder) / "data"
        environment = {
            **os.environ,
            "PORT": str(port),
            "INFRA24_DATA_DIR": str(data),
            "INFRA24_RATE_LIMIT_FACTOR": "100000",
            "INFRA24_TRUSTED_PROXIES": "127.0.0.1",
            "INFRA24_INNER_NETWORKS": "127.0.0.0/8",
        }
        environment.pop("DATABASE_URL", None)
        with EmbeddedServer(data) as server:
            web = subprocess.Popen(
                [sys.executable, "-m", "infra24", "serve", "--no-worker"],
                env=environment, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                base = f"http://127.0.0.1:{port}"
                _wait(base)
                settings = Settings(data_dir=data, port=port)
                yield World(base, server.url, web, settings)
            finally:
                scenarios.close()
                web.send_signal(signal.SIGTERM)
                web.wait(15)


def _wait(base: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{base}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not start")


def pgbench(url: str, script: str, *, clients: int = 8, seconds: int = 6, mode: str = "prepared") -> float:
    """Transactions per second of a script, as the application's role."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as file:
        file.write(script)
    info = psycopg.conninfo.conninfo_to_dict(url)
    done = subprocess.run(
        [str(BINARIES / "pgbench"), "-n", "-h", str(info["host"]), "-U", str(info["user"]), "-c", str(clients),
         "-j", "2", "-T", str(seconds), "-M", mode, "-f", file.name, str(info["dbname"])],
        capture_output=True, text=True, check=False, env={**os.environ, "PGOPTIONS": f"-c role={Roles.of(str(info['dbname'])).app}"},
    )  # fmt: skip
    Path(file.name).unlink()
    for line in done.stdout.splitlines():
        if line.startswith("tps"):
            return float(line.split()[2])
    raise RuntimeError(done.stderr + done.stdout)


def fill(
    owner: psycopg.Connection[Any],
    shop: Shop,
    name: str,
    count: int,
    *,
    every: str,
    first: str,
    cancelled: bool = False,
) -> None:
    """Bookings with claims straight into the tables: half an hour each, `every` so often from `first` on.

    Cancelled ones keep their claims, released.

    Without the audit's triggers: nobody did this, and a million of them in one transaction take long.
    """
    owner.execute("SET session_replication_role = replica")
    owner.execute(
        """
        WITH made AS (
            INSERT INTO bookings (org_id, id, resource_id, status, starts_at, ends_at, time_zone, booker_name,
                booker_email, currency, token_hash, end_kind, ended_by, created_at, updated_at)
            SELECT %(org)s, gen_random_uuid(), %(id)s,
                CASE WHEN %(cancelled)s THEN 'cancelled' ELSE 'confirmed' END, at, at + interval '30 min', 'UTC', 'B',
                'b' || n || '@example.org', 'USD',
                sha256((n || %(id)s::text || %(first)s || %(cancelled)s)::bytea),
                CASE WHEN %(cancelled)s THEN 'cancelled' END, CASE WHEN %(cancelled)s THEN 'booker' END, now(), now()
            FROM (SELECT n, %(first)s::timestamptz + n * %(every)s::interval AS at
                  FROM generate_series(0, %(count)s - 1) n) s
            RETURNING id, starts_at, ends_at
        )
        INSERT INTO claims (org_id, booking_id, resource_id, unit, starts_at, ends_at, booked_at, booked_until,
            released_at)
        SELECT %(org)s, id, %(id)s, 1, starts_at, ends_at, starts_at, ends_at,
            CASE WHEN %(cancelled)s THEN starts_at END FROM made
        """,
        {
            "org": shop.org_id,
            "id": shop.ids[name],
            "count": count,
            "every": every,
            "first": first,
            "cancelled": cancelled,
        },
    )
    owner.execute("RESET session_replication_role")
    owner.execute(
        "UPDATE resources SET longest_claim = '30 min' WHERE org_id = %s AND id = %s",
        (shop.org_id, shop.ids[name]),
    )


__all__ = ["UUID", "World", "fill", "opening", "pgbench", "rules", "world"]
