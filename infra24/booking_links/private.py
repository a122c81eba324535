"""Private links: what stands in the form already, signed, so that nobody writes one themselves."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from infra24.auth.tokens import Tokens

_PURPOSE = "private booking link"


@dataclass(frozen=True, slots=True)
class Prefilled:
    """What a private link brings along."""

    name: str = ""
    email: str = ""
    goal_text: str = ""
    until: datetime | None = None


def write_private(tokens: Tokens, org_id: UUID, link_id: UUID, brings: Prefilled) -> str:
    """The signed part of a private link's address."""
    until = brings.until.astimezone(UTC).isoformat() if brings.until else None
    fields = {"name": brings.name, "email": brings.email, "goal": brings.goal_text, "until": until}
    body = json.dumps({k: v for k, v in fields.items() if v}, separators=(",", ":")).encode()
    proof = tokens.sign(_PURPOSE, org_id.bytes + link_id.bytes + body)[:18]
    return base64.urlsafe_b64encode(proof + body).decode().rstrip("=")


def read_private(
    tokens: Tokens, org_id: UUID, link_id: UUID, text: str | None, now: datetime
) -> Prefilled | None:
    """What a signed part brings; None when it was not written here for this link, or is over."""
    if not text or len(text) > 4_000:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None
    proof, body = raw[:18], raw[18:]
    if not tokens.is_signed(_PURPOSE, org_id.bytes + link_id.bytes + body, proof):
        return None
    fields = json.loads(body)
    until = datetime.fromisoformat(fields["until"]) if fields.get("until") else None
    if until is not None and until <= now:
        return None
    return Prefilled(fields.get("name", ""), fields.get("email", ""), fields.get("goal", ""), until)
