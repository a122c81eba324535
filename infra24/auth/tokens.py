"""The token of a booking: the secret that lets its holder read and change it.

A token is the ids of the organization and the booking, and a proof of 128 bits that only this installation
can make for them (HMAC-SHA-256 under its secret, or under an earlier one while that is in the ring). An
e-mail composed weeks later can carry the same link, and a leaked database opens nothing. Tokens of the first
kind had no booking's id and opened by their stored hash: those that were sent still do.
"""

import base64
import hashlib
import hmac
from functools import lru_cache
from uuid import UUID

from infra24.auth.keyring import Key, Keyring

_SHORTEST = 16
_PURPOSE = "booking token"


class Tokens:
    """Makes and proves the tokens of one installation, and whatever else its links and forms carry."""

    def __init__(self, ring: Keyring) -> None:
        self._ring = ring

    def of(self, org_id: UUID, booking_id: UUID) -> str:
        """The token of a booking: 64 characters, safe in an address."""
        ids = org_id.bytes + booking_id.bytes
        return base64.urlsafe_b64encode(ids + self.sign(_PURPOSE, ids)[:_SHORTEST]).decode()

    def booking_of(self, token: str) -> UUID | None:
        """The booking that a token proves to open, or None when it proves nothing."""
        raw = _raw(token)
        if raw is None or not self.is_signed(_PURPOSE, raw[:32], raw[32:]):
            return None
        return UUID(bytes=raw[16:32])

    def sign(self, purpose: str, message: bytes) -> bytes:
        """A proof, for one purpose, that this installation wrote a message."""
        return _sign(self._ring.current, purpose, message)

    def is_signed(self, purpose: str, message: bytes, proof: bytes) -> bool:
        """Whether a proof, or its first 16 bytes or more, was made here, under this secret or an earlier."""
        made = (_sign(key, purpose, message)[: len(proof)] for key in self._ring.candidates())
        return len(proof) >= _SHORTEST and any(hmac.compare_digest(one, proof) for one in made)

    def hash_of(self, org_id: UUID, booking_id: UUID) -> bytes:
        """What is stored for a booking."""
        return hash_token(self.of(org_id, booking_id))


def hash_token(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def org_of_token(token: str) -> UUID | None:
    """The organization that a token names, or None when it is not the shape of a token."""
    raw = _raw(token)
    return None if raw is None else UUID(bytes=raw[:16])


def names_booking(token: str, booking_id: UUID) -> bool:
    """Whether a token is one that has its booking's id in it."""
    raw = _raw(token)
    return raw is not None and raw[16:32] == booking_id.bytes


def _raw(token: str) -> bytes | None:
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return None
    return raw if len(raw) == 48 and len(token) == 64 else None


def _sign(key: Key, purpose: str, message: bytes) -> bytes:
    return hmac.digest(_derived(key), purpose.encode() + b"\0" + message, "sha256")


@lru_cache(maxsize=16)
def _derived(key: Key) -> bytes:
    return hashlib.sha256(b"infra24 booking token" + key.secret).digest()
