"""The key of an organization: names it, proves itself, and is stored only as a hash."""

import base64
import hashlib
import secrets
from uuid import UUID

PREFIX = "ik_"


def new_key(org_id: UUID) -> tuple[str, bytes]:
    """A fresh key of 256 random bits, and the hash to store."""
    key = PREFIX + base64.urlsafe_b64encode(org_id.bytes + secrets.token_bytes(32)).decode()
    return key, hash_of(key)


def org_of_key(key: str) -> UUID | None:
    """The organization that a key says it speaks for, or None when it is not the shape of a key."""
    try:
        raw = base64.urlsafe_b64decode(key.removeprefix(PREFIX))
    except ValueError:
        return None
    return UUID(bytes=raw[:16]) if key.startswith(PREFIX) and len(raw) == 48 else None


def hash_of(key: str) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(key.encode()).digest()
