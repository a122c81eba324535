"""Owners by the command line: whoever runs an installation says who owns an organization."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from email_validator import EmailNotValidError, validate_email

from infra24 import clock, people
from infra24.app import compose
from infra24.bookings import Tokens
from infra24.db import Actor, Database
from infra24.errors import Problem
from infra24.organizations import Directory
from infra24.people import Role
from infra24.serving import Urls
from infra24.settings import Settings

LASTS = timedelta(hours=24)
_BY = Actor("system", name="command line")
_Made = TypeVar("_Made")


def first_owner(settings: Settings, urls: Urls) -> str | None:
    """On a first run, an account that owns every organization; the address that signs in to it, once.

    None when someone has an account already.
    """

    async def make(database: Database) -> str | None:
        async with database.accounts() as tx:
            if not await people.is_empty(tx):
                return None
        everyone = [here.slug for here in await Directory(database).all()]
        return await _own(settings, database, everyone, settings.owner_email)

    return _with_database(settings, urls, make)


def make_owner(settings: Settings, urls: Urls, slug: str, email: str) -> str:
    """An owner of one organization, with an account if they have none; the address that signs in, once.

    Refuses with UnknownOrganization, and with Problem what is no e-mail address.
    """
    try:
        address = validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise Problem({"email": str(error)}) from None

    async def make(database: Database) -> str:
        return await _own(settings, database, [slug], address)

    return _with_database(settings, urls, make)


async def _own(settings: Settings, database: Database, slugs: Sequence[str], email: str) -> str:
    now, directory = clock.now(), Directory(database)
    found = [await directory.find(slug) for slug in slugs]
    async with database.accounts(_BY) as tx:
        user_id = await people.accounts.ensure(tx, email, "Owner", now)
        account = await people.accounts.get(tx, user_id)
        minutes = int(LASTS.total_seconds()) // 60
        link_id = await people.one_time.make(tx, user_id, "sign_in", email, now, minutes=minutes)
    for here in found:
        async with database.transaction(here.id, _BY) as tx:
            if not await people.add_member(tx, user_id, Role.OWNER, account.name, email, now):
                await people.set_role(tx, user_id, Role.OWNER)
    sign = Tokens(settings.keyring()).sign
    return f"{settings.base_url}/sign-in/link/{people.one_time.token_of(sign, link_id)}"


def _with_database(settings: Settings, urls: Urls, work: Callable[[Database], Awaitable[_Made]]) -> _Made:
    async def run() -> _Made:
        database, _ = compose(settings, urls.app)
        await database.open()
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
