"""The second factor of an account: codes of an app, codes for when it is lost, passkeys.

What adds or removes one tells the person by e-mail.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24 import mail
from infra24.auth import Batch, DecryptionFailed, PasskeyRefused, passkeys, totp
from infra24.auth.encryption import SecretBox
from infra24.auth.passkeys import Passkey, RelyingParty
from infra24.db import Database, Tx
from infra24.errors import NotFound
from infra24.people import factor_queries as queries
from infra24.people.model import Account, WrongCode

_TOTP = "totp secret"
_BATCH = 200


class UnknownPasskey(NotFound):
    """This passkey belongs to no account here. Sign in another way, and add it to your account."""


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """A passkey as its owner sees it in their list."""

    credential_id: bytes
    name: str
    created_at: datetime
    used_at: datetime | None


async def check_code(tx: Tx, account: Account, code: str, seals: SecretBox, now: datetime) -> None:
    """A code of the app, or one kept for when it is lost; each opens once. Raises WrongCode."""
    if account.totp_secret is not None:
        secret = seals.unseal(account.totp_secret, _TOTP, account.id.bytes).decode()
        step = totp.check(code, secret, now, account.totp_step)
        if step is not None and await queries.use_totp_step(tx, account.id, step):
            return
    digests = totp.recovery_digests(code, account.id.bytes, seals)
    if not await queries.use_recovery_code(tx, account.id, digests, now):
        raise WrongCode()


async def add_app(
    tx: Tx, user_id: UUID, secret: str, code: str, seals: SecretBox, now: datetime
) -> list[str]:
    """Ask for codes of this app from now on, once a code proves that it works. Raises WrongCode.

    Returns codes for when the app is lost, shown this once.
    """
    step = totp.check(code, secret, now, None)
    if step is None:
        raise WrongCode()
    await queries.set_totp(tx, user_id, seals.seal(secret.encode(), _TOTP, user_id.bytes), step)
    _tell(tx, user_id)
    return await new_recovery_codes(tx, user_id, seals)


async def remove_app(tx: Tx, user_id: UUID) -> None:
    """No codes of an app any more; the recovery codes go with the last factor."""
    await queries.set_totp(tx, user_id, None, 0)
    await queries.forget_useless_codes(tx, user_id)
    _tell(tx, user_id)


async def new_recovery_codes(tx: Tx, user_id: UUID, seals: SecretBox) -> list[str]:
    """Fresh codes for when a factor is lost; the former ones open nothing any more."""
    codes = totp.new_recovery_codes()
    hashes = [totp.recovery_digest(code, user_id.bytes, seals) for code in codes]
    await queries.set_recovery_codes(tx, user_id, hashes)
    return codes


async def seal_apps_anew(database: Database, seals: SecretBox) -> AsyncIterator[Batch]:
    """Seal anew the secrets of apps that an earlier key sealed, in batches; what no key opens stays as it is.

    Begun again, it goes on where it was.
    """
    after = UUID(int=0)
    while True:
        async with database.accounts() as tx:
            found = await queries.sealed_otherwise(tx, seals.mark, after, _BATCH)
            if not found:
                return
            anew: dict[UUID, bytes] = {}
            for user_id, sealed in found:
                with suppress(DecryptionFailed):
                    anew[user_id] = seals.seal_anew(sealed, _TOTP, user_id.bytes)
            await queries.set_sealed(tx, anew)
        after = found[-1][0]
        yield Batch(len(anew), len(found) - len(anew))


async def recovery_codes_left(tx: Tx, user_id: UUID) -> int:
    """How many were not used yet."""
    return await queries.recovery_codes_left(tx, user_id)


async def passkeys_of(tx: Tx, user_id: UUID) -> list[PasskeyView]:
    """A person's passkeys, oldest first."""
    return [PasskeyView(bytes(row[0]), *row[1:]) for row in await queries.passkeys_of(tx, user_id)]


async def add_passkey(
    tx: Tx,
    user_id: UUID,
    site: RelyingParty,
    challenge: bytes,
    answer: dict[str, Any],
    name: str,
    seals: SecretBox,
    now: datetime,
) -> list[str]:
    """Keep a new passkey. Raises PasskeyRefused, one that is known already too.

    Returns codes for when it is lost, shown this once, to whoever has none left.
    """
    made = passkeys.registered(site, challenge, answer)
    called = "".join(letter for letter in name if letter.isprintable())[:60].strip() or "Passkey"
    if not await queries.add_passkey(
        tx, user_id, made.credential_id, made.public_key, made.sign_count, called, now
    ):
        raise PasskeyRefused()
    _tell(tx, user_id)
    if await queries.recovery_codes_left(tx, user_id):
        return []
    return await new_recovery_codes(tx, user_id, seals)


async def use_passkey(
    tx: Tx, site: RelyingParty, challenge: bytes, answer: dict[str, Any], now: datetime
) -> tuple[UUID, bool]:
    """Whose passkey answered, and whether its holder was verified. Raises UnknownPasskey and
    PasskeyRefused."""
    offered = passkeys.offered(answer)
    row = await queries.passkey(tx, offered.credential_id)
    if row is None:
        raise UnknownPasskey()
    user_id: UUID = row[0]
    known = Passkey(offered.credential_id, bytes(row[1]), row[2])
    used = passkeys.authenticated(site, challenge, known, user_id.bytes, answer)
    await queries.use_passkey(tx, offered.credential_id, used.sign_count, now)
    return user_id, used.user_verified


async def remove_passkey(tx: Tx, user_id: UUID, credential_id: bytes) -> None:
    """Take a passkey away; the recovery codes go with the last factor. Raises UnknownPasskey."""
    if not await queries.remove_passkey(tx, user_id, credential_id):
        raise UnknownPasskey()
    await queries.forget_useless_codes(tx, user_id)
    _tell(tx, user_id)


def _tell(tx: Tx, user_id: UUID) -> None:
    mail.enqueue(tx, "factor_changed", user=user_id)
