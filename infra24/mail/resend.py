"""The transport by Resend's API (https://resend.com/docs/api-reference/emails/send-email)."""

import base64
import json
from collections.abc import Mapping
from email.headerregistry import Address
from typing import Any

from infra24.channels import PermanentFailure, ServerUnavailable, TemporaryFailure
from infra24.errors import DomainError, operator_text
from infra24.mail.model import Email, MessageHeaders, address
from infra24.outbound import OutboundAnswer, OutboundClient, OutboundRequest

_SECONDS = 20.0
_OUR_SETTINGS = (401, 403)
_REPEATED_OTHERWISE = "invalid_idempotent_request"


class ResendTransport:
    """Sends e-mail through Resend. The Message-ID is its idempotency key: sent again within a day, it arrives
    once."""

    def __init__(self, outside: OutboundClient, key: str, by: Address, url: str) -> None:
        self._outside, self._key, self._url = outside, key, url.rstrip("/")
        self.by = by

    @property
    def domain(self) -> str:
        """The sender's."""
        return self.by.domain

    @property
    def sender(self) -> str:
        """The sender's address."""
        return self.by.addr_spec

    async def send(self, email: Email, headers: MessageHeaders) -> str:
        """Hand the e-mail over; Resend's id of it."""
        answer = await self._ask("POST", "/emails", _body(email, headers, self.by), headers.id)
        said = answer.fields
        if answer.status in (200, 201):
            return str(said.get("id") or headers.id)
        if answer.status == 409 and said.get("name") == _REPEATED_OTHERWISE:
            return headers.id  # it was taken before, and was composed anew since
        raise _failure(answer, said)

    async def check(self) -> str:
        """Whether the key is taken, without sending anything."""
        answer = await self._ask("GET", "/domains", None, "")
        said = answer.fields
        if answer.status == 200 or said.get("name") == "restricted_api_key":  # it may send, and nothing else
            return "Resend takes the key"
        raise _failure(answer, said)

    async def _ask(self, method: str, path: str, body: bytes | None, key: str) -> OutboundAnswer:
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        if key:
            headers["idempotency-key"] = key
        try:
            return await self._outside.send(
                OutboundRequest(f"{self._url}{path}", method, headers, body, seconds=_SECONDS, trusted=True)
            )
        except DomainError as error:
            raise ServerUnavailable(operator_text(f"Resend: {error.message}")) from error


def _body(email: Email, headers: MessageHeaders, by: Address) -> bytes:
    sender = by if not email.sender_name else Address(email.sender_name, by.username, by.domain)
    said: dict[str, Any] = {
        "from": str(sender),
        "to": [address(email.to).addr_spec],
        "subject": email.subject,
        "text": email.text,
        "headers": {
            "Message-ID": f"<{headers.id}>",
            "Auto-Submitted": "auto-generated",
            **dict(email.list_headers),
        },
    }
    if email.html is not None:
        said["html"] = email.html
    if email.reply_to is not None:
        said["reply_to"] = email.reply_to
    if email.calendar is not None:
        said["attachments"] = [
            {
                "filename": "invite.ics",
                "content": base64.b64encode(email.calendar.content).decode(),
                "content_type": f'text/calendar; method={email.calendar.method}; charset="utf-8"',
            }
        ]
    return json.dumps(said).encode()


def _failure(answer: OutboundAnswer, said: Mapping[str, Any]) -> TemporaryFailure | PermanentFailure:
    """What a refusal means: the key and the domain are our settings, 422 is the e-mail, the rest passes."""
    words = operator_text(f"Resend answered {answer.status} {str(said.get('name') or '')[:60]}".strip())
    if answer.status in _OUR_SETTINGS:
        return ServerUnavailable(words)
    if answer.status == 429:
        return ServerUnavailable(words, answer.retry_after)
    if answer.status >= 500 or answer.status in (408, 409):
        return TemporaryFailure(words)
    return PermanentFailure(words)
