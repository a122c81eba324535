"""Every SQL statement about the answers that are kept for repeated requests."""

from dataclasses import dataclass
from datetime import datetime

from infra24.db import Tx


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A key that was used before; `status` None while its request still runs."""

    fingerprint: bytes
    status: int | None
    answer: str | None


async def claim_key(
    tx: Tx, key: bytes, fingerprint: bytes, now: datetime, given_up: datetime
) -> StoredResponse | None:
    """Take a key, or say how it was used before. A request older than `given_up` is replaced."""
    taken = await tx.run(
        """
        INSERT INTO idempotency_keys AS k (org_id, key_hash, fingerprint, claimed_at)
        VALUES (%(org)s, %(key)s, %(fingerprint)s, %(now)s)
        ON CONFLICT (org_id, key_hash) DO UPDATE SET claimed_at = excluded.claimed_at
            WHERE k.status IS NULL AND k.claimed_at < %(given_up)s
                AND k.fingerprint = excluded.fingerprint
        """,
        {"org": tx.org_id, "key": key, "fingerprint": fingerprint, "now": now, "given_up": given_up},
    )
    if taken:
        return None
    row = await tx.row(
        "SELECT fingerprint, status, answer FROM idempotency_keys WHERE org_id = %s AND key_hash = %s",
        (tx.org_id, key),
    )
    return StoredResponse(bytes(row[0]), row[1], row[2]) if row else StoredResponse(fingerprint, None, None)


async def store_response(tx: Tx, key: bytes, claimed_at: datetime, status: int, answer: str) -> bool:
    """Keep the answer of the request that took the key then; False when another took over."""
    return (
        await tx.run(
            """
        UPDATE idempotency_keys SET status = %s, answer = %s
        WHERE org_id = %s AND key_hash = %s AND claimed_at = %s AND status IS NULL
        """,
            (status, answer, tx.org_id, key, claimed_at),
        )
        == 1
    )


async def release_key(tx: Tx, key: bytes, claimed_at: datetime) -> None:
    """Give back a key whose request came to no answer."""
    await tx.run(
        """
        DELETE FROM idempotency_keys
        WHERE org_id = %s AND key_hash = %s AND claimed_at = %s AND status IS NULL
        """,
        (tx.org_id, key, claimed_at),
    )


async def delete_expired(tx: Tx, before: datetime) -> None:
    """Forget the answers kept since before an instant."""
    await tx.run("DELETE FROM idempotency_keys WHERE org_id = %s AND claimed_at < %s", (tx.org_id, before))
