"""What a browser would never send as a passkey's answer is refused, whatever it is."""

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra24.auth import PasskeyRefused, passkeys

SITE = passkeys.RelyingParty("localhost", "http://localhost:8000", "Bakehouse")
KEPT = passkeys.Passkey(b"one", b"\xa5\x01\x02", 0)
HOST = hashlib.sha256(b"localhost").digest()
CHALLENGE = b"a challenge"


def part(found: bytes) -> str:
    return base64.urlsafe_b64encode(found).decode().rstrip("=")


def said(kind: str) -> str:
    return part(json.dumps({"type": kind, "challenge": part(CHALLENGE), "origin": SITE.origin}).encode())


def refused(answer: Any) -> None:
    with pytest.raises(PasskeyRefused):
        passkeys.registered(SITE, CHALLENGE, answer)
    with pytest.raises(PasskeyRefused):
        passkeys.authenticated(SITE, CHALLENGE, KEPT, b"ada", answer)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
names = st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "userHandle", "signature"])


@given(values | st.dictionaries(names, values | st.dictionaries(names, values)))
def test_an_answer_of_any_shape(answer: Any) -> None:
    refused(answer)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", HOST, HOST + b"\x01\0\0\0\1", HOST + b"\xc5\0\0\0\1" + b"a" * 16]),
)
def test_an_answer_of_any_bytes(tail: bytes, head: bytes) -> None:
    """After what the browser vouches for, anything: as the attestation, and as the authenticator's data."""
    data = head + tail
    attested = b"\xa3cfmtdnonegattStmt\xa0hauthDataY" + len(data).to_bytes(2, "big") + data
    for attestation in (tail, attested):
        answer = {"id": part(b"one"), "rawId": part(b"one"), "type": "public-key", "response": {
            "clientDataJSON": said("webauthn.create"), "attestationObject": part(attestation)}}  # fmt: skip
        with pytest.raises(PasskeyRefused):
            passkeys.registered(SITE, CHALLENGE, answer)
    response = {
        "clientDataJSON": said("webauthn.get"),
        "authenticatorData": part(data),
        "signature": part(tail),
    }
    answer = {"id": part(b"one"), "rawId": part(b"one"), "type": "public-key", "response": response}
    with pytest.raises(PasskeyRefused):
        passkeys.authenticated(SITE, CHALLENGE, KEPT, b"ada", answer)
