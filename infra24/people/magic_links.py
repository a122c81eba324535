"""Links by e-mail that open once: to sign in, to prove a new address.

The secret in a link derives from its id and the installation's secret, so that an e-mail can be composed (and
written again) by the worker without the secret standing in a table or in a job.
"""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from infra24 import mail
from infra24.auth import Sign, Signer
from infra24.db import Tx
from infra24.people import account_queries as queries
from infra24.people.model import Account, LinkExpired

MINUTES = {"sign_in": 15, "email": 24 * 60}


@dataclass(frozen=True, slots=True)
class VerifiedLink:
    """What a link proved: that whoever follows it reads the e-mail of this address."""

    user_id: UUID
    purpose: str
    email: str


async def send_sign_in(tx: Tx, account: Account, now: datetime) -> None:
    """E-mail a link that signs in."""
    link_id = await make(tx, account.id, "sign_in", account.email, now)
    mail.enqueue(tx, "sign_in", link=link_id)


async def send_email_change(tx: Tx, user_id: UUID, email: str, now: datetime) -> None:
    """E-mail a link to a new address that proves it, and tell the present one. Nothing changes until then."""
    link_id = await make(tx, user_id, "email", email, now)
    mail.enqueue(tx, "email_change", link=link_id)
    mail.enqueue(tx, "email_changed_notice", link=link_id)


async def make(
    tx: Tx, user_id: UUID, purpose: str, email: str, now: datetime, *, minutes: int | None = None
) -> UUID:
    """A link for one purpose, good for some minutes; the one before it is over. Its id."""
    link_id = uuid4()
    until = now + timedelta(minutes=minutes or MINUTES[purpose])
    await queries.add_link(tx, link_id, user_id, purpose, email, until)
    return link_id


def token_of(sign: Sign, link_id: UUID, purpose: str = "link") -> str:
    """What stands in the address: the id and the proof."""
    return base64.urlsafe_b64encode(link_id.bytes + sign(purpose, link_id.bytes)).decode().rstrip("=")


def id_of(signer: Signer, token: str, purpose: str = "link") -> UUID | None:
    """The id in a token, when this installation wrote it."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    signed = len(raw) == 48 and signer.is_signed(purpose, raw[:16], raw[16:])
    return UUID(bytes=raw[:16]) if signed else None


def read(signer: Signer, token: str) -> UUID:
    """The id in a token, without the database. Raises LinkExpired for what this installation did not sign."""
    link_id = id_of(signer, token)
    if link_id is None:
        raise LinkExpired()
    return link_id


async def look(tx: Tx, link_id: UUID, purpose: str, now: datetime) -> VerifiedLink:
    """What a link would open. Raises LinkExpired. Looking spends nothing: mail scanners look too."""
    row = await queries.link(tx, link_id, now)
    if row is None or row[1] != purpose:
        raise LinkExpired()
    return VerifiedLink(*row)


async def use(tx: Tx, link_id: UUID, purpose: str, now: datetime) -> VerifiedLink:
    """Open a link, once. Raises LinkExpired."""
    row = await queries.use_link(tx, link_id, now)
    if row is None or row[1] != purpose:
        raise LinkExpired()
    return VerifiedLink(*row)
