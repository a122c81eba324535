"""Starting and stopping: which database, migrated or not, the web server, the worker beside it."""

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import uvicorn

from infra24 import capacity
from infra24.app import compose, create_app
from infra24.capacity import Capacity
from infra24.embedded import EmbeddedServer, EmbeddedServerFailed, UnsafeFolder
from infra24.errors import Conflict, Unavailable, operator_text
from infra24.http_connections import ConnectionLimit, LimitedProtocol
from infra24.settings import Settings

log = logging.getLogger("infra24.server")

_LOOK_SECONDS = 2.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_NICE = 10


@dataclass(frozen=True, slots=True)
class Urls:
    """The database as the application reaches it, and as its owner does."""

    app: str
    owner: str


@contextmanager
def database(settings: Settings) -> Iterator[Urls]:
    """The database that the settings name, or the embedded one, running while the block runs."""
    if settings.database_url:
        yield Urls(settings.database_url, settings.owner_database_url or settings.database_url)
        return
    with EmbeddedServer(settings.data_dir) as server, _watched(server):
        yield Urls(server.app_url, server.url)


@contextmanager
def _watched(server: EmbeddedServer) -> Iterator[None]:
    """Start the embedded server again when something kills it, while the block runs."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_SECONDS):
            try:
                server.ensure()
            except (OSError, EmbeddedServerFailed, UnsafeFolder) as error:
                log.error("the embedded database does not start again: %s", error)

    watcher = threading.Thread(target=watch, name="database watcher", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join(30)


class PortInUse(Conflict):
    """Another program listens on this port. Stop it, or choose another: PORT=8001."""


class CannotListen(Unavailable):
    """It is not possible to listen on this address. Correct INFRA24_HOST and PORT."""


def check_port(host: str, port: int) -> None:
    """Raises PortInUse, or CannotListen for a foreign address or a port that needs rights."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                operator_text(f"Port {port} is in use. Stop what listens there, or choose another: PORT=8001")
            ) from None
        raise CannotListen(
            operator_text(f"Cannot listen on {host}:{port}: {error.strerror}. Correct INFRA24_HOST and PORT.")
        ) from None


def serve(settings: Settings, urls: Urls) -> None:
    """Serve until stopped."""
    warn_of_root()
    if settings.missing_proxy:
        log.warning(
            "INFRA24_PUBLIC_URL is https and no proxy is trusted: everyone counts as one address, and one "
            "person's wrong passwords shut all out. Set INFRA24_TRUSTED_PROXIES to the proxy's address."
        )
    capacity.raise_open_files()
    room = Capacity.of(capacity.open_files(), settings.pool_size)
    app = create_app(settings, urls.app, capacity=room)
    config = uvicorn.Config(
        app,
        http=cast(Any, partial(LimitedProtocol, limit=ConnectionLimit(room.connections))),
        ws="none",
        backlog=room.backlog,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run()


def work(settings: Settings, urls: Urls) -> None:
    """Run jobs until stopped, at a lower priority than the web server: somebody waits for its answers."""
    warn_of_root()
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    asyncio.run(_work(settings, urls.app))


async def _work(settings: Settings, url: str) -> None:
    database, worker = compose(settings.model_copy(update={"pool_size": 8}), url)
    await database.open()
    try:
        async with worker.jobs.open_async():
            await worker.run()
    finally:
        await database.close()


def warn_of_root() -> None:
    """Say in the log when this process may do anything on this machine."""
    if os.geteuid() == 0:
        log.warning(
            "running as root: a bug here could compromise the whole machine. Run it under its own account."
        )


class WorkerBeside:
    """The worker as a process beside the server: begun again when it dies, ended with it."""

    def __init__(self, settings: Settings) -> None:
        self.environment = {
            **os.environ,
            "INFRA24_DATA_DIR": str(settings.data_dir),
            "PORT": str(settings.port),
        }
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, name="worker keeper", daemon=True)

    def __enter__(self) -> "WorkerBeside":
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()
        self._keeper.join(5)

    def _keep(self) -> None:
        """Begin the worker again as often as it dies, after longer pauses while it dies at once."""
        pause = _SHORTEST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra24", "worker", "--beside"],
                env=self.environment,
                stdin=subprocess.PIPE,  # closes when we die, however we die: then it ends itself
                start_new_session=True,
            )
            code = self._process.wait()
            if self._stopping.is_set():
                return
            lived = time.monotonic() - began
            pause = _SHORTEST_PAUSE if lived > _LONGEST_PAUSE else min(2 * pause, _LONGEST_PAUSE)
            log.warning("the worker ended with %s; it begins again in %.0f s", code, pause)
            self._stopping.wait(pause)


def end_with_parent() -> None:
    """End this process when the one that began it is gone: its end of our standard input closes then."""

    def watch() -> None:
        while os.read(0, 1):  # not sys.stdin: its lock would be held when the interpreter ends
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent watcher", daemon=True).start()
