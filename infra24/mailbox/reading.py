"""What a message that came says: a calendar's reply, or that ours could not be delivered. Anything else is
nobody's business here."""

import re
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from uuid import UUID

from icalendar import Calendar

from infra24.bookings import Response, read_uid

_OURS = re.compile(r"<[a-z_]{1,60}\.([0-9a-f]{32})\.[0-9a-f-]{36}@[^<>\s]{1,255}>")
_NO_SUCH = re.compile(r"5\.(0\.0|1\.\d+|2\.1|4\.4)")
"""Enhanced status codes (RFC 3463) that say that an address does not exist or takes nothing. A full mailbox,
a message too large and a policy pass."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """One of our messages came back: its Message-ID without brackets, and whether the address is no good."""

    org_id: UUID
    message_id: str
    words: str
    is_lasting: bool


@dataclass(frozen=True, slots=True)
class CalendarReply:
    """What somebody's calendar answered to an invitation, of which revision of the booking."""

    org_id: UUID
    booking_id: UUID
    email: str
    response: Response
    revision: int


def read(content: bytes) -> Bounce | CalendarReply | None:
    """What a message says; None for one that is neither, or is broken."""
    with suppress(Exception):  # anybody may send anything: what cannot be read is nothing
        message = message_from_bytes(content, policy=policy.default)
        if message.get_content_type() == "multipart/report":
            return _bounce(message)
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                payload = part.get_payload(decode=True)
                return _reply(payload) if isinstance(payload, bytes) else None
    return None


def _bounce(message: Message) -> Bounce | None:
    fields = [
        block
        for part in message.walk()
        if part.get_content_type() == "message/delivery-status"
        for block in part.get_payload()
        if isinstance(block, Message) and block.get("action")
    ]
    failed = [one for one in fields if str(one["action"]).strip().lower() == "failed"]
    ours = _OURS.search(_returned(message))
    if not failed or ours is None:
        return None
    status = str(failed[0].get("status", "")).strip()[:20]
    said = str(failed[0].get("diagnostic-code", "")).partition(";")[2]
    words = " ".join(re.sub(r"\S*(://|@)\S*", "…", said).split())[:200]
    return Bounce(
        UUID(ours[1]), ours[0].strip("<>"), f"{status} {words}".strip(), bool(_NO_SUCH.fullmatch(status))
    )


def _returned(message: Message) -> str:
    """The Message-ID of the message that came back, which is whole or only its headers."""
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and isinstance(inner[0], Message):
                return str(inner[0].get("message-id", ""))
        if part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            return payload.decode(errors="replace") if isinstance(payload, bytes) else ""
    return ""


def _reply(content: bytes) -> CalendarReply | None:
    calendar = Calendar.from_ical(content)
    if str(calendar.get("method", "")).upper() != "REPLY":
        return None
    for event in calendar.walk("VEVENT"):
        ids, attendee = read_uid(str(event.get("uid", ""))), event.get("attendee")
        if ids is None or attendee is None or isinstance(attendee, list):
            continue
        said = str(attendee.params.get("PARTSTAT", "")).lower()
        if said in set(Response):
            email = str(attendee).lower().removeprefix("mailto:")
            return CalendarReply(*ids, email, Response(said), int(event.get("sequence", 0)))
    return None
