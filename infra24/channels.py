"""How a person is reached, and the ways in which reaching them can fail."""

from enum import StrEnum

from infra24.errors import Message, Unavailable


class Channel(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    SMS = "sms"


class TemporaryFailure(Unavailable):
    """The message could not be sent now. It will be tried again."""

    retry_after: float | None
    """How many seconds the provider asks to be left alone for; None where it does not say."""

    def __init__(self, message: Message | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServerUnavailable(TemporaryFailure):
    """The provider cannot be used now, by any message. Messages wait, and will be tried again."""


class PermanentFailure(Unavailable):
    """The message cannot be delivered. It will not be tried again."""


class RecipientOptedOut(PermanentFailure):
    """The provider sends this recipient nothing more from this sender: they opted out."""
