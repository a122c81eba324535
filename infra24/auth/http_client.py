"""Asking a provider of sign-ins: a JSON object, or why there is none."""

import json
from typing import Any

from infra24.auth.model import ProviderDown, ProviderUnfit
from infra24.outbound import OutboundClient, OutboundRequest, ServerUnfit, ServerUnreachable


async def fetch(
    client: OutboundClient, url: str, *, form: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Get a JSON object, or post a form for one: the status and the object.

    Refuses what does not come within 8 seconds and 256 KiB, redirects, and what is not a JSON object.
    """
    wanted = {"accept": "application/json", **(headers or {})}
    if form is not None:
        wanted["content-type"] = "application/x-www-form-urlencoded"
    method, body = ("GET", None) if form is None else ("POST", form.encode())
    try:
        answer = await client.send(OutboundRequest(url, method, wanted, body, trusted=True))
    except ServerUnreachable as error:
        raise ProviderDown(reason="unreachable") from error
    except ServerUnfit as error:
        raise ProviderUnfit(reason=error.details["reason"]) from error
    if answer.status >= 500 or answer.status == 429:
        raise ProviderDown(reason="failing")
    if 300 <= answer.status < 400:
        raise ProviderUnfit(reason="redirect")
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise ProviderUnfit(reason="not_json") from error
    if not isinstance(found, dict):
        raise ProviderUnfit(reason="not_json")
    return answer.status, found
