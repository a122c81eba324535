"""What is around every answer: security headers, and a limit on what a request may carry."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 256 * 1024

_CSP = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]
_PAGE = [(b"content-security-policy", _CSP)]
_TOO_LARGE = (
    b'{"type":"urn:infra24:problem:too_large","title":"Too large","status":413,'
    b'"code":"too_large","detail":"A request carries at most 256 KiB."}'
)


class Envelope:
    """Adds headers to every answer, `no-store` where nothing else was said, and refuses large bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value) > MOST_BYTES):
                await _refuse(send)
                return

        read, answered = 0, False

        async def count() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                raise _TooLarge
            return message

        async def dress(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                headers = message["headers"]
                names = {name.lower() for name, _ in headers}
                headers.extend(_ALWAYS)
                if b"cache-control" not in names:
                    headers.append((b"cache-control", b"no-store"))
                if b"content-security-policy" not in names:
                    headers.extend(_PAGE)
            await send(message)

        try:
            await self.app(scope, count, dress)
        except _TooLarge:
            if not answered:
                await _refuse(send)


class _TooLarge(Exception):
    """The body grew past the limit while it was read."""


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close"), *_ALWAYS]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _TOO_LARGE})
