"""The six digits of an authenticator app (RFC 6238), and the codes for when it is lost."""

import hmac
import secrets
from datetime import datetime

import pyotp
import segno

from infra24.auth.encryption import SecretBox

STEP_SECONDS = 30
RECOVERY_CODES = 10

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another
_PURPOSE = "recovery code"


def new_secret() -> str:
    """A fresh secret of 160 bits, as apps take it (base32). Keep it sealed."""
    return pyotp.random_base32()


def address(secret: str, account: str, issuer: str) -> str:
    """The otpauth address that an app reads: `account` and `issuer` are what it shows."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def qr_code(found: str) -> str:
    """An otpauth address as a QR code: an SVG in a data address, for the `src` of an image."""
    return segno.make_qr(found, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff")


def check(code: str, secret: str, now: datetime, last_step: int | None) -> int | None:
    """The step that a code belongs to, or None when it is not good now.

    A step before and a step after are taken too, for clocks that differ. A step is good once: keep what is
    returned as the next `last_step`, in a statement that only ever raises it.
    """
    digits = code.replace(" ", "").replace("-", "")
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return None
    here = int(now.timestamp()) // STEP_SECONDS
    app = pyotp.TOTP(secret, interval=STEP_SECONDS)
    found = None
    for step in (here + 1, here, here - 1):
        good = hmac.compare_digest(app.generate_otp(step), digits)
        if good and (last_step is None or step > last_step):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten fresh codes of 79 bits, to be shown once; store only what `recovery_digest` makes of each."""
    return ["-".join(_word() for _ in range(4)) for _ in range(RECOVERY_CODES)]


def recovery_digest(code: str, owner: bytes, seals: SecretBox) -> bytes:
    """What is stored of a code of one owner; a code is good once."""
    return seals.digest(_spelled(code, owner), _PURPOSE)


def recovery_digests(code: str, owner: bytes, seals: SecretBox) -> list[bytes]:
    """What a typed code is looked up by: it may have been stored under an earlier key."""
    return seals.digests(_spelled(code, owner), _PURPOSE)


def _spelled(code: str, owner: bytes) -> bytes:
    letters = "".join(letter for letter in code.casefold() if letter.isalnum())
    return owner + b"\0" + letters.encode()


def _word() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))
