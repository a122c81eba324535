"""Addresses that are sent nothing: after a bounce or a complaint, STOP, or because somebody told us."""

from datetime import datetime

from email_validator import EmailNotValidError, validate_email

from infra24.channels import Channel
from infra24.consent import queries
from infra24.consent.model import Suppression, SuppressionCause, UnknownSuppression
from infra24.db import Tx
from infra24.errors import InvalidValue, ValidationFailed
from infra24.sms import InvalidNumber, to_e164

_MOST = 200


async def suppress(
    tx: Tx, channel: Channel, address: str, cause: SuppressionCause, note: str, now: datetime
) -> None:
    """Send an address nothing from now on; one that is on the list stays as it is."""
    await queries.put_suppression(
        tx, Suppression(channel, address.strip().lower(), cause, note[:500], "", now)
    )


async def record(
    tx: Tx, written: str, region: str | None, note: str, recorded_by: str, now: datetime
) -> Suppression:
    """Write down that somebody wants nothing more, however they said so: an e-mail address, or a number.

    A number without a country code is one of `region`. Raises ValidationFailed.
    """
    channel, address = _read(written.strip(), region)
    made = Suppression(channel, address, SuppressionCause.RECORDED, note.strip()[:500], recorded_by, now)
    await queries.put_suppression(tx, made)
    return made


async def lift(tx: Tx, channel: Channel, address: str) -> None:
    """Send an address messages again. Raises UnknownSuppression."""
    if not await queries.delete_suppression(tx, channel, address.strip().lower()):
        raise UnknownSuppression()


async def resume(tx: Tx, channel: Channel, address: str) -> None:
    """Send an address messages again that its owner stopped; nothing where something else did."""
    await queries.delete_stopped(tx, channel, address.strip().lower())


async def listed(tx: Tx, containing: str = "") -> list[Suppression]:
    """The addresses with this in them, the newest first, at most 200."""
    return await queries.suppressions(tx, containing.strip().lower(), _MOST)


def _read(written: str, region: str | None) -> tuple[Channel, str]:
    wrong = InvalidValue("Write an e-mail address, or a number with its country code.").message
    if "@" in written:
        try:
            found = validate_email(written, check_deliverability=False)
        except EmailNotValidError:
            raise ValidationFailed({"address": wrong}) from None
        return Channel.EMAIL, found.normalized.lower()
    try:
        return Channel.SMS, to_e164(written, region)
    except InvalidNumber:
        raise ValidationFailed({"address": wrong}) from None
