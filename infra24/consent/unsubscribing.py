"""The token in a link that unsubscribes: which notification it came with, and nothing that is secret."""

from uuid import UUID

from infra24.auth import Sign, Signer, ids_of, signed_ids

_PURPOSE = "unsubscribe"


def unsubscribe_token(sign: Sign, org_id: UUID, notification_id: UUID) -> str:
    """What the link of a notification carries: who got it and what for is read from its row."""
    return signed_ids(sign, _PURPOSE, org_id, notification_id)


def unsubscribed_by(signer: Signer, token: str) -> tuple[UUID, UUID] | None:
    """The organization and the notification that a token was made for; None where it was not made here."""
    return ids_of(signer, _PURPOSE, token)
