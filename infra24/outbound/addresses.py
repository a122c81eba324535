"""Where a request may go: by the address as it is written, and by the one that is connected to.

A name says nothing: whoever gives it decides what it leads to, and can change that between a check and the
connection. So a name is resolved once, each address is checked, and the connection goes to a checked one.
"""

import asyncio
import ipaddress
import socket
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpcore2

from infra24.outbound.model import AddressForbidden

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CLOSED = tuple(
    map(ipaddress.ip_network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "3fff::/20"))
)
"""What Python 3.11 calls global and is not for us: a host service of Azure, protocol assignments (RFC 6890; a
metadata service of a cloud is in them), relays of 6to4, documentation (RFC 9637)."""
_RESOLVERS = ThreadPoolExecutor(32, "resolve")
"""Names are looked up in threads of their own: a name server that hangs holds up nothing else."""
_MOST_TRIED = 4
_MOST_LOOKUPS = 2
_SECONDS = 8.0


def is_allowed_url(url: str, *, allow_http: bool = False) -> bool:
    """Whether an address may be asked: HTTPS, or plain HTTP on this machine where that is allowed."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        sound = bool(host) and parts.username is None and parts.port != 0
    except ValueError:
        return False
    if not sound or parts.fragment or any(ord(letter) <= 32 for letter in url):
        return False
    return parts.scheme == "https" or (allow_http and parts.scheme == "http" and _is_loopback(host))


def leads_inside(url: str, allowed: Sequence[Network]) -> bool:
    """Whether an address names, by numbers or as localhost, a place that may not be connected to."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        host = "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False  # a name: what it leads to is looked at when it is connected to
    return not is_public(address) and not any(address in network for network in allowed)


def is_public(address: Address) -> bool:
    """Whether an address is on the internet, whatever IPv4 address it may carry inside included."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.is_site_local or not all(is_public(one) for one in carried if one is not None):
            return False
        if address.ipv4_mapped is not None:
            return True
    if any(address in network for network in _CLOSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects to addresses on the internet, and to those of the named networks."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = tuple(allowed)
        self._network = httpcore2.AnyIOBackend()
        self._looked_up = Counter[str]()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109: the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first checked address that takes it. Raises AddressForbidden where none may."""
        open_ = await self.checked(host, port, timeout)
        failure: Exception | None = None
        for address in open_[:_MOST_TRIED]:
            try:
                return await self._network.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure

    async def checked(self, host: str, port: int, seconds: float | None = None) -> list[Address]:
        """The addresses of a name that may be connected to. Raises AddressForbidden where there is none."""
        found = [address for address in await self._resolved(host, port, seconds) if self._may(address)]
        if not found:
            raise AddressForbidden(host=host)
        return found

    async def sleep(self, seconds: float) -> None:
        """Wait; the library asks for it between tries."""
        await self._network.sleep(seconds)

    async def _resolved(self, host: str, port: int, seconds: float | None) -> list[Address]:
        with suppress(ValueError):
            return [ipaddress.ip_address(host.strip("[]"))]
        if self._looked_up[host] >= _MOST_LOOKUPS:  # its name server hangs: the threads are for others too
            raise httpcore2.ConnectTimeout(host)
        loop = asyncio.get_running_loop()
        self._looked_up[host] += 1
        asked = loop.run_in_executor(_RESOLVERS, socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)
        asked.add_done_callback(lambda done: self._was_looked_up(host, done))
        try:
            async with asyncio.timeout(seconds or _SECONDS):
                found = await asyncio.shield(asked)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(host) from error
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(host) from error
        addresses = (ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)
        return list(dict.fromkeys(addresses))

    def _was_looked_up(self, host: str, done: asyncio.Future[Any]) -> None:
        """Count it no longer; an answer that comes too late is nobody's."""
        self._looked_up[host] -= 1
        if not self._looked_up[host]:
            del self._looked_up[host]
        if not done.cancelled():
            done.exception()

    def _may(self, address: Address) -> bool:
        return is_public(address) or any(address in network for network in self._allowed)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
