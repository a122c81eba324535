"""Accounts: made by an invitation or a first run, opened by a password, a link, a provider or a passkey."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from infra24.db import Tx
from infra24.people import account_queries as queries
from infra24.people.model import Account, EmailTaken

WRONG_PASSWORDS = 10
LOCKED_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often something may be tried in a stretch of time."""

    most: int
    within: timedelta


_QUARTER = timedelta(minutes=15)
ALLOWED: Mapping[str, Allowance] = {
    "sign in from an address": Allowance(40, _QUARTER),
    "sign in to an account": Allowance(20, _QUARTER),
    "letters to an account": Allowance(4, _QUARTER),
    "letters from an address": Allowance(20, _QUARTER),
    "codes of an account": Allowance(8, _QUARTER),
    "links from an address": Allowance(60, _QUARTER),
    "bad keys from an address": Allowance(120, _QUARTER),
}
"""Each try is counted by what it is and by whom; known and unknown accounts alike."""


async def attempt(tx: Tx, what: str, key: str, now: datetime) -> bool:
    """Count one more try; False when there were too many. To be committed whatever comes of the try."""
    allowance = ALLOWED[what]
    hashed = hashlib.sha256(key.encode()).digest()
    return await queries.attempt(tx, what, hashed, now, now - allowance.within) <= allowance.most


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


async def wrong_password(tx: Tx, account: Account, now: datetime) -> None:
    """Count a wrong password; after ten the account opens by link or passkey only, for a while."""
    await queries.fail(tx, account.id, WRONG_PASSWORDS, now + LOCKED_FOR)


async def right_password(tx: Tx, account: Account, rehashed: str | None) -> None:
    """Forget the wrong ones; keep a stronger hash where the parameters have grown."""
    if rehashed is not None:
        await queries.set_password(tx, account.id, rehashed)
    else:
        await queries.succeed(tx, account.id)


async def set_password(tx: Tx, user_id: UUID, password_hash: str, keep: UUID | None) -> None:
    """Another password; every other session of the account is over. `keep` is the one that asked."""
    await queries.set_password(tx, user_id, password_hash)
    await queries.end_sessions(tx, user_id, keep)


async def set_email(tx: Tx, user_id: UUID, email: str) -> None:
    """Another address, proved by its link. Refuses with EmailTaken, here and in memberships."""
    other = await queries.by_email(tx, email)
    if other is not None and other.id != user_id:
        raise EmailTaken()
    await queries.set_email(tx, user_id, email)
