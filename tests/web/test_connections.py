"""Connections that ask for nothing, or slowly, or for ever: everyone else is still answered."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvicorn

from infra24.app import compose
from infra24.capacity import Capacity
from infra24.http_connections import ConnectionLimit, LimitedProtocol
from infra24.settings import Settings
from infra24.web.change_stream import Anything, ChangeStream, TooManyStreams, TooManyStreamsFromHere
from tests import loopback
from tests.serving import Clock, free_port

_MUCH = 4_000_000


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers when the whole body has come; /much with a lot, /wait never."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/wait":
        await asyncio.Event().wait()
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/much":
        length = [(b"content-length", str(_MUCH).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": b"x" * _MUCH})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def limited(limit: ConnectionLimit) -> Iterator[int]:
    """The port of a small server with that limit."""
    config = uvicorn.Config(echo, http=partial(LimitedProtocol, limit=limit), lifespan="off", ws="none",  # type: ignore[arg-type]
                            log_config=None, timeout_graceful_shutdown=1)  # fmt: skip
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


def connect(port: int, said: bytes = b"") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=20)
    made.sendall(said)
    return made


def heard(connection: socket.socket) -> bytes:
    """Everything until the other end closes."""
    try:
        return b"".join(iter(lambda: connection.recv(65_536), b""))
    except ConnectionResetError:
        return b""


GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n",
        b"GET / HTTP/1.1\r\nhost:",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf",
    ],
    ids=["nothing", "an empty line", "half a head", "half a body"],
)
def test_a_request_that_does_not_come_in_time_is_given_up(said: bytes) -> None:
    with limited(ConnectionLimit(9, head_seconds=0.3, body_seconds=0.3)) as port, connect(port, said) as slow:
        assert heard(slow) == b""


def test_a_request_on_a_connection_that_was_used_before_has_its_deadline_too() -> None:
    with limited(ConnectionLimit(9, head_seconds=0.3)) as port, connect(port, GET) as used:
        assert b"200 OK" in used.recv(65_536)
        used.sendall(b"GET / HT")
        assert b"200" not in heard(used)


def test_a_head_without_end_is_refused() -> None:
    with limited(ConnectionLimit(9)) as port, connect(port, GET[:-2] + b"a: " + b"x" * 70_000) as wordy:
        assert heard(wordy).startswith(b"HTTP/1.1 431 ")


def test_the_longest_idle_connection_makes_room_and_busy_ones_stay() -> None:
    with limited(ConnectionLimit(2)) as port, ExitStack() as stack:
        first, second = (stack.enter_context(connect(port)) for _ in range(2))
        third = stack.enter_context(connect(port, GET))
        assert b"200 OK" in third.recv(65_536)
        assert heard(first) == b""
        second.sendall(b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n")
        third.sendall(b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n")
        deadline = time.monotonic() + 20
        answer = b""
        while b"503" not in answer:  # until both are busy, one of them makes room
            assert time.monotonic() < deadline
            with connect(port, GET) as fourth:
                answer = heard(fourth) if b"200 OK" not in (got := fourth.recv(65_536)) else b""
                answer = got + answer
        assert b"retry-after: 2" in answer


def unread(port: int) -> socket.socket:
    """A connection that asks for much, several times, and reads nothing."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    made.settimeout(20)
    made.connect(("127.0.0.1", port))
    made.sendall(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n" * 4)
    return made


def test_an_answer_that_nobody_reads_is_given_up() -> None:
    limit = ConnectionLimit(9, read_seconds=0.5)
    with limited(limit) as port, unread(port) as stuck:
        got = stuck.recv(1)  # the answer has begun
        assert got == b"H"
        deadline = time.monotonic() + 20
        while limit.open:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_connections_whose_answers_nobody_reads_make_room() -> None:
    limit = ConnectionLimit(3)
    with limited(limit) as port, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(unread(port)).recv(1)  # the answer has begun
        deadline, answered = time.monotonic() + 20, 0
        while answered < 3:  # as soon as what fits into the system's buffers is written
            assert time.monotonic() < deadline
            with connect(port, GET) as honest:
                answered += b"200 OK" in honest.recv(65_536)


def test_a_slow_reader_gets_the_whole_answer() -> None:
    limit = ConnectionLimit(9, read_seconds=5)
    with limited(limit) as port, unread(port) as slow:
        got = 0
        while got < 4 * _MUCH:
            got += len(slow.recv(200_000))
        assert got >= 4 * _MUCH


def test_with_256_files_and_hundreds_of_idle_sockets_honest_requests_are_answered(
    database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    script = (
        "import resource; from pathlib import Path; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 256))\n"
        "from infra24.server import Urls, serve; from infra24.settings import Settings\n"
        f"serve(Settings(data_dir=Path({str(tmp_path)!r}), port={port}, "
        f"secret='a secret of the tests, long enough'), Urls({database_url!r}, {database_url!r}))"
    )
    server = subprocess.Popen([sys.executable, "-c", script])
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                connect(port).close()
                break
            except ConnectionRefusedError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        with ExitStack() as stack:
            for n in range(400):
                stack.enter_context(connect(port, b"GET /health HTTP/1.1\r\nx-slow:" if n % 2 else b""))
                if n % 80 == 79:
                    answer = loopback.get(f"http://127.0.0.1:{port}/health", timeout=30)
                    assert answer.status_code == 200, n
    finally:
        server.terminate()
        server.wait(20)


def test_event_streams_have_a_limit_per_address_and_in_all(
    settings: Settings, database_url: str, clock: Clock
) -> None:
    async def scenario() -> None:
        database, _ = compose(settings, database_url, clock)
        watcher = ChangeStream(database, Capacity(9, 9, streams=3, streams_per_address=2))
        org, began = uuid4(), asyncio.Event()

        async def send(_: Any) -> None:
            began.set()

        async def receive() -> Any:
            await asyncio.Event().wait()

        async def open_one(address: str) -> asyncio.Task[None]:
            answer = watcher.stream(org, "changed", 1_000, address, Anything())
            began.clear()
            task = asyncio.create_task(answer({"type": "http"}, receive, send))
            await began.wait()
            return task

        open_ = [await open_one("2001:db8::1"), await open_one("2001:db8::2")]
        with pytest.raises(TooManyStreamsFromHere):
            watcher.stream(org, "changed", 1_000, "2001:db8::3", Anything())
        open_.append(await open_one("192.0.2.1"))
        with pytest.raises(TooManyStreams):
            watcher.stream(org, "changed", 1_000, "192.0.2.2", Anything())
        for task in open_:
            task.cancel()
        await asyncio.gather(*open_, return_exceptions=True)
        assert not watcher.streams, "room again when they are gone"
        await watcher.close()

    asyncio.run(scenario())
