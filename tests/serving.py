"""A real server on loopback for tests that go through HTTP, and a clock that they can set."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import uvicorn

from infra24.app import create_app
from infra24.auth.passwords import Passwords
from infra24.settings import Settings

CHEAP = {"memory_kib": 1024, "rounds": 1}
"""What checking a password costs in tests; tests/auth/test_passwords.py tries what it costs elsewhere."""
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Clock:
    """Says what it was told."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def free_ports(count: int) -> int:
    """The first of some neighbouring ports that nobody listens on."""
    for _ in range(100):
        first = free_port()
        with ExitStack() as tried, suppress(OSError):
            for port in range(first, first + count):
                tried.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise AssertionError("no free ports")


def free_port() -> int:
    """A port of loopback that nobody listens on, for a program that opens it later.

    It is below those that the system gives to connections: none of them takes it meanwhile.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("a hundred ports are all in use")


def public_address(settings: Settings, port: int) -> str:
    """Where visitors reach what is served on a port of loopback."""
    found = settings.public_url or "http://127.0.0.1"
    return f"{found}:{port}" if urlsplit(found).hostname in ("localhost", "127.0.0.1") else found


@contextmanager
def serving(settings: Settings, url: str, clock: Clock) -> Iterator[str]:
    """Serve the application on a free port of loopback; its address.

    Visitors reach it there, unless the settings have another address for them; http://localhost gets its port.
    All tests come from one address: unless the settings name a factor, they may ask a lot.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(512)
        port = listener.getsockname()[1]
        more: dict[str, object] = {"port": port, "public_url": public_address(settings, port)}
        if "rate_limit_factor" not in settings.model_fields_set:
            more["rate_limit_factor"] = 10_000
        here = settings.model_copy(update=more)
        config = uvicorn.Config(
            create_app(here, url, clock, passwords=Passwords(**CHEAP)),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)
