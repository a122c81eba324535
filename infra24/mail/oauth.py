"""Access tokens for mail servers that take no password (XOAUTH2): fetched, kept until they expire."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlencode

from infra24.channels import ServerUnavailable
from infra24.errors import DomainError, operator_text
from infra24.outbound import OutboundClient, OutboundRequest

_EARLY_SECONDS, _USUAL_SECONDS = 60.0, 3_600
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The registration at a provider that may send as a mailbox (RFC 6749).

    With a refresh token it acts for the person who granted it; without one for itself (client credentials).
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""


class AccessTokens:
    """The tokens of one client. `trusted`: whoever runs the installation chose the address."""

    def __init__(self, outside: OutboundClient, client: OAuthClient, trusted: bool) -> None:
        self._outside, self._client, self._trusted = outside, client, trusted
        self._lock = asyncio.Lock()
        self._token, self._until = "", 0.0

    async def current(self) -> str:
        """A token that is good for a minute more. Raises ServerUnavailable, in the provider's words."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if now >= self._until:
                self._token, seconds = await self._fetched()
                self._until = now + max(0.0, seconds - _EARLY_SECONDS)
            return self._token

    def forget(self) -> None:
        """Fetch another next time: the mail server refused this one."""
        self._until = 0.0

    async def _fetched(self) -> tuple[str, float]:
        sent = {
            "grant_type": "refresh_token" if self._client.refresh_token else "client_credentials",
            "client_id": self._client.client_id,
            "client_secret": self._client.client_secret,
            "refresh_token": self._client.refresh_token,
            "scope": self._client.scope,
        }
        request = OutboundRequest(
            self._client.token_url,
            "POST",
            {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            urlencode({name: value for name, value in sent.items() if value}).encode(),
            most_bytes=_MOST_BYTES,
            trusted=self._trusted,
        )
        try:
            answer = await self._outside.send(request)
        except DomainError as error:
            raise ServerUnavailable(operator_text(f"no access token: {error.message}")) from error
        said = answer.fields
        token = said.get("access_token")
        if answer.status != 200 or not isinstance(token, str) or not token.isprintable():
            why = str(said.get("error") or "")[:60]
            raise ServerUnavailable(operator_text(f"no access token: {answer.status} {why}".strip()))
        seconds = said.get("expires_in")
        return token, float(seconds if isinstance(seconds, int | float) else _USUAL_SECONDS)
