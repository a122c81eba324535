"""The link to all bookings of one address: for those who book without an account."""

import base64
import binascii
import json
from datetime import UTC, datetime
from uuid import UUID

from infra24.auth import Sign, Signer

_PURPOSE = "list of bookings"
_PROOF = 18
_LONGEST = 1_000


def write_list_link(sign: Sign, org_id: UUID, email: str, until: datetime) -> str:
    """What opens the bookings that were made with an address, until an instant."""
    body = json.dumps([email, int(until.timestamp())]).encode()
    proof = sign(_PURPOSE, org_id.bytes + body)[:_PROOF]
    return base64.urlsafe_b64encode(proof + body).decode().rstrip("=")


def read_list_link(signer: Signer, org_id: UUID, text: str, now: datetime) -> str | None:
    """The address whose bookings it opens; None when it was not written here, or is over."""
    if len(text) > _LONGEST:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None
    proof, body = raw[:_PROOF], raw[_PROOF:]
    if not signer.is_signed(_PURPOSE, org_id.bytes + body, proof):
        return None
    email, until = json.loads(body)
    return str(email) if now < datetime.fromtimestamp(until, UTC) else None
