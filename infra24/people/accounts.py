"""Accounts: made by an invitation or a first run, opened by a password, a link, a provider or a passkey."""

from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from infra24 import mail
from infra24.db import Tx
from infra24.people import account_queries as queries
from infra24.people import session_queries
from infra24.people.model import Account, EmailTaken

WRONG_PASSWORDS = 10
LOCKED_FOR = timedelta(minutes=15)
_NOBODY = UUID(int=0)


async def of_email(tx: Tx, email: str) -> Account | None:
    """The account of an address, in any spelling."""
    return await queries.by_email(tx, email.strip().lower())


async def get(tx: Tx, user_id: UUID) -> Account:
    """One account, by the id that a session gave."""
    found = await queries.by_id(tx, user_id)
    assert found is not None, "a session ends with its account"
    return found


async def lock(tx: Tx, user_id: UUID) -> Account:
    """One account, which nobody else changes meanwhile."""
    found = await queries.lock(tx, user_id)
    assert found is not None
    return found


async def ensure(tx: Tx, email: str, name: str, now: datetime) -> UUID:
    """The account of an address, made if there is none. Whoever calls has proof that it is theirs."""
    made = await queries.insert(tx, email, name, now)
    if made is not None:
        return made
    found = await queries.by_email(tx, email)
    assert found is not None
    return found.id


def is_locked(account: Account | None, now: datetime) -> bool:
    """Whether passwords are not looked at for now: there were too many wrong ones."""
    return account is not None and account.locked_until is not None and account.locked_until > now


async def wrong_password(tx: Tx, account: Account | None, now: datetime) -> None:
    """Count a wrong password; after ten the account opens by link or passkey only, for a while.

    Without an account it asks the database for as much: how long it takes tells nothing.
    """
    await queries.fail(tx, account.id if account else _NOBODY, WRONG_PASSWORDS, now + LOCKED_FOR)


async def right_password(tx: Tx, account: Account, rehashed: str | None) -> None:
    """Forget the wrong ones; keep a stronger hash where the parameters have grown."""
    if rehashed is not None:
        await queries.set_password(tx, account.id, rehashed)
    else:
        await queries.succeed(tx, account.id)


async def exist(tx: Tx) -> bool:
    """Whether anybody has an account in this installation."""
    return not await queries.is_empty(tx)


async def set_profile(tx: Tx, user_id: UUID, name: str, locale: str, time_zone: str) -> None:
    """How a person is called, and the language and zone they read in; empty for the organization's."""
    await queries.set_profile(tx, user_id, name, locale, time_zone)


async def set_password(tx: Tx, user_id: UUID, password_hash: str, keep: UUID | None) -> None:
    """Another password, told by e-mail; all else that opens the account is over. `keep` is the session that
    asked."""
    await queries.set_password(tx, user_id, password_hash)
    await end_others(tx, user_id, keep)
    mail.enqueue(tx, "password_changed", user=user_id)


async def end_others(tx: Tx, user_id: UUID, keep: UUID | None) -> None:
    """End every session but one, and what others may have asked for: emailed links, another address."""
    await session_queries.end_sessions(tx, user_id, keep)
    await queries.end_links(tx, user_id)


async def set_email(tx: Tx, user_id: UUID, email: str) -> None:
    """Another address, proved by its link; links sent to the former open nothing. Raises EmailTaken."""
    try:
        async with tx.savepoint():
            await queries.set_email(tx, user_id, email)
    except psycopg.errors.UniqueViolation:
        raise EmailTaken() from None
    await queries.end_links(tx, user_id)
