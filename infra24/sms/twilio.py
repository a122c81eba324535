"""The transport by Twilio's API (https://www.twilio.com/docs/messaging/api/message-resource)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from infra24.channels import PermanentFailure, RecipientOptedOut, ServerUnavailable, TemporaryFailure
from infra24.errors import DomainError, operator_text
from infra24.outbound import OutboundAnswer, OutboundClient, OutboundRequest
from infra24.sms.model import Sms

_SECONDS = 20.0
_OPTED_OUT = 21610
_OUR_SETTINGS = frozenset({21601, 21603, 21606, 21608, 21612, 21659, 21660, 21408})
"""Codes that our sender's number or account is not fit for this: https://www.twilio.com/docs/api/errors"""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """An account and the number that texts come from. `status_url` is told what came of each."""

    sid: str
    token: str = field(repr=False)
    number: str
    status_url: str = ""


class TwilioTransport:
    """Sends text messages through Twilio. It takes no idempotency key: a worker that dies after Twilio took a
    message and before that is written down sends it again."""

    def __init__(self, outside: OutboundClient, account: TwilioAccount, url: str) -> None:
        self._outside, self.account, self._url = outside, account, url.rstrip("/")

    async def send(self, sms: Sms, id_: str) -> str:
        """Hand the message over; Twilio's id of it."""
        sent = {"To": sms.to, "From": self.account.number, "Body": sms.text}
        if self.account.status_url:
            sent["StatusCallback"] = self.account.status_url
        answer = await self._ask("POST", "/Messages.json", urlencode(sent).encode())
        said = answer.fields
        if answer.status in (200, 201):
            return str(said.get("sid") or id_)
        raise _failure(answer, said)

    async def check(self) -> str:
        """Whether the account is open to us."""
        answer = await self._ask("GET", ".json", None)
        if answer.status == 200:
            return f"Twilio takes the account, from {self.account.number}"
        raise _failure(answer, answer.fields)

    async def _ask(self, method: str, path: str, body: bytes | None) -> OutboundAnswer:
        who = base64.b64encode(f"{self.account.sid}:{self.account.token}".encode()).decode()
        headers = {"authorization": f"Basic {who}", "content-type": "application/x-www-form-urlencoded"}
        url = f"{self._url}/2010-04-01/Accounts/{self.account.sid}{path}"
        try:
            return await self._outside.send(
                OutboundRequest(url, method, headers, body, seconds=_SECONDS, trusted=True)
            )
        except DomainError as error:
            raise ServerUnavailable(operator_text(f"Twilio: {error.message}")) from error


def _failure(answer: OutboundAnswer, said: Mapping[str, Any]) -> TemporaryFailure | PermanentFailure:
    code = said.get("code")
    words = operator_text(f"Twilio answered {answer.status}" + (f", error {code}" if code else ""))
    if code == _OPTED_OUT:
        return RecipientOptedOut(words)
    if answer.status in (401, 403) or code in _OUR_SETTINGS:
        return ServerUnavailable(words)
    if answer.status == 429:
        return ServerUnavailable(words, answer.retry_after)
    return TemporaryFailure(words) if answer.status >= 500 else PermanentFailure(words)
