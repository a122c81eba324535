"""The six digits, the codes for when they are lost, and the seals under which secrets are kept."""

import io
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra24.auth import DecryptionExpired, DecryptionFailed, Keyring, SecretBox, totp

NOW = datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30
SEALS = SecretBox(Keyring.of(b"a secret of the tests, long enough"))
OTHERS = SecretBox(Keyring.of(b"another secret, stolen, long enough"))
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_the_digits_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, SHA-1, the last six digits."""
    for seconds, digits in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        at = datetime.fromtimestamp(seconds, UTC)
        assert totp.check(digits, SECRET, at, None) == seconds // 30


def test_a_code_is_good_once_and_for_a_step_around_now() -> None:
    app = pyotp.TOTP(SECRET)
    for away, good in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = app.generate_otp(STEP + away)
        assert totp.check(code, SECRET, NOW, None) == (STEP + away if good else None)
    code = app.generate_otp(STEP)
    assert totp.check(f" {code[:3]} {code[3:]} ", SECRET, NOW, STEP - 1) == STEP
    assert totp.check(code, SECRET, NOW, STEP) is None
    assert totp.check(app.generate_otp(STEP - 1), SECRET, NOW, STEP) is None
    assert totp.check(app.generate_otp(STEP + 1), SECRET, NOW, STEP) == STEP + 1
    for odd in ("", "12345", "1234567", "abcdef", "１２３４５６", "12345\n", "-" * 6, code + "\0"):
        assert totp.check(odd, SECRET, NOW, None) is None


def test_a_secret_is_shown_as_an_address_and_a_picture() -> None:
    secret = totp.new_secret()
    assert len(secret) == 32
    assert secret != totp.new_secret()
    found = totp.address(secret, "ada@example.org", "Bakehouse: Art & Co")
    parts = urlsplit(found)
    assert parts.scheme == "otpauth"
    assert parse_qs(parts.query)["secret"] == [secret]
    picture = totp.qr_code(found)
    assert picture.startswith("data:image/svg+xml")
    drawn = unquote(picture.split(",", 1)[1])
    assert drawn.startswith("<svg")
    assert "style" not in drawn
    assert io.StringIO(drawn).read().count("<path") == 2


def test_recovery_codes_are_ten_and_kept_as_digests_of_their_owner() -> None:
    seals, codes = SEALS, totp.new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)
    kept = {totp.recovery_digest(code, b"ada", seals) for code in codes}
    assert len(kept) == 10
    assert totp.recovery_digest(codes[0].upper().replace("-", " "), b"ada", seals) in kept
    assert totp.recovery_digest(codes[0], b"eve", seals) not in kept
    assert totp.recovery_digest(codes[0], b"ada", OTHERS) not in kept


def test_a_seal_opens_here_for_its_purpose_and_owner_only() -> None:
    seals = SEALS
    sealed = seals.seal(b"JBSWY3DP", "totp", b"ada")
    assert seals.unseal(sealed, "totp", b"ada") == b"JBSWY3DP"
    assert sealed != seals.seal(b"JBSWY3DP", "totp", b"ada")
    assert b"JBSWY3DP" not in sealed
    bad = [(OTHERS, sealed, "totp", b"ada"), (seals, sealed, "cookie", b"ada"),
           (seals, sealed, "totp", b"eve"), (seals, sealed[:-1], "totp", b"ada"), (seals, b"", "totp", b"ada"),
           (seals, b"\x03" + sealed[1:], "totp", b"ada"), (seals, sealed + b"\0", "totp", b"ada")]  # fmt: skip
    bad += [
        (seals, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], "totp", b"ada")
        for at in range(len(sealed))
    ]
    for opener, changed, purpose, about in bad:
        with pytest.raises(DecryptionFailed):
            opener.unseal(changed, purpose, about)


def test_what_a_browser_keeps_is_ours_hidden_and_ends() -> None:
    seals = SEALS
    text = seals.sign({"verifier": "of-the-sign-in", "n": 1}, "sign-in", NOW, timedelta(minutes=10))
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    assert seals.open(text, "sign-in", NOW + timedelta(minutes=9)) == {"verifier": "of-the-sign-in", "n": 1}
    with pytest.raises(DecryptionExpired):
        seals.open(text, "sign-in", NOW + timedelta(minutes=10))
    with pytest.raises(DecryptionFailed):
        seals.open(text, "passkey", NOW)
    for odd in ("", "a", "é", text[:-2], text + "AA", "=" * 40, text.replace(text[30], "!", 1)):
        with pytest.raises(DecryptionFailed):
            seals.open(odd, "sign-in", NOW)


@given(st.binary(max_size=200), st.text(max_size=20), st.binary(max_size=20))
def test_whatever_is_sealed_comes_back(plain: bytes, purpose: str, about: bytes) -> None:
    seals = SEALS
    assert seals.unseal(seals.seal(plain, purpose, about), purpose, about) == plain


@given(st.text(max_size=200))
def test_opening_survives_anything(text: str) -> None:
    with pytest.raises(DecryptionFailed):
        SEALS.open(text, "sign-in", NOW)
