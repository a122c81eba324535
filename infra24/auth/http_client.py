"""Asking a provider over HTTP: in bounded time, to a bounded size, and never where it redirects to."""

import asyncio
import ipaddress
import json
from typing import Any
from urllib.parse import urlsplit

import httpx2

from infra24.auth.model import ProviderDown, ProviderUnfit

SECONDS = 8.0
BYTES = 256 * 1024


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


async def fetch(
    client: httpx2.AsyncClient, url: str, *, form: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Get a JSON object, or post a form for one: the status and the object.

    Refuses what does not come within 8 seconds and 256 KiB, redirects, and what is not a JSON object.
    """
    wanted = {"accept": "application/json", "accept-encoding": "identity", **(headers or {})}
    if form is not None:
        wanted["content-type"] = "application/x-www-form-urlencoded"
    try:
        async with asyncio.timeout(SECONDS):
            request = client.build_request(
                "GET" if form is None else "POST", url, content=form, headers=wanted, timeout=SECONDS
            )
            request.headers.pop("cookie", None)  # what one person's answer set is not sent for another
            answer = await client.send(request, stream=True, follow_redirects=False)
            try:
                status, body = answer.status_code, await _bounded(answer)
            finally:
                await answer.aclose()
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, TimeoutError, OSError) as error:
        raise ProviderDown(reason="unreachable") from error
    if status >= 500 or status == 429:
        raise ProviderDown(reason="failing")
    if 300 <= status < 400:
        raise ProviderUnfit(reason="redirect")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderUnfit(reason="not_json") from error
    if not isinstance(found, dict):
        raise ProviderUnfit(reason="not_json")
    return status, found


async def _bounded(answer: httpx2.Response) -> bytes:
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise ProviderUnfit(reason="compressed")
    read = bytearray()
    async for part in answer.aiter_raw():
        read += part
        if len(read) > BYTES:
            raise ProviderUnfit(reason="too_large")
    return bytes(read)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
