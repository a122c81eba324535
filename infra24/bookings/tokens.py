"""The token of a booking: the secret that lets its holder read and change it.

A token is the organization's id and 256 bits that only this installation can make for this booking
(HMAC-SHA-256 under its secret). The database keeps a hash of it and compares in constant time; a letter
written weeks later can carry the same link, and a leaked database opens nothing.
"""

import base64
import hashlib
import hmac
from uuid import UUID


class Tokens:
    """Makes the tokens of one installation."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.sha256(b"infra24 booking token" + secret).digest()

    def of(self, org_id: UUID, booking_id: UUID) -> str:
        """The token of a booking: 64 characters, safe in an address."""
        proof = hmac.digest(self._secret, org_id.bytes + booking_id.bytes, "sha256")
        return base64.urlsafe_b64encode(org_id.bytes + proof).decode()

    def sign(self, purpose: str, message: bytes) -> bytes:
        """A proof, for one purpose, that this installation wrote a message."""
        return hmac.digest(self._secret, purpose.encode() + b"\0" + message, "sha256")

    def hash_of(self, org_id: UUID, booking_id: UUID) -> bytes:
        """What is stored for a booking."""
        return hash_token(self.of(org_id, booking_id))


def hash_token(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def org_of_token(token: str) -> UUID | None:
    """The organization that a token names, or None when it is not the shape of a token."""
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return None
    return UUID(bytes=raw[:16]) if len(raw) == 48 and len(token) == 64 else None
