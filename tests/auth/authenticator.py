"""A passkey in software: answers as a browser sends them, for tests without a browser."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT_AND_VERIFIED, _WITH_KEY = 0x05, 0x40


def part(found: bytes) -> str:
    """Bytes as WebAuthn's JSON has them."""
    return base64.urlsafe_b64encode(found).decode().rstrip("=")


@dataclass
class Authenticator:
    """One passkey of one site."""

    origin: str
    host: str = "localhost"
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """What a browser answers to the options for a new passkey."""
        point = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        known = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        data = self._data(_PRESENT_AND_VERIFIED | _WITH_KEY) + known
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._said("webauthn.create", options)
        return self._answer(clientDataJSON=part(said), attestationObject=part(made))

    def answer(self, options: dict[str, Any], user: bytes) -> dict[str, Any]:
        """What a browser answers to the options for signing in."""
        self.count += 1
        data, said = self._data(_PRESENT_AND_VERIFIED), self._said("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=part(said),
            authenticatorData=part(data),
            signature=part(signature),
            userHandle=part(user),
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _said(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def _answer(self, **response: str) -> dict[str, Any]:
        return {"id": part(self.id), "rawId": part(self.id), "type": "public-key", "response": response}
