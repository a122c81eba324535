"""Asking other servers: where a request may go, for how long, and how much of an answer is read."""

import asyncio
import ipaddress
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import infra24
from infra24.outbound import (
    AddressForbidden,
    OutboundAnswer,
    OutboundClient,
    OutboundRequest,
    ServerUnfit,
    ServerUnreachable,
)
from infra24.outbound.addresses import is_public
from tests import loopback

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class _Server(BaseHTTPRequestHandler):
    """Answers by its path, and notes who asked."""

    seen: list[tuple[str, dict[str, str], bytes]]
    release: threading.Event

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if self.path == "/slow":
            self.release.wait(20)
        status = {"/elsewhere": 302, "/missing": 404}.get(self.path, 200)
        self.send_response(status)
        if self.path == "/elsewhere":
            self.send_header("Location", "/plain")
        if self.path == "/compressed":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Set-Cookie", "who=ada")
        answer = b"x" * (300_000 if self.path == "/large" else 10)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[_Server]]]:
    """A server on this machine: its address, and what it saw."""
    handler = type("Handler", (_Server,), {"seen": [], "release": threading.Event()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", handler
        handler.release.set()
        running.shutdown()


def send(request: OutboundRequest, allowed: Any = ()) -> OutboundAnswer:
    """One request by a client of its own."""
    return together([request], allowed)[0]


def together(requests: list[OutboundRequest], allowed: Any = ()) -> list[OutboundAnswer]:
    """Several by the same client, one after another."""

    async def scenario() -> list[OutboundAnswer]:
        client: OutboundClient = loopback.OutboundClient(allowed)
        try:
            return [await client.send(request) for request in requests]
        finally:
            await client.aclose()

    return asyncio.run(scenario())


def test_an_inner_address_is_closed_to_organizations(server: tuple[str, type[_Server]]) -> None:
    url, handler = server
    with pytest.raises(AddressForbidden):
        send(OutboundRequest(f"{url}/plain"))
    assert handler.seen == []


def test_what_the_installation_trusts_or_allows_is_asked(server: tuple[str, type[_Server]]) -> None:
    url, handler = server
    assert send(OutboundRequest(f"{url}/plain", trusted=True)).body == b"x" * 10
    answer = send(OutboundRequest(f"{url}/plain", "POST", {"x-sign": "s"}, b"body"), LOOPBACK)
    assert (answer.status, answer.headers["content-length"]) == (200, "10")
    assert handler.seen[-1][1]["x-sign"] == "s"
    assert handler.seen[-1][2] == b"body"


def test_a_name_that_leads_inside_is_closed_whatever_it_is_called(
    server: tuple[str, type[_Server]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that is connected to decides. The second time the same name leads elsewhere: what was checked
    is what is connected to, so a name cannot change in between."""
    url, handler = server
    port = int(url.rpartition(":")[2])
    answers: list[list[str]] = [["10.1.2.3"], ["169.254.169.254"], ["::1", "fd00::1"], ["::ffff:127.0.0.1"]]

    def resolve(name: str, at: int, *_: Any, **__: Any) -> list[Any]:
        found = answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, at)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for _ in range(4):
        with pytest.raises(AddressForbidden):
            send(OutboundRequest(f"http://calendar.example.org:{port}/plain"))
    assert handler.seen == []
    answers += [["203.0.113.9", "127.0.0.1"], ["127.0.0.1"], ["10.0.0.1"]]
    answer = send(OutboundRequest(f"http://calendar.example.org:{port}/plain"), LOOPBACK)
    assert answer.status == 200, "of several addresses one that may be asked is"
    assert handler.seen[-1][1]["host"] == f"calendar.example.org:{port}"
    assert len(answers) == 2, "it was resolved once"


def test_an_answer_is_bounded_in_size_and_time(server: tuple[str, type[_Server]]) -> None:
    url, handler = server
    with pytest.raises(ServerUnfit) as large:
        send(OutboundRequest(f"{url}/large", trusted=True))
    assert large.value.details == {"reason": "too_large"}
    assert len(send(OutboundRequest(f"{url}/large", trusted=True, most_bytes=400_000)).body) == 300_000
    with pytest.raises(ServerUnfit):
        send(OutboundRequest(f"{url}/compressed", trusted=True))
    with pytest.raises(ServerUnreachable):
        send(OutboundRequest(f"{url}/slow", trusted=True, seconds=0.3))
    handler.release.set()


def test_redirects_are_not_followed_and_cookies_not_kept(server: tuple[str, type[_Server]]) -> None:
    url, handler = server
    requests = [OutboundRequest(url + path) for path in ("/elsewhere", "/missing")]
    answers = together(requests, LOOPBACK)
    assert [answer.status for answer in answers] == [302, 404]
    assert [path for path, *_ in handler.seen] == ["/elsewhere", "/missing"]
    assert all("cookie" not in headers for _, headers, _ in handler.seen)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for request in (
            OutboundRequest(f"http://127.0.0.1:{taken.getsockname()[1]}/", trusted=True),
            OutboundRequest("http://nowhere.invalid/"),
            OutboundRequest("nonsense"),
        ):
            with pytest.raises(ServerUnreachable):
                send(request, LOOPBACK)


def test_a_proxy_of_the_environment_is_not_asked_in_place_of_the_guard(
    server: tuple[str, type[_Server]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, handler = server
    monkeypatch.setenv("HTTP_PROXY", url)
    monkeypatch.setenv("ALL_PROXY", url)
    with pytest.raises(AddressForbidden):
        send(OutboundRequest("http://10.0.0.1/secret"))
    assert handler.seen == []


@pytest.mark.parametrize(
    ("written", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("::ffff:93.184.216.34", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::93.184.216.34", True),
        ("2002:0a00:0001::", False),
        ("2001:0:a00:1::f5ff:fffe", False),
        ("168.63.129.16", False),
        ("3fff:1::1", False),
    ],
)
def test_what_is_on_the_internet(written: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(written)) is public


def test_calls_to_other_servers_go_through_one_client() -> None:
    """Nothing else has its limits and its guard."""
    clients = re.compile(
        r"^(from|import) (httpx2?|httpcore2?|requests|urllib\.request|aiohttp)\b", re.MULTILINE
    )
    package = Path(infra24.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if clients.search(path.read_text())
    }
    assert found == {"outbound/addresses.py", "outbound/client.py"}


def test_a_name_server_that_hangs_holds_up_no_other_name(
    server: tuple[str, type[_Server]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many ask for names that it is to answer: two threads wait for it, the others are free."""
    release, real, asked = threading.Event(), socket.getaddrinfo, []

    def looked_up(host: str, *args: Any) -> Any:
        if host == "hangs.example":
            asked.append(host)
            release.wait(20)
        return real("127.0.0.1" if host == "fine.example" else host, *args)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    address, _ = server

    async def scenario() -> None:
        client = loopback.OutboundClient(LOOPBACK)
        slow = OutboundRequest("http://hangs.example/", seconds=3)
        waiting = [asyncio.create_task(client.send(slow)) for _ in range(60)]
        await asyncio.sleep(0.3)
        fine = address.replace("127.0.0.1", "fine.example") + "/plain"
        assert (await client.send(OutboundRequest(fine, seconds=2))).status == 200
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert {getattr(one, "details", {}).get("reason") for one in found} == {"timed_out"}
        release.set()
        await client.aclose()

    asyncio.run(scenario())
    assert len(asked) == 2
