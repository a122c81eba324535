"""Connections that nobody can keep open for nothing: uvicorn's HTTP with deadlines and a limit.

uvicorn waits without end for the first request of a connection and for its answer to be read, and accepts as
many connections as there are. Here a request's head and body must come in time, a head has a size, an answer
must be read, and when there are too many connections, the one that has been idle or unread for longest makes
room for the next.
"""

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

_MOST_HEAD = 64 * 1024


class _Stage(Enum):
    """What of a request we wait for."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


@dataclass(slots=True)
class ConnectionLimit:
    """How many connections a server has, and for how long it waits for a request and a reader; seconds."""

    most: int
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    read_seconds: float = 30.0
    open: int = 0
    idle: "dict[LimitedProtocol, None]" = field(default_factory=dict)

    def opened(self, connection: "LimitedProtocol") -> None:
        """Count it; beyond the limit the longest idle one is closed, or the new one if all are busy."""
        self.open += 1
        self.idle[connection] = None
        if self.open <= self.most:
            return
        oldest = next(iter(self.idle))
        del self.idle[oldest]
        if oldest is connection:
            oldest.refuse(
                503, "Service Unavailable", "too_busy", "Too many requests are under way. Try again."
            )
        else:
            oldest.transport.abort()

    def begun(self, connection: "LimitedProtocol") -> None:
        """It has sent a whole request, which is being answered."""
        self.idle.pop(connection, None)

    def waits(self, connection: "LimitedProtocol") -> None:
        """It waits for the next request, or for its answer to be read: the last one to be closed."""
        self.idle[connection] = None

    def closed(self, connection: "LimitedProtocol") -> None:
        """It is gone."""
        self.open -= 1
        self.idle.pop(connection, None)


class LimitedProtocol(HttpToolsProtocol):
    """One connection: it has so long to send a request, and is counted."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limit: ConnectionLimit,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limit = limit
        self._stage = _Stage.HEAD
        self._requests = self._head = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await()
        self._limit.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stage = _Stage.NOTHING
        self._await()
        self._is_read()
        self._limit.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._requests, self._stage
        if self._stage is _Stage.NOTHING:
            self._stage, self._head = _Stage.HEAD, 0
        self._head += len(data)
        super().data_received(data)
        if self._stage is _Stage.HEAD and self._head > _MOST_HEAD and not self.transport.is_closing():
            self.refuse(431, "Request Header Fields Too Large", "too_large", "A request's head has 64 KiB.")
        if (self._requests, self._stage) != before:
            self._await()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._stage = _Stage.HEAD
        self._requests += 1

    def on_headers_complete(self) -> None:
        self._stage, self._head = _Stage.BODY, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stage = _Stage.NOTHING
        if not self.cycle.response_complete:
            self._limit.begun(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:
            self._limit.waits(self)
        if self.transport.is_closing():  # once what is written was read
            self._must_be_read()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._limit.waits(self)
        self._must_be_read()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._is_read()
        if not self.cycle.response_complete:
            self._limit.begun(self)

    def refuse(self, status: int, reason: str, code: str, detail: str) -> None:
        """Answer without asking the application, and close."""
        body = (
            f'{{"type":"urn:infra24:problem:{code}","title":"{reason}","status":{status},"code":"{code}",'
            f'"detail":"{detail}"}}'
        )
        head = (
            f"HTTP/1.1 {status} {reason}\r\ncontent-type: application/problem+json\r\nretry-after: 2\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write((head + body).encode())
        self.transport.close()

    def _must_be_read(self) -> None:
        """Close the connection unless the other end reads what is written in time."""
        if self._unread is None:
            self._unread = self.loop.call_later(self._limit.read_seconds, self.transport.abort)

    def _is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _await(self) -> None:
        """Close the connection unless what we wait for comes in time."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._stage is not _Stage.NOTHING:
            head = self._stage is _Stage.HEAD
            seconds = self._limit.head_seconds if head else self._limit.body_seconds
            self._deadline = self.loop.call_later(seconds, self.transport.abort)
