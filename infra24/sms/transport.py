"""What a carrier of text messages is."""

from typing import Protocol

from infra24.sms.model import Sms


class SmsTransport(Protocol):
    """Sends text messages. `send` and `check` raise TemporaryFailure or PermanentFailure (`channels`)."""

    async def send(self, sms: Sms, id_: str) -> str:
        """Send it; what the provider calls it. `id_` is the message's own, the same each time it is tried."""
        ...

    async def check(self) -> str:
        """Whether messages can be sent, without sending any; where they go."""
        ...
