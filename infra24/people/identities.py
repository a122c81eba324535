"""Accounts at outside providers that open an account here."""

from datetime import datetime
from uuid import UUID

from infra24 import mail
from infra24.db import Tx
from infra24.people import account_queries as queries
from infra24.people import session_queries
from infra24.people.model import AuthenticatedUser


async def owner_of(tx: Tx, issuer: str, subject: str) -> UUID | None:
    """Whose account the provider's account opens; None when it opens none."""
    return await queries.identity_of(tx, issuer, subject)


async def person_of(tx: Tx, issuer: str, subject: str) -> AuthenticatedUser | None:
    """The person that a token of the provider speaks of."""
    return await session_queries.person_of_identity(tx, issuer, subject)


async def of_person(tx: Tx, user_id: UUID) -> list[str]:
    """The issuers at which a person can sign in."""
    return [row[0] for row in await queries.identities_of(tx, user_id)]


async def remember(tx: Tx, issuer: str, subject: str, user_id: UUID, now: datetime) -> None:
    """Let the provider's account open this one: it came with the same proved e-mail address."""
    await queries.add_identity(tx, issuer, subject, user_id, now)


async def connect(tx: Tx, issuer: str, subject: str, user_id: UUID, now: datetime) -> bool:
    """Let the provider's account open this one, as its owner asked; they are told by e-mail.

    False when it opens another account.
    """
    if await queries.add_identity(tx, issuer, subject, user_id, now):
        mail.enqueue(tx, "factor_changed", user=user_id)
        return True
    return await queries.identity_of(tx, issuer, subject) == user_id


async def disconnect(tx: Tx, user_id: UUID, issuer: str) -> None:
    """No longer sign in at that provider; the person is told by e-mail."""
    if await queries.remove_identity(tx, user_id, issuer):
        mail.enqueue(tx, "factor_changed", user=user_id)
