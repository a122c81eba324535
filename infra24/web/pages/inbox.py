"""/inbox: every message as it would arrive, while there is no mail server. For whoever tries the product."""

import asyncio
import re
from html import escape

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from infra24.mail import inbox
from infra24.mail.inbox import KeptEmail
from infra24.sms import file as texts
from infra24.sms.file import KeptSms
from infra24.web.rendering import page
from infra24.web.security_headers import content_security_policy
from infra24.web.services import services

_SHOWS_ITSELF = f"{content_security_policy()}; frame-src 'self'"
MESSAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
_BY_PROXIES = frozenset(
    {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
)
"""Headers that only a proxy sends. nginx without any of them speaks HTTP/1.0 to us."""
_LINK = re.compile(r"https?://[^\s<>]+")


async def inbox_page(request: Request) -> Response:
    """E-mails and texts, the newest first; ?to= only those to an address with this in it."""
    _check_open(request)
    wanted = request.query_params.get("to", "").strip().lower()
    folder = services(request).settings.mail_folder
    listed: list[KeptEmail | KeptSms] = [*await asyncio.to_thread(inbox.kept, folder)]
    listed += await asyncio.to_thread(texts.kept, folder)
    shown = sorted((one for one in listed if wanted in one.recipient.lower()), key=_newest_first)
    return page(request, "inbox.html", None, {"messages": shown, "to": wanted, "count": len(listed)})


def _newest_first(one: KeptEmail | KeptSms) -> float:
    return -one.sent_at.timestamp()


async def message_page(request: Request) -> Response:
    """One message: an e-mail's HTML in a frame of its own, or ?as=text its text."""
    if request.path_params["name"].endswith(texts.SUFFIX):
        return await _text_page(request)
    one = await _named(request)
    as_text = request.query_params.get("as") == "text" or not one.html
    context = {"email": one, "text": _linked(one.text), "as_text": as_text}
    answer = page(request, "inbox_message.html", None, context)
    answer.headers["content-security-policy"] = _SHOWS_ITSELF
    return answer


async def message_html(request: Request) -> Response:
    """The HTML of an e-mail as a mail program shows it: no scripts, links open beside it."""
    one = await _named(request)
    shown = one.html.replace("<head>", '<head><base target="_top">', 1)
    return Response(shown, 200, {"content-security-policy": MESSAGE_POLICY}, "text/html; charset=utf-8")


async def _text_page(request: Request) -> Response:
    _check_open(request)
    folder, name = services(request).settings.mail_folder, request.path_params["name"]
    one = await asyncio.to_thread(texts.read, folder, name)
    if one is None:
        raise HTTPException(404)
    return page(request, "inbox_text.html", None, {"sms": one, "text": _linked(one.text)})


def _linked(text: str) -> str:
    """A text whose addresses are links, as HTML."""
    parts, at = [], 0
    for found in _LINK.finditer(text):
        address = escape(found[0])
        parts += [escape(text[at : found.start()]), f'<a href="{address}">{address}</a>']
        at = found.end()
    return "".join([*parts, escape(text[at:])])


async def _named(request: Request) -> KeptEmail:
    _check_open(request)
    folder, name = services(request).settings.mail_folder, request.path_params["name"]
    found = await asyncio.to_thread(inbox.read, folder, name)
    if found is None:
        raise HTTPException(404)
    return found


def _check_open(request: Request) -> None:
    """E-mails sign people in, so only an installation that nobody else reaches shows them.

    Under a name of this machine only: another site's name could be made to lead here (DNS rebinding). And
    through no proxy, which may name this machine while its visitors come from anywhere.
    """
    here = request.url.hostname in ("localhost", "127.0.0.1", "::1")
    proxied = request.scope["http_version"] == "1.0" or not _BY_PROXIES.isdisjoint(request.headers.keys())
    if proxied or not (here and services(request).settings.shows_inbox):
        raise HTTPException(404)
