"""A real server that receives webhooks, notes them, and answers by its path."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """What came, and what each path answers next: a status, or a status with headers; 200 when nothing is
    left. `bodies` are what paths say, "ok" if nothing else. `/hang` waits until `release`; what begins with `/always` keeps its first answer,
    and `/echo` repeats the body."""

    url: str
    seen: list[Received] = field(default_factory=list)
    answers: dict[str, list[int | tuple[int, dict[str, str]]]] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    release: threading.Event = field(default_factory=threading.Event)

    def at(self, path: str) -> list[Received]:
        return [one for one in self.seen if one.path == path]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """The server while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it is gone
                return
            got.seen.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if self.path.startswith("/hang"):
                got.release.wait(30)
            waiting = got.answers.get(self.path) or [200]
            answer = waiting[0] if self.path.startswith("/always") else waiting.pop(0)
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            said = body if self.path.startswith("/echo") else got.bodies.get(self.path, b"ok")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        got = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield got
        finally:
            got.release.set()
            server.shutdown()
