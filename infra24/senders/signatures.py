"""Whether a report comes from the provider: signatures over what was sent, under the connection's secret."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

_OLDEST = timedelta(minutes=5)


def is_from_resend(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """HMAC-SHA256 over id, time and body, no more than five minutes ago.

    Source: https://docs.svix.com/receiving/verifying-payloads/how-manual
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        seconds = int(headers.get("svix-timestamp", ""))
    except (ValueError, binascii.Error):
        return False
    if not key or abs(now.timestamp() - seconds) > _OLDEST.total_seconds():
        return False
    signed = b".".join((headers.get("svix-id", "").encode(), str(seconds).encode(), body))
    ours = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    given = headers.get("svix-signature", "").encode().split()
    return any(hmac.compare_digest(ours, one) for one in given)


def is_from_twilio(token: str, url: str, form: Mapping[str, str], signature: str) -> bool:
    """HMAC-SHA1 over the address and the sorted fields (https://www.twilio.com/docs/usage/security)."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    ours = base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest())
    return hmac.compare_digest(ours, signature.encode())
