"""The letters about accounts: written when they are sent, to whoever the account belongs to then."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from infra24.mail import Desk, Letter, Writer, Writers, write
from infra24.people import account_queries as queries
from infra24.people import magic_links
from infra24.people.devices import device_named
from infra24.people.permissions import ROLE_NAMES, Role


async def sign_in(desk: Desk, facts: dict[str, Any]) -> Letter | None:
    """The link that signs in."""
    link_id = UUID(facts["link"])
    async with desk.database.accounts() as tx:
        row = await queries.letter_about_link(tx, link_id)
    if row is None or row[4] <= desk.now:
        return None
    to, name, locale, _, until = row
    minutes = max(1, round((until - desk.now) / timedelta(minutes=1)))
    address = f"{desk.base_url}/sign-in/link/{magic_links.token_of(desk.tokens.sign, link_id)}"
    return write("sign_in", to, _language(locale), name=name, link=address, minutes=minutes)


async def email_change(desk: Desk, facts: dict[str, Any]) -> Letter | None:
    """The link that proves a new address, to that address."""
    link_id = UUID(facts["link"])
    async with desk.database.accounts() as tx:
        row = await queries.letter_about_link(tx, link_id)
    if row is None or row[4] <= desk.now:
        return None
    address = f"{desk.base_url}/account/email/{magic_links.token_of(desk.tokens.sign, link_id)}"
    return write("email_change", row[0], _language(row[2]), link=address, new_email=row[0])


async def email_changed_notice(desk: Desk, facts: dict[str, Any]) -> Letter | None:
    """To the address that is about to be replaced: whoever reads it can still object."""
    async with desk.database.accounts() as tx:
        row = await queries.letter_about_link(tx, UUID(facts["link"]))
    if row is None:
        return None
    return write("email_changed_notice", row[3], _language(row[2]), new_email=row[0])


async def new_sign_in(desk: Desk, facts: dict[str, Any]) -> Letter | None:
    """Someone signed in from a device that was not there before."""
    async with desk.database.accounts() as tx:
        row = await queries.letter_about_session(tx, UUID(facts["session"]))
    if row is None:
        return None
    to, locale, zone, device, address, at = row
    when = format_datetime(at, "medium", ZoneInfo(zone or "UTC"), locale or "en_US")
    when = f"{when} ({zone or 'UTC'})"
    return write(
        "new_sign_in", to, _language(locale), device=device_named(device), address=address, when=when
    )


def to_owner(kind: str) -> Writer:
    """A letter that only says that something about the account has changed."""

    async def written(desk: Desk, facts: dict[str, Any]) -> Letter | None:
        async with desk.database.accounts() as tx:
            row = await queries.letter_to(tx, UUID(facts["user"]))
        return write(kind, row[0], _language(row[2])) if row else None

    return written


async def invitation(desk: Desk, facts: dict[str, Any]) -> Letter | None:
    """The link that makes someone a member."""
    org_id, invitation_id = UUID(facts["org"]), UUID(facts["invitation"])
    async with desk.database.accounts() as tx:
        row = await queries.invitation_anywhere(tx, org_id, invitation_id, desk.now)
    if row is None:
        return None
    to, _, role, inviter, _, organization, locale, until = row
    return write(
        "invitation",
        to,
        _language(locale),
        organization=organization,
        role=ROLE_NAMES[Role(role)],
        inviter=inviter,
        link=f"{desk.base_url}/invitations/{invitation_token(desk.tokens.sign, org_id, invitation_id)}",
        days=max(1, round((until - desk.now) / timedelta(days=1))),
    )


def invitation_token(sign: magic_links.Sign, org_id: UUID, invitation_id: UUID) -> str:
    """What stands in an invitation's address: the organization, and the id with its proof."""
    return f"{org_id.hex}.{magic_links.token_of(sign, invitation_id, 'invitation')}"


def read_invitation_token(signer: magic_links.Signer, token: str) -> tuple[UUID, UUID] | None:
    """The organization and the invitation of an address that this installation wrote."""
    org, _, rest = token.partition(".")
    found = magic_links.id_of(signer, rest, "invitation")
    try:
        return (UUID(org), found) if found else None
    except ValueError:
        return None


LETTERS: Writers = {
    "sign_in": sign_in,
    "email_change": email_change,
    "email_changed_notice": email_changed_notice,
    "new_sign_in": new_sign_in,
    "password_changed": to_owner("password_changed"),
    "factor_changed": to_owner("factor_changed"),
    "invitation": invitation,
}


def _language(locale: str) -> str:
    return (locale or "en").partition("_")[0]
