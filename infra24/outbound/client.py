"""The one HTTP client: every call to another server goes through it."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from functools import cache

import httpcore2
import httpx2

from infra24.outbound.addresses import GuardedNetwork, Network
from infra24.outbound.model import OutboundAnswer, OutboundRequest, ServerUnfit, ServerUnreachable

_IDLE_SECONDS = 20.0


class OutboundClient:
    """Asks other servers. Keeps no cookies, follows no redirect, and takes no compressed answer: a small one
    can unpack to any size.

    `allowed` are the inner networks that an address which an organization gives may lead to. `tls` is whom to
    trust; the system's authorities where it is left out. `at_once`: how many connections there can be to
    addresses that organizations give.
    """

    def __init__(
        self, allowed: Sequence[Network] = (), tls: ssl.SSLContext | None = None, at_once: int = 20
    ) -> None:
        tls = tls or _system_tls()
        self._network = GuardedNetwork(allowed)
        self._trusted = httpx2.AsyncClient(verify=tls, timeout=None, follow_redirects=False)
        self._guarded = httpx2.AsyncClient(
            transport=_guarded(self._network, tls, at_once),
            timeout=None,
            follow_redirects=False,
            trust_env=False,
        )

    async def send(self, request: OutboundRequest) -> OutboundAnswer:
        """What the other server answers, whatever its status.

        Raises ServerUnreachable (no connection, too slow, broken off), ServerUnfit (too large, compressed)
        and AddressForbidden. `reason` says why, in a word (see `_cause`).
        """
        client = self._trusted if request.trusted else self._guarded
        headers = {"accept-encoding": "identity", **request.headers}
        try:
            async with asyncio.timeout(request.seconds):
                built = client.build_request(
                    request.method,
                    request.url,
                    headers=headers,
                    content=request.body,
                    timeout=request.seconds,
                )
                built.headers.pop("cookie", None)  # what one person's answer set is not sent for another
                answer = await client.send(built, stream=True)
                try:
                    return await _read(answer, request)
                finally:
                    await answer.aclose()
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, TimeoutError, OSError) as error:
            raise ServerUnreachable(reason=_cause(error)) from error
        finally:
            client.cookies.clear()

    async def address_of(self, host: str, port: int) -> str:
        """The address to connect to for a name that an organization gave, where it is not asked by HTTP.

        Raises ServerUnreachable and AddressForbidden.
        """
        try:
            return str((await self._network.checked(host, port))[0])
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout, OSError) as error:
            raise ServerUnreachable(reason=_cause(error)) from error

    async def aclose(self) -> None:
        """Close every connection."""
        await self._trusted.aclose()
        await self._guarded.aclose()


def _cause(error: BaseException) -> str:
    """Why there is no answer, in a word: no_such_host, refused, tls, timed_out, or unreachable."""
    seen: BaseException | None = error
    while seen is not None:
        for kind, word in _CAUSES:
            if isinstance(seen, kind):
                return word
        seen = seen.__cause__ or seen.__context__
    return "unreachable"


_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "no_such_host"),
    (ssl.SSLError, "tls"),
    (ConnectionRefusedError, "refused"),
    (TimeoutError, "timed_out"),
    (httpx2.TimeoutException, "timed_out"),
)


@cache
def _system_tls() -> ssl.SSLContext:
    """Trusts the system's authorities; reading them takes a while."""
    return httpcore2.default_ssl_context()


def _guarded(network: GuardedNetwork, tls: ssl.SSLContext, at_once: int) -> httpx2.AsyncHTTPTransport:
    """A transport that checks what it connects to; without a proxy, which would connect for it."""
    transport = httpx2.AsyncHTTPTransport(verify=tls, trust_env=False)
    if not isinstance(transport._pool, httpcore2.AsyncConnectionPool):
        raise TypeError("httpx2 keeps its connections elsewhere: the guard would guard nothing")
    transport._pool = httpcore2.AsyncConnectionPool(  # noqa: SLF001: the library has no parameter for it
        ssl_context=tls,
        max_connections=at_once,
        max_keepalive_connections=at_once,
        keepalive_expiry=_IDLE_SECONDS,
        network_backend=network,
    )
    return transport


async def _read(answer: httpx2.Response, request: OutboundRequest) -> OutboundAnswer:
    status, headers, read = answer.status_code, dict(answer.headers), bytearray()
    if headers.get("content-encoding", "identity") != "identity":
        if request.may_cut:
            return OutboundAnswer(status, headers, b"")
        raise ServerUnfit(reason="compressed")
    async for part in answer.aiter_raw():
        read += part
        if len(read) > request.most_bytes:
            if request.may_cut:
                break
            raise ServerUnfit(reason="too_large")
    return OutboundAnswer(status, headers, bytes(read[: request.most_bytes]))
