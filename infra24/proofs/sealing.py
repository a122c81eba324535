"""Small secrets sealed under the installation's own: what is sealed for one purpose opens for no other.

Each seal (AES-256-GCM) has a key of its own, derived by HKDF from the installation's secret, the purpose and
a random salt: however many are made, no key meets a nonce twice. Another secret breaks every seal at once.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra24.proofs.model import SealBroken, SealExpired

_VERSION = b"\x01"
_SALT = 16
_TAG = 16


class Seals:
    """Makes and opens the seals of one installation."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the installation's secret is too short to seal with")
        self._secret = secret

    def seal(self, plain: bytes, purpose: str, about: bytes = b"") -> bytes:
        """What only this installation can open, for one purpose and the same `about` (whose it is)."""
        salt = secrets.token_bytes(_SALT)
        key, nonce = self._key(purpose, salt)
        return _VERSION + salt + AESGCM(key).encrypt(nonce, plain, about)

    def unseal(self, sealed: bytes, purpose: str, about: bytes = b"") -> bytes:
        """What was sealed. Refuses what is of elsewhere, another purpose, another `about`, or changed."""
        if len(sealed) < 1 + _SALT + _TAG or sealed[:1] != _VERSION:
            raise SealBroken(reason="shape")
        key, nonce = self._key(purpose, sealed[1 : 1 + _SALT])
        try:
            return AESGCM(key).decrypt(nonce, sealed[1 + _SALT :], about)
        except InvalidTag as error:
            raise SealBroken(reason="changed") from error

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
            raise SealBroken(reason="shape") from error
        plain = self.unseal(sealed, purpose)
        if now.timestamp() >= int.from_bytes(plain[:8], "big"):
            raise SealExpired(reason="over")
        payload: dict[str, Any] = json.loads(plain[8:])
        return payload

    def digest(self, message: bytes, purpose: str) -> bytes:
        """A keyed hash for one purpose: the same each time, and of no use to who has only the database."""
        return hmac.digest(self._derive(b"digest", purpose, None, 32), message, "sha256")

    def _key(self, purpose: str, salt: bytes) -> tuple[bytes, bytes]:
        derived = self._derive(b"seal", purpose, salt, 44)
        return derived[:32], derived[32:]

    def _derive(self, use: bytes, purpose: str, salt: bytes | None, length: int) -> bytes:
        info = b"infra24 " + use + b"\0" + purpose.encode()
        return HKDF(SHA256(), length, salt, info).derive(self._secret)
