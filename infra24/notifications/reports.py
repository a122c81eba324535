"""What providers report of messages that were sent, and what people answer to a text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from infra24 import consent
from infra24.channels import Channel
from infra24.consent import SuppressionCause
from infra24.db import Tx
from infra24.notifications import queries
from infra24.notifications.model import State

_STOP = frozenset(
    {"stop", "stopall", "unsubscribe", "end", "quit", "cancel", "optout", "revoke", "alto", "parar", "baja"}
)
_START = frozenset({"start", "unstop", "yes", "alta"})
"""Words that Twilio takes for opting out and in (https://help.twilio.com/articles/223134027), and the Spanish
ones. Where Twilio itself stops a number it answers 21610 from then on."""
_LANDLINE = "30006"


async def resend_reported(tx: Tx, event: Any, now: datetime) -> None:
    """Write down an event of Resend: delivered, bounced, complained, failed; others are no matter."""
    said = event.get("data") if isinstance(event, Mapping) else None
    if not isinstance(said, Mapping):
        return
    id_, bounce = str(said.get("email_id", "")), said.get("bounce")
    words = bounce if isinstance(bounce, Mapping) else {}
    match event.get("type"):
        case "email.delivered":
            await queries.reported(tx, _storable(id_), State.DELIVERED, "", now)
        case "email.bounced":
            cause = None if words.get("type") == "Transient" else SuppressionCause.BOUNCED
            await _failed(tx, id_, str(words.get("message") or "bounced"), cause, now)
        case "email.complained":
            await _failed(tx, id_, "complained", SuppressionCause.COMPLAINED, now)
        case "email.failed":
            await _failed(tx, id_, "failed", None, now)


async def twilio_reported(tx: Tx, form: Mapping[str, str], now: datetime) -> None:
    """Write down a status of Twilio: delivered, undelivered or failed; others are no matter."""
    id_, code = form.get("MessageSid", ""), form.get("ErrorCode", "")
    match form.get("MessageStatus"):
        case "delivered":
            await queries.reported(tx, _storable(id_), State.DELIVERED, "", now)
        case "undelivered" | "failed":
            cause = SuppressionCause.BOUNCED if code == _LANDLINE else None
            await _failed(tx, id_, f"Twilio: error {code or 'unknown'}", cause, now)


async def bounced(tx: Tx, message_id: str, words: str, *, lasting: bool, now: datetime) -> None:
    """Write down that an e-mail came back; an address that takes none for good is sent nothing more."""
    await _failed(tx, message_id, words, SuppressionCause.BOUNCED if lasting else None, now)


async def text_received(tx: Tx, number: str, text: str, now: datetime) -> None:
    """Text a number nothing more after STOP, and again after START, in whichever of the usual words."""
    number = _storable(number)
    word = "".join(c for c in text.lower() if c.isalpha())
    if word in _STOP:
        await consent.suppress(
            tx, Channel.SMS, number, SuppressionCause.STOPPED, _storable(text.strip()), now
        )
    elif word in _START:
        await consent.resume(tx, Channel.SMS, number)


async def _failed(tx: Tx, id_: str, words: str, cause: SuppressionCause | None, now: datetime) -> None:
    said = _storable(words)
    sent = await queries.reported(tx, _storable(id_), State.FAILED, said, now)
    if sent is not None and cause is not None:
        await consent.suppress(tx, *sent, cause, said, now)


def _storable(text: str) -> str:
    """A text that the database takes, whatever somebody sent."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
