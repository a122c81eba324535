"""Owners by the command line: whoever runs an installation says who owns an organization."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from email_validator import EmailNotValidError, validate_email

from infra24 import clock, people
from infra24.auth.tokens import Tokens
from infra24.commands.database import COMMAND_LINE, with_database
from infra24.db import Database
from infra24.errors import Message, ValidationFailed
from infra24.organizations import Directory
from infra24.server import Urls
from infra24.settings import Settings

LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Beginning:
    """An installation in which nobody has an account: the organizations there are, and the first owner.

    `link` is the address that signs the first owner in, once; None where there is nothing to own, or nobody
    was named.
    """

    organizations: tuple[str, ...]
    owner: str | None
    link: str | None


def begin(settings: Settings, urls: Urls, email: str | None) -> Beginning | None:
    """While nobody has an account: one for `email` that owns every organization. None when someone has one.

    Raises ValidationFailed for what is no e-mail address.
    """
    address = read_address(email) if email else None

    async def make(database: Database) -> Beginning | None:
        async with database.accounts() as tx:
            if await people.accounts.exist(tx):
                return None
        everyone = tuple(here.slug for here in await Directory(database).all())
        link = await _own(settings, database, everyone, address) if everyone and address else None
        return Beginning(everyone, address, link)

    return with_database(settings, urls, make)


def make_owner(settings: Settings, urls: Urls, slug: str, email: str) -> str:
    """An owner of one organization, with an account if they have none; the address that signs in, once.

    Raises UnknownOrganization, and ValidationFailed for what is no e-mail address.
    """
    address = read_address(email)

    async def make(database: Database) -> str:
        return await _own(settings, database, [slug], address)

    return with_database(settings, urls, make)


def read_address(email: str) -> str:
    """An e-mail address as it is kept. Raises ValidationFailed for what is none."""
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise ValidationFailed({"email": Message(str(error))}) from None


async def _own(settings: Settings, database: Database, slugs: Sequence[str], email: str) -> str:
    now, directory = clock.now(), Directory(database)
    found = [await directory.find(slug) for slug in slugs]
    async with database.accounts(COMMAND_LINE) as tx:
        user_id = await people.accounts.ensure(tx, email, "Owner", now)
        account = await people.accounts.get(tx, user_id)
        minutes = int(LASTS.total_seconds()) // 60
        link_id = await people.magic_links.make(tx, user_id, "sign_in", email, now, minutes=minutes)
    for here in found:
        async with database.transaction(here.id, COMMAND_LINE) as tx:
            await people.memberships.make_owner(tx, account, now)
    sign = Tokens(settings.keyring()).sign
    return f"{settings.base_url}/sign-in/link/{people.magic_links.token_of(sign, link_id)}"
