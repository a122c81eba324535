"""Loads the demo organizations by the operations that everyone uses. Safe to repeat."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from infra24 import bookings, events, notifications, org_config, organizations, resources
from infra24.auth.tokens import Tokens
from infra24.bookings import BY_STAFF, BY_SYSTEM, BookerDetails, BookingRequest, Status
from infra24.db import Database, Tx
from infra24.errors import Conflict
from infra24.resources import Resource

FOLDER = Path(__file__).parent
DEMOS = ("oolite", "bakehouse", "locust-projects", "atlas-fitness")
OWNER_EMAIL = "owner@example.org"
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
    for file in DEMOS:
        document = org_config.read(FOLDER.joinpath(f"{file}.yaml").read_text())
        wanted = org_config.describe(document)
        with psycopg.connect(owner_url, autocommit=True) as owner:
            org_id = organizations.create(
                owner,
                slug=wanted.slug,
                name=wanted.name,
                time_zone=wanted.zone,
                locale=wanted.locale,
                currency=wanted.currency,
                theme=wanted.theme,
            )
            if org_id is None:
                continue
            keys[wanted.slug] = organizations.issue_key(owner, wanted.slug, "demo") or ""
        tell(wanted.name)
        async with database.transaction(org_id) as tx:
            await org_config.apply(tx, wanted, document, now)
        await _fill(database, org_id, tokens, now, random.Random(wanted.slug))  # noqa: S311  not a secret
        async with database.transaction(org_id) as tx:  # demo bookings send no messages
            await events.skip_to_head(tx, notifications.SUBSCRIBER.name)
    return keys


async def _fill(database: Database, org_id: UUID, tokens: Tokens, now: datetime, dice: random.Random) -> None:
    async with database.transaction(org_id) as tx:
        offered = [resource for resource in await resources.bookable(tx) if resource.is_offered]
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
        requested = BookingRequest(
            resource.id,
            start,
            start + timedelta(seconds=length),
            BookerDetails(
                name, email, goal, locale="en_US", phone="+1 305 555 0142", answers=_answers(resource)
            ),
        )
        try:
            async with database.transaction(org_id) as tx:
                booked = await bookings.book(
                    tx, requested, tokens=tokens, now=min(now, start - timedelta(days=2))
                )
                await _afterwards(tx, booked.id, booked.status, start, now, dice)
        except Conflict:
            continue  # a buffer or a limit of an earlier one is in the way


def _answers(resource: Resource) -> dict[str, Any]:
    """An answer to each question that needs one."""
    plain = {"number": "1", "date": "2026-09-01", "consent": "yes", "phone": "+1 305 555 0142"}
    return {
        q["id"]: q["choices"][0] if q["kind"] == "choice" else plain.get(q["kind"], "Nothing special")
        for q in resource.questions
        if q["required"]
    }


async def _afterwards(
    tx: Tx, booking_id: UUID, status: Status, start: datetime, now: datetime, dice: random.Random
) -> None:
    """Some are cancelled; of what is over, nearly all came."""
    if dice.random() < 0.08:
        await bookings.cancel(
            tx, booking_id, BY_SYSTEM, now=min(now, start - timedelta(hours=30)), reason="ill"
        )
        return
    if start > now or dice.random() < 0.05:
        return
    if status is Status.PENDING:
        await bookings.approve(tx, booking_id, BY_SYSTEM, now=start - timedelta(days=1))
    operation = bookings.mark_no_show if dice.random() < 0.06 else bookings.complete
    await operation(tx, booking_id, BY_STAFF, now=start + timedelta(hours=1))
