"""Loads the demo organizations by the same verbs that everyone uses; twice is once."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from infra24 import bookings, organizations, resources
from infra24.bookings import By, Person, Status, Tokens, Wish
from infra24.db import Database, Tx
from infra24.demo.organizations import DEMOS, Demo
from infra24.errors import Conflict
from infra24.resources import Draft, Resource

_BACK, _AHEAD = timedelta(days=14), timedelta(days=21)
_PEOPLE = (
    ("Ana Beltrán", "ana@example.org", "Portfolio feedback before an open call."),
    ("Jonas Weber", "jonas@example.org", "First time here: what should I bring?"),
    ("Priya Nair", "priya@example.org", "A print on 300 g cotton, about A1."),
    ("Marcus Cole", "marcus@example.org", "Continuing last month's project."),
    ("Inés Duarte", "ines@example.org", ""),
    ("Tom Ellery", "tom@example.org", "Looking for advice on a grant application."),
    ("Yuki Tanaka", "yuki@example.org", "Small editions, two colours."),
    ("Nadia Haddad", "nadia@example.org", ""),
)


def is_empty(owner_url: str) -> bool:
    """Whether there is no organization yet."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        return owner.execute("SELECT 1 FROM organizations LIMIT 1").fetchone() is None


async def load(
    owner_url: str, database: Database, tokens: Tokens, now: datetime, tell: Callable[[str], None]
) -> dict[str, str]:
    """Found what is missing and fill it; the key of each new organization by its slug."""
    keys: dict[str, str] = {}
    for demo in DEMOS:
        with psycopg.connect(owner_url, autocommit=True) as owner:
            org_id = organizations.found(
                owner,
                slug=demo.slug,
                name=demo.name,
                time_zone=demo.time_zone,
                locale=demo.locale,
                currency=demo.currency,
                theme=demo.theme,
            )
            if org_id is None:
                continue
            keys[demo.slug] = organizations.give_key(owner, demo.slug, "demo") or ""
        tell(demo.name)
        await _furnish(database, org_id, demo, now)
        await _fill(database, org_id, tokens, now, random.Random(demo.slug))  # noqa: S311  not a secret
    return keys


async def _furnish(database: Database, org_id: UUID, demo: Demo, now: datetime) -> None:
    async with database.transaction(org_id) as tx:
        for name, address in demo.locations.items():
            await organizations.add_location(tx, name, address)
        for email, name in demo.people.items():
            person = Draft("person", name, email=email, is_bookable=False)
            await resources.create(tx, person, now)
        for described in demo.resources:
            await resources.create(tx, Draft(**described), now)


async def _fill(database: Database, org_id: UUID, tokens: Tokens, now: datetime, dice: random.Random) -> None:
    async with database.transaction(org_id) as tx:
        offered = await resources.bookable(tx)
    for resource in offered:
        for since, until in ((now - _BACK, now), (now, now + _AHEAD)):
            await _book_some(database, org_id, resource, (since, until), now, tokens, dice)


async def _book_some(
    database: Database,
    org_id: UUID,
    resource: Resource,
    span: tuple[datetime, datetime],
    now: datetime,
    tokens: Tokens,
    dice: random.Random,
) -> None:
    """Book a part of what is free, each as if two days ahead; mark what is past."""
    async with database.transaction(org_id) as tx:
        _, length, starts = await bookings.slots(tx, resource.id, span, None, span[0])
    for at in sorted(dice.sample(starts, min(len(starts) // 4, 10))):
        name, email, goal = dice.choice(_PEOPLE)
        start = bookings.instant(at)
        wish = Wish(
            resource.id,
            start,
            start + timedelta(seconds=length),
            Person(name, email, goal, locale="en_US"),
        )
        try:
            async with database.transaction(org_id) as tx:
                booked = await bookings.book(tx, wish, tokens=tokens, now=min(now, start - timedelta(days=2)))
                await _afterwards(tx, booked.id, booked.status, start, now, dice)
        except Conflict:
            continue  # a buffer or a limit of an earlier one is in the way


async def _afterwards(
    tx: Tx, booking_id: UUID, status: Status, start: datetime, now: datetime, dice: random.Random
) -> None:
    """Some are cancelled; of what is over, nearly all came."""
    if dice.random() < 0.08:
        await bookings.cancel(tx, booking_id, by=By.STAFF, now=start - timedelta(hours=30), because="ill")
        return
    if start > now or dice.random() < 0.05:
        return
    if status is Status.PENDING:
        await bookings.approve(tx, booking_id, now=start - timedelta(days=1))
    verb = bookings.mark_no_show if dice.random() < 0.06 else bookings.complete
    await verb(tx, booking_id, now=start + timedelta(hours=1))
