"""(m) events to three subscribers, and webhooks; (n) bookings beside a backlog; (o) what a booking costs later."""

import http.server
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from bench.load import Outcome, load
from bench.world import World
from bench.writing import ROOMS, _first, prepare, request
from tests.factories import Shop

EVENTS = 10_000
SHORT = 2_000
_TICK = os.sysconf("SC_CLK_TCK")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def receiver() -> Iterator[str]:
    """Something that takes webhooks, in a process of its own; its address."""
    code = (
        "from bench.consequences import _Handler; import http.server, sys\n"
        "s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler)\n"
        "print(s.server_address[1], flush=True); s.serve_forever()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield f"http://127.0.0.1:{port}/hook"
        finally:
            process.terminate()


@contextmanager
def worker(world: World) -> Iterator[subprocess.Popen[bytes]]:
    """A worker while the block runs."""
    environment = {
        **os.environ,
        "INFRA24_DATA_DIR": str(world.settings.data_dir),
        "INFRA24_INNER_NETWORKS": "127.0.0.0/8",
    }
    environment.pop("DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "infra24", "worker"], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(100)


def cpu_of(pid: int) -> float:
    """The processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def cpu_of_database(owner: psycopg.Connection[Any]) -> float:
    """The processor time of the database server, backends that ended included."""
    row = owner.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    own = Path(f"/proc/{row[0]}/stat").read_text().rsplit(") ", 1)[1].split()
    postmaster = int(own[1])
    fields = Path(f"/proc/{postmaster}/stat").read_text().rsplit(") ", 1)[1].split()
    total = sum(int(fields[n]) for n in (11, 12, 13, 14)) / _TICK
    for task in Path("/proc").iterdir():
        if task.name.isdigit():
            try:
                stat = (task / "stat").read_text().rsplit(") ", 1)[1].split()
            except OSError:
                continue
            if int(stat[1]) == postmaster:
                total += (int(stat[11]) + int(stat[12])) / _TICK
    return total


def _bookings(world: World, shop: Shop, first_day: int, count: int) -> Outcome:
    start = _first() + timedelta(days=first_day)
    posts = [
        request(shop, f"room{n % ROOMS}", start + timedelta(minutes=30 * (n // ROOMS))) for n in range(count)
    ]
    done = load(world.base, posts, clients=8)
    assert set(done.statuses) == {201}, done.statuses
    return done


def _behind(owner: psycopg.Connection[Any], shop: Shop) -> int:
    row = owner.execute(
        "SELECT max(h.seq - coalesce(c.seq, 0)) FROM event_heads h CROSS JOIN event_subscribers s "
        "LEFT JOIN event_cursors c ON c.org_id = h.org_id AND c.subscriber = s.name WHERE h.org_id = %s",
        (shop.org_id,),
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _open(owner: psycopg.Connection[Any], shop: Shop) -> int:
    row = owner.execute(
        "SELECT count(*) FROM webhook_deliveries WHERE org_id = %s AND done_at IS NULL", (shop.org_id,)
    ).fetchone()
    return int(row[0]) if row else 0


def _until(done: Any, seconds: float) -> float:
    began = time.perf_counter()
    while not done():
        if time.perf_counter() - began > seconds:
            raise TimeoutError
        time.sleep(0.05)
    return time.perf_counter() - began


def run(world: World) -> None:
    """Book without a worker, then drain; then book while it drains."""
    shop = prepare(world)
    with receiver() as hook, world.owner() as owner:
        httpx2.post(
            f"{world.base}/api/organizations/{shop.slug}/webhooks",
            json={"url": hook, "payload": "thin"},
            headers=shop.auth,
        ).raise_for_status()
        _bookings(world, shop, 3, 400)
        owner.execute("ANALYZE")
        web, database = world.cpu_seconds(), cpu_of_database(owner)
        alone = _bookings(world, shop, 6, EVENTS)
        own = 1e3 * (world.cpu_seconds() - web + cpu_of_database(owner) - database) / EVENTS
        owner.execute("ANALYZE")
        owner.execute("UPDATE notifications SET due_at = NULL, state = 'suppressed' WHERE due_at IS NOT NULL")
        database = cpu_of_database(owner)
        with worker(world) as process:
            took = _until(lambda: _behind(owner, shop) == 0, 300)
            later = 1e3 * (cpu_of(process.pid) + cpu_of_database(owner) - database) / EVENTS
            sent = _until(lambda: _open(owner, shop) == 0, 300)
        print(
            f"(m) {EVENTS:,} events to three subscribers: {3 * EVENTS / took:.0f} deliveries/s; their webhooks "
            f"{EVENTS / (took + sent):.0f}/s in all"
        )
        print(
            f"(o) processor of a booking: {own:.2f} ms its own, {later:.2f} ms of its events later, "
            f"ratio {later / own:.2f} (target 1)"
        )
        _beside(world, shop, owner, alone)


def _beside(world: World, shop: Shop, owner: psycopg.Connection[Any], alone: Outcome) -> None:
    _bookings(world, shop, 60, EVENTS)
    with worker(world):
        _until(lambda: _behind(owner, shop) < EVENTS, 60)
        beside = _bookings(world, shop, 100, SHORT)
    print(
        f"(n) bookings beside a worker with a backlog of {EVENTS:,}: {beside.per_second:.0f}/s of "
        f"{alone.per_second:.0f}, ratio {beside.per_second / alone.per_second:.2f} (target 0.8); p95 "
        f"{beside.p95_ms / alone.p95_ms:.2f} (target 1.25)"
    )


if __name__ == "__main__":
    from bench.world import world as opened

    with opened() as served:
        run(served)
