"""Small secrets sealed under the installation's own: what is sealed for one purpose opens for no other.

Each seal (AES-256-GCM) has a key of its own, derived by HKDF from the installation's secret, the purpose and
a random salt: however many are made, no key meets a nonce twice. It begins with the name of the secret that
opens it, so that the installation can have a new one (`keyring.py`).
"""

import base64
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra24.auth.keyring import ID_BYTES, Key, Keyring
from infra24.auth.model import DecryptionExpired, DecryptionFailed

_NAMELESS, _VERSION = b"\x01", b"\x02"
"""Seals begin with one of these; those of the first kind do not say which key opens them."""
_SALT = 16
_TAG = 16


@dataclass(frozen=True, slots=True)
class Batch:
    """Some sealed values of a column: how many were sealed anew, and how many no key opens."""

    sealed: int
    broken: int


class SecretBox:
    """Makes and opens the seals of one installation."""

    def __init__(self, ring: Keyring) -> None:
        self._ring = ring

    @property
    def mark(self) -> bytes:
        """What begins with this is sealed under the current key."""
        return _VERSION + self._ring.current.id

    def seal(self, plain: bytes, purpose: str, about: bytes = b"") -> bytes:
        """What only this installation can open, for one purpose and the same `about` (whose it is)."""
        salt = secrets.token_bytes(_SALT)
        key, nonce = _cipher(self._ring.current, purpose, salt)
        return self.mark + salt + AESGCM(key).encrypt(nonce, plain, about)

    def unseal(self, sealed: bytes, purpose: str, about: bytes = b"") -> bytes:
        """What was sealed. Refuses what is of elsewhere, another purpose, another `about`, or changed."""
        keys, rest = self._opening(sealed)
        if len(rest) < _SALT + _TAG:
            raise DecryptionFailed(reason="shape")
        for one in keys:
            key, nonce = _cipher(one, purpose, rest[:_SALT])
            with suppress(InvalidTag):
                return AESGCM(key).decrypt(nonce, rest[_SALT:], about)
        raise DecryptionFailed(reason="changed")

    def seal_anew(self, sealed: bytes, purpose: str, about: bytes = b"") -> bytes:
        """The same under the current key. Refuses as `unseal` does."""
        return self.seal(self.unseal(sealed, purpose, about), purpose, about)

    def sign(self, payload: Mapping[str, Any], purpose: str, now: datetime, ttl: timedelta) -> str:
        """A payload of JSON that a browser may keep but neither read nor change, good for `ttl`; URL-safe."""
        ends_at = int((now + ttl).timestamp())
        plain = ends_at.to_bytes(8, "big") + json.dumps(dict(payload), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self.seal(plain, purpose)).decode().rstrip("=")

    def open(self, text: str, purpose: str, now: datetime) -> dict[str, Any]:
        """The payload that was signed. Refuses what is not ours for this purpose, and what is over."""
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise DecryptionFailed(reason="shape") from error
        plain = self.unseal(sealed, purpose)
        if now.timestamp() >= int.from_bytes(plain[:8], "big"):
            raise DecryptionExpired(reason="over")
        payload: dict[str, Any] = json.loads(plain[8:])
        return payload

    def digest(self, message: bytes, purpose: str) -> bytes:
        """A keyed hash for one purpose: the same each time, and of no use to who has only the database."""
        return _digest(self._ring.current, message, purpose)

    def digests(self, message: bytes, purpose: str) -> list[bytes]:
        """What `digest` makes of it now, and what it made of it under earlier keys."""
        return [_digest(key, message, purpose) for key in self._ring.candidates()]

    def _opening(self, sealed: bytes) -> tuple[Iterator[Key], bytes]:
        """The keys that a seal may open with, and what follows their name."""
        if sealed[:1] == _NAMELESS:
            return self._ring.candidates(), sealed[1:]
        name, rest = sealed[1 : 1 + ID_BYTES], sealed[1 + ID_BYTES :]
        if sealed[:1] != _VERSION:
            raise DecryptionFailed(reason="shape")
        return (key for key in self._ring.candidates() if key.id == name), rest


def _cipher(key: Key, purpose: str, salt: bytes) -> tuple[bytes, bytes]:
    derived = key.derive(b"infra24 seal\0" + purpose.encode(), 44, salt)
    return derived[:32], derived[32:]


def _digest(key: Key, message: bytes, purpose: str) -> bytes:
    return hmac.digest(key.derive(b"infra24 digest\0" + purpose.encode(), 32), message, "sha256")
