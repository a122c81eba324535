"""Servers on loopback that prove who someone is: a certified OpenID provider, and an issuer that forges at will."""

import base64
import hmac
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from infra24.outbound import OutboundClient
from tests import loopback

SERVERS = Path(__file__).parent.parent / "servers"
CHECKOUT = SERVERS.parent.parent
REDIRECT = "http://localhost:3999/signed-in"


@contextmanager
def certified(port: int, *, lean: bool = False, key: RSAKey | None = None) -> Iterator[str]:
    """oidc-provider with two clients, one for each way to show a secret; its issuer."""
    node = shutil.which("node") or str(CHECKOUT / ".venv/node/node")
    ways = {"basic": "client_secret_basic", "post": "client_secret_post"}
    asked = {
        "port": port,
        "lean": lean,
        "jwks": KeySet([key or RSAKey.generate_key(2048, {"use": "sig"})]).as_dict(private=True),
        "clients": [
            {
                "client_id": name,
                "client_secret": "a secret: with+marks/and %",
                "redirect_uris": [REDIRECT],
                "response_types": ["code"],
                "grant_types": ["authorization_code"],
                "token_endpoint_auth_method": way,
            }
            for name, way in ways.items()
        ],
    }
    process = subprocess.Popen(
        [node, "oidc.mjs", json.dumps(asked)],
        cwd=SERVERS,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert any(line.startswith("up") for line in process.stdout), "make tests/servers/node_modules/.done"
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def walk_through(url: str, name: str, *, leave: bool = False) -> dict[str, str]:
    """What a person does there: signs in by a name and agrees, or leaves; the answer that comes back."""
    with loopback.Client() as browser:
        answer = browser.get(url)
        for _ in range(12):
            if answer.is_redirect:
                there = urljoin(str(answer.url), answer.headers["location"])
                if there.startswith(REDIRECT):
                    return dict(parse_qsl(urlsplit(there).query))
                answer = browser.get(there)
                continue
            if leave:
                link = re.search(r'href="([^"]+/abort)"', answer.text)
                assert link, answer.text
                answer = browser.get(urljoin(str(answer.url), link[1]))
                continue
            action = re.search(r'action="([^"]+)"', answer.text)
            assert action, answer.text
            fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', answer.text))
            if 'name="login"' in answer.text:
                fields |= {"login": name, "password": "any"}
            answer = browser.post(urljoin(str(answer.url), action[1]), data=fields)
    raise AssertionError("never came back")


class Forger:
    """An issuer of the test's own: publishes what it is told, and counts who asks."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://localhost:{port}"
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.asked: list[str] = []
        self.metadata: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/me",
        }
        self.published: Any = None
        self.tokens: Any = {}
        self.user_info: Any = {}
        self.down = False
        self.raw: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.cookies: list[str] = []

    def jwks(self) -> Any:
        return KeySet([self.key]).as_dict(private=False) if self.published is None else self.published

    def sign(self, claims: dict[str, Any], key: RSAKey | ECKey | None = None, **header: Any) -> str:
        """A token with these claims, by this key or the issuer's own."""
        signer = key or self.key
        whole = {"alg": "RS256", "kid": signer.kid, **header}
        return jwt.encode(whole, dict(claims), signer, registry=_lenient())

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        if self.down:
            return 503, {}, b"down"
        if path in self.raw:
            return self.raw[path]
        found = {
            "/.well-known/openid-configuration": lambda: self.metadata,
            "/jwks": self.jwks,
            "/token": lambda: self.tokens,
            "/me": lambda: self.user_info,
        }.get(path)
        return (404, {}, b"{}") if found is None else (200, {}, json.dumps(found()).encode())


def by_secret(claims: dict[str, Any], secret: bytes) -> str:
    """A token by HS256, written by hand: a library will not take a public key for a secret."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "first"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    proof = base64.urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + proof).decode()


def _lenient() -> JWSRegistry:
    odd = HeaderParameter("of the test's own", "int")
    return JWSRegistry({"odd": odd}, algorithms=["RS256", "ES256"], strict_check_header=False)


@contextmanager
def forging() -> Iterator[Forger]:
    """A forger at work on a free port."""
    forger: Forger

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            forger.asked.append(self.path)
            forger.cookies += self.headers.get_all("cookie", [])
            self.rfile.read(int(self.headers.get("content-length") or 0))
            status, headers, body = forger.answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    forger = Forger(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield forger
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


Scenario = Callable[[OutboundClient], Any]
