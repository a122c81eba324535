"""Choosing by which service an organization's messages go, and as whom."""

from collections.abc import Callable, Mapping
from datetime import datetime

from infra24 import org_connections
from infra24.auth import SecretBox
from infra24.channels import Channel
from infra24.db import Tx
from infra24.errors import DomainError, InvalidValue, Message, ValidationFailed
from infra24.mail.mime import sender as parse_sender
from infra24.org_connections import OrgConnection
from infra24.outbound import is_allowed_url
from infra24.senders import queries
from infra24.senders.model import Provider, SenderDraft
from infra24.sms import InvalidNumber, to_e164

_LONGEST = 2_000
_LABELS: Mapping[Provider, str] = {
    Provider.SMTP: "mail server",
    Provider.RESEND: "Resend",
    Provider.TWILIO: "Twilio",
}


async def current(tx: Tx, channel: Channel) -> OrgConnection | None:
    """The organization's own sender of a channel; None: it uses the installation's."""
    of_channel = [provider for provider in Provider if provider.channel is channel]
    found = await org_connections.listed(tx, of_channel)
    return found[0] if found else None


async def set_sender(tx: Tx, seals: SecretBox, draft: SenderDraft, now: datetime) -> OrgConnection:
    """Send a channel's messages by this service from now on, instead of the former.

    A secret that is left out stays, where the provider stays. Raises ValidationFailed.
    """
    await queries.lock(tx)
    before = await current(tx, draft.provider.channel)
    same = before if before is not None and before.kind == draft.provider else None
    kept = await org_connections.secret_of(tx, seals, same.id) if same is not None else {}
    secret = {**kept, **{name: value for name, value in draft.secret.items() if value}}
    settings = _checked(draft, secret)
    label = _LABELS[draft.provider]
    if same is not None:
        return await org_connections.change(tx, seals, same.id, settings=settings, secret=secret, now=now)
    if before is not None:
        await org_connections.disconnect(tx, before.id)
    return await org_connections.connect(tx, seals, draft.provider, label, settings, secret, now)


async def remove(tx: Tx, channel: Channel) -> None:
    """Send a channel's messages by the installation's service again."""
    before = await current(tx, channel)
    if before is not None:
        await org_connections.disconnect(tx, before.id)


def _checked(draft: SenderDraft, secret: Mapping[str, str]) -> dict[str, str | int]:
    """The settings of a draft as they are kept. Raises ValidationFailed with each field that is wrong."""
    errors: dict[str, Message] = {}
    kept: dict[str, str | int] = {}
    for name, read in _FIELDS[draft.provider].items():
        typed = draft.fields.get(name, "").strip()
        try:
            kept[name] = read(typed)
        except InvalidValue as wrong:
            errors[name] = wrong.message
    for name in _needed_secrets(draft.provider, kept):
        if not secret.get(name):
            errors[name] = Message("Fill this in.")
    if errors:
        raise ValidationFailed(errors)
    return kept


def _needed_secrets(provider: Provider, kept: Mapping[str, str | int]) -> tuple[str, ...]:
    if provider is Provider.SMTP:
        if kept.get("auth") == "oauth":
            return ("client_secret",)
        return ("password",) if kept.get("user") else ()
    return ("key",) if provider is Provider.RESEND else ("token",)


def _needed(typed: str) -> str:
    if not typed or len(typed) > _LONGEST:
        raise InvalidValue("Fill this in.")
    return typed


def _optional(typed: str) -> str:
    return typed[:_LONGEST]


def _from(typed: str) -> str:
    try:
        parse_sender(_needed(typed))
    except DomainError:
        raise InvalidValue("Write an address such as Our House <booking@example.org>.") from None
    return typed


def _host(typed: str) -> str:
    if not typed or len(typed) > 253 or any(c.isspace() or c in "/@:" for c in typed.strip("[]")):
        raise InvalidValue("Write the server's name, such as smtp.example.org.")
    return typed


def _port(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and 0 < int(typed) < 65_536):
        raise InvalidValue("Write a port, usually 587 or 465.")
    return int(typed)


def _auth(typed: str) -> str:
    if typed not in ("password", "oauth"):
        raise InvalidValue("Choose one.")
    return typed


def _token_url(typed: str) -> str:
    if typed and not is_allowed_url(typed):
        raise InvalidValue("Write an address that begins with https://.")
    return typed


def _rate(typed: str) -> int:
    if not typed:
        return 0
    if not (typed.isascii() and typed.isdigit() and 0 < int(typed) <= 100_000):
        raise InvalidValue("Write a number from 1 to 100,000.")
    return int(typed)


def _number(typed: str) -> str:
    try:
        return to_e164(typed, None)
    except InvalidNumber:
        raise InvalidValue("Write the number with its country code, such as +1 415 555 0123.") from None


def _account_sid(typed: str) -> str:
    if not (len(typed) == 34 and typed.startswith("AC") and typed.isalnum() and typed.isascii()):
        raise InvalidValue("Write the account SID: AC and 32 letters and digits.")
    return typed


_FIELDS: Mapping[Provider, Mapping[str, Callable[[str], str | int]]] = {
    Provider.SMTP: {
        "from": _from, "host": _host, "port": _port, "user": _optional, "auth": _auth,
        "token_url": _token_url, "client_id": _optional, "scope": _optional, "per_minute": _rate,
    },
    Provider.RESEND: {"from": _from, "per_minute": _rate},
    Provider.TWILIO: {"account_sid": _account_sid, "number": _number, "per_minute": _rate},
}  # fmt: skip
"""The fields of each provider, and how each is read."""
