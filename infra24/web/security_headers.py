"""What is around every answer: headers, and a limit on what a request may carry."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra24.web.limiting import headers_of

MOST_BYTES = 256 * 1024


def content_security_policy(frames: Sequence[str] = ()) -> str:
    """What a page may load and who may show it in a frame: this site, and the origins named."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self' " + " ".join(frames)
    ).rstrip()


_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]
_BY_TLS = [(b"strict-transport-security", b"max-age=31536000")]
_PAGE = [(b"content-security-policy", content_security_policy().encode())]
_TOO_LARGE = (
    b'{"type":"urn:infra24:problem:too_large","title":"Too large","status":413,'
    b'"code":"too_large","detail":"A request carries at most 256 KiB."}'
)
_NUL = (
    b'{"type":"urn:infra24:problem:invalid","title":"Not valid","status":422,'
    b'"code":"invalid","detail":"The address contains a NUL character. Remove it."}'
)


class SecurityHeaders:
    """Adds headers to every answer, `no-store` where nothing else was said, and refuses large bodies.

    `tls`: visitors reach the installation by https. Then no browser comes by http again for a year, and
    every cookie is Secure, whoever sets it.
    """

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self.app = app
        self.tls = tls
        self.always = [*_ALWAYS, *(_BY_TLS if tls else ())]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is not None:
            await self._refuse(send, *refusal)
            return
        state = scope.setdefault("state", {})
        read = 0

        async def count() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                raise HTTPException(413, "A request carries at most 256 KiB.")
            return message

        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                limits = headers_of(state["meter"]) if "meter" in state else ()
                message["headers"] = self._dressed([*message["headers"], *self.always, *limits])
            await send(message)

        await self.app(scope, count, dress)

    def _dressed(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """What an answer says, and what it must say where it said nothing."""
        names = {name.lower() for name, _ in headers}
        if self.tls:
            headers = [_secured(name, value) for name, value in headers]
        if b"cache-control" not in names:
            headers.append((b"cache-control", b"no-store"))
        if b"content-security-policy" not in names:
            headers.extend(_PAGE)
        return headers

    async def _refuse(self, send: Send, status: int, body: bytes) -> None:
        kind = (b"content-type", b"application/problem+json")
        headers = [kind, (b"connection", b"close"), *self.always]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header as it is; a cookie with the word that keeps it off http."""
    is_open = name.lower() == b"set-cookie" and b"; secure" not in value.lower()
    return name, value + b"; Secure" if is_open else value


class HeadAsGet:
    """Answers HEAD as GET, without the body: nothing behind this has to know of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        await self.app({**scope, "method": "GET"}, receive, headers_only)


def _refusal(scope: Scope) -> tuple[int, bytes] | None:
    """What is refused before anyone looks: too much to carry, or a character that no text can have."""
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > MOST_BYTES):
            return 413, _TOO_LARGE
    if b"%00" in scope.get("raw_path", b"") or b"%00" in scope["query_string"]:
        return 422, _NUL
    return None
