"""Every SQL statement about second factors: codes of an app, recovery codes, passkeys."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from infra24.db import Row, Tx


async def set_totp(tx: Tx, user_id: UUID, secret: bytes | None, step: int) -> None:
    """A sealed secret for codes, or none."""
    await tx.run("UPDATE users SET totp_secret = %s, totp_step = %s WHERE id = %s", (secret, step, user_id))


async def sealed_otherwise(tx: Tx, mark: bytes, after: UUID, limit: int) -> list[tuple[UUID, bytes]]:
    """Some of the sealed secrets that do not begin with a mark, by account; they are locked."""
    rows = await tx.rows(
        "SELECT id, totp_secret FROM users WHERE substring(totp_secret FROM 1 FOR %(length)s) <> %(mark)s "
        "AND id > %(after)s ORDER BY id LIMIT %(limit)s FOR UPDATE",
        {"mark": mark, "length": len(mark), "after": after, "limit": limit},
    )
    return [(row[0], bytes(row[1])) for row in rows]


async def set_sealed(tx: Tx, sealed: Mapping[UUID, bytes]) -> None:
    """The same secrets, sealed otherwise."""
    await tx.run(
        "UPDATE users SET totp_secret = n.sealed FROM unnest(%s::uuid[], %s::bytea[]) AS n (id, sealed) "
        "WHERE users.id = n.id",
        (list(sealed), list(sealed.values())),
    )


async def use_totp_step(tx: Tx, user_id: UUID, step: int) -> bool:
    """Use a code's step; False when it or a later one was used before."""
    return (
        await tx.run(
            "UPDATE users SET totp_step = %s WHERE id = %s AND totp_step < %s", (step, user_id, step)
        )
        == 1
    )


async def set_recovery_codes(tx: Tx, user_id: UUID, hashes: Sequence[bytes]) -> None:
    """Exactly these codes for when the second factor is lost."""
    await tx.run("DELETE FROM recovery_codes WHERE user_id = %s", (user_id,))
    await tx.run(
        "INSERT INTO recovery_codes (user_id, code_hash) SELECT %s, unnest(%s::bytea[])",
        (user_id, list(hashes)),
    )


async def forget_useless_codes(tx: Tx, user_id: UUID) -> None:
    """No recovery codes where there is no second factor that could be lost."""
    await tx.run(
        """
        DELETE FROM recovery_codes WHERE user_id = %(user)s
            AND NOT EXISTS (SELECT 1 FROM users WHERE id = %(user)s AND totp_secret IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = %(user)s)
        """,
        {"user": user_id},
    )


async def use_recovery_code(tx: Tx, user_id: UUID, hashes: Sequence[bytes], now: datetime) -> bool:
    """Use a recovery code, once, by what may be stored of it."""
    return (
        await tx.run(
            "UPDATE recovery_codes SET used_at = %s WHERE user_id = %s AND code_hash = ANY(%s) "
            "AND used_at IS NULL",
            (now, user_id, list(hashes)),
        )
        == 1
    )


async def recovery_codes_left(tx: Tx, user_id: UUID) -> int:
    """How many codes were not used yet."""
    row = await tx.row(
        "SELECT count(*)::int FROM recovery_codes WHERE user_id = %s AND used_at IS NULL", (user_id,)
    )
    return int(row[0]) if row else 0


async def passkeys_of(tx: Tx, user_id: UUID) -> list[Row]:
    """A person's passkeys: credential, name, when made, when used."""
    return await tx.rows(
        "SELECT credential_id, name, created_at, used_at FROM passkeys WHERE user_id = %s "
        "ORDER BY created_at",
        (user_id,),
    )


async def passkey(tx: Tx, credential_id: bytes) -> Row | None:
    """Whose passkey it is: user, public key, count of signatures."""
    return await tx.row(
        "SELECT user_id, public_key, sign_count FROM passkeys WHERE credential_id = %s FOR UPDATE",
        (credential_id,),
    )


async def add_passkey(
    tx: Tx, user_id: UUID, credential_id: bytes, public_key: bytes, sign_count: int, name: str, now: datetime
) -> bool:
    """Another passkey; False when it is known already."""
    return (
        await tx.run(
            """
        INSERT INTO passkeys (credential_id, user_id, public_key, sign_count, name, created_at)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
            (credential_id, user_id, public_key, sign_count, name, now),
        )
        == 1
    )


async def use_passkey(tx: Tx, credential_id: bytes, sign_count: int, now: datetime) -> None:
    """Note how often it has signed."""
    await tx.run(
        "UPDATE passkeys SET sign_count = %s, used_at = %s WHERE credential_id = %s",
        (sign_count, now, credential_id),
    )


async def remove_passkey(tx: Tx, user_id: UUID, credential_id: bytes) -> bool:
    """Take a passkey away; False when it is not theirs."""
    return (
        await tx.run(
            "DELETE FROM passkeys WHERE user_id = %s AND credential_id = %s", (user_id, credential_id)
        )
        == 1
    )
