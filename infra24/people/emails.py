"""E-mails about accounts, composed when they are sent, to the address that the account has then."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from infra24.auth import Sign, Signer
from infra24.mail import ComposeContext, Composer, Composers, Email, render
from infra24.people import account_queries as queries
from infra24.people import magic_links, session_queries
from infra24.people.devices import device_named
from infra24.people.permissions import ROLE_NAMES


async def sign_in(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
    """The link that signs in."""
    link_id = UUID(facts["link"])
    async with context.database.accounts() as tx:
        row = await queries.email_about_link(tx, link_id)
    if row is None or row[4] <= context.now:
        return None
    to, name, locale, _, until = row
    minutes = max(1, round((until - context.now) / timedelta(minutes=1)))
    address = f"{context.base_url}/sign-in/link/{magic_links.token_of(context.tokens.sign, link_id)}"
    return render("sign_in", to, _language(locale), name=name, link=address, minutes=minutes)


async def email_change(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
    """The link that proves a new address, to that address."""
    link_id = UUID(facts["link"])
    async with context.database.accounts() as tx:
        row = await queries.email_about_link(tx, link_id)
    if row is None or row[4] <= context.now:
        return None
    address = f"{context.base_url}/account/email/{magic_links.token_of(context.tokens.sign, link_id)}"
    return render("email_change", row[0], _language(row[2]), link=address, new_email=row[0])


async def email_changed_notice(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
    """To the address that is about to be replaced: whoever reads it can still object."""
    async with context.database.accounts() as tx:
        row = await queries.email_about_link(tx, UUID(facts["link"]))
    if row is None:
        return None
    return render("email_changed_notice", row[3], _language(row[2]), new_email=row[0])


async def new_sign_in(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
    """Someone signed in from a device that was not there before."""
    async with context.database.accounts() as tx:
        row = await session_queries.email_about_session(tx, UUID(facts["session"]))
    if row is None:
        return None
    to, locale, zone, device, address, at = row
    when = format_datetime(at, "medium", ZoneInfo(zone or "UTC"), locale or "en_US")
    when = f"{when} ({zone or 'UTC'})"
    return render(
        "new_sign_in", to, _language(locale), device=device_named(device), address=address, when=when
    )


def account_notice(kind: str) -> Composer:
    """Composes an e-mail that only says that something about the account has changed."""

    async def written(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
        async with context.database.accounts() as tx:
            row = await queries.email_recipient(tx, UUID(facts["user"]))
        return render(kind, row[0], _language(row[2])) if row else None

    return written


async def invitation(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
    """The link that makes someone a member."""
    org_id, invitation_id = UUID(facts["org"]), UUID(facts["invitation"])
    async with context.database.accounts() as tx:
        found = await queries.invitation_anywhere(tx, org_id, invitation_id, context.now)
    if found is None:
        return None
    return render(
        "invitation",
        found.email,
        _language(found.org_locale),
        organization=found.org_name,
        role=ROLE_NAMES[found.role],
        inviter=found.invited_by,
        link=f"{context.base_url}/invitations/{invitation_token(context.tokens.sign, org_id, invitation_id)}",
        days=max(1, round((found.expires_at - context.now) / timedelta(days=1))),
    )


def invitation_token(sign: Sign, org_id: UUID, invitation_id: UUID) -> str:
    """What stands in an invitation's address: the organization, and the id with its proof."""
    return f"{org_id.hex}.{magic_links.token_of(sign, invitation_id, 'invitation')}"


def read_invitation_token(signer: Signer, token: str) -> tuple[UUID, UUID] | None:
    """The organization and the invitation of an address that this installation wrote."""
    org, _, rest = token.partition(".")
    found = magic_links.id_of(signer, rest, "invitation")
    try:
        return (UUID(org), found) if found else None
    except ValueError:
        return None


COMPOSERS: Composers = {
    "sign_in": sign_in,
    "email_change": email_change,
    "email_changed_notice": email_changed_notice,
    "new_sign_in": new_sign_in,
    "password_changed": account_notice("password_changed"),
    "factor_changed": account_notice("factor_changed"),
    "invitation": invitation,
}


def _language(locale: str) -> str:
    return (locale or "en").partition("_")[0]
