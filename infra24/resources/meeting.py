"""The link of a remote meeting, from the template that a resource carries."""

import hashlib
import re
from uuid import UUID

from infra24.errors import Message

PLACEHOLDERS = frozenset({"room", "booking"})


def meeting_url(template: str, secret: str, booking_id: UUID) -> str:
    """Fill a template: `{room}` is a name that nobody can guess, `{booking}` the booking's id."""
    room = hashlib.sha256(b"meeting" + secret.encode()).hexdigest()[:20]
    return template.replace("{room}", room).replace("{booking}", str(booking_id))


def wrong_template(template: str) -> Message | None:
    """What is wrong with a template, as a sentence; None when nothing is."""
    if not template:
        return None
    if not re.fullmatch(r"https://[^\s{}<>\"]+(\{\w+\}[^\s{}<>\"]*)*", template):
        return Message("must be an https address")
    unknown = set(re.findall(r"\{(\w+)\}", template)) - PLACEHOLDERS
    if unknown:
        return Message(
            "has unknown placeholders: %(unknown)s. Use {room} or {booking}",
            unknown=", ".join(sorted(unknown)),
        )
    return None
