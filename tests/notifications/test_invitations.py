"""Invitations as three programs read them out of the e-mails: one event that is made, moved and withdrawn."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import vobject
from icalendar import Calendar

from infra24 import bookings
from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.resources import Draft
from infra24.settings import Settings
from infra24.worker import Worker
from tests.factories import ADA, STAFF, booking_request, found_shop, opening, rules
from tests.notifications.test_booking_messages import MO, to
from tests.serving import Clock

SERVERS = Path(__file__).parents[1] / "servers"
NEW_YORK, SANTIAGO = "America/New_York", "America/Santiago"
HALF = timedelta(minutes=30)


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc]


MOVES = {
    "from winter into summer time": (NEW_YORK, utc(2027, 3, 13, 15), utc(2027, 3, 14, 15)),
    "over the hour that there is not": (NEW_YORK, utc(2027, 3, 14, 6, 30), utc(2027, 3, 14, 7)),
    "from the first to the second 1:30": (NEW_YORK, utc(2027, 11, 7, 5, 30), utc(2027, 11, 7, 6, 30)),
    "in a zone that no yearly rule describes": (SANTIAGO, utc(2027, 4, 2, 15), utc(2027, 4, 9, 15)),
}
"""The zone, and from when to when a booking is moved."""


@dataclass(frozen=True)
class Invitation:
    """What a calendar goes by."""

    method: str
    events: int
    uid: str
    sequence: int
    status: str
    organizer: str
    attendees: list[str]
    start: int
    end: int


def by_icalendar(text: str) -> Invitation:
    calendar = Calendar.from_ical(text)
    event = calendar.events[0]
    attendees = event["ATTENDEE"] if isinstance(event["ATTENDEE"], list) else [event["ATTENDEE"]]
    return Invitation(
        str(calendar["METHOD"]), len(calendar.events), str(event["UID"]), int(event["SEQUENCE"]),
        str(event["STATUS"]), str(event["ORGANIZER"]), [str(one) for one in attendees],
        int(event["DTSTART"].dt.timestamp()), int(event["DTEND"].dt.timestamp()),
    )  # fmt: skip


def by_vobject(text: str) -> Invitation:
    calendar = vobject.readOne(text)
    event = calendar.vevent
    return Invitation(
        calendar.method.value, len(calendar.vevent_list), event.uid.value, int(event.sequence.value),
        event.status.value, event.organizer.value, [one.value for one in event.attendee_list],
        int(event.dtstart.value.timestamp()), int(event.dtend.value.timestamp()),
    )  # fmt: skip


def by_ical_js(texts: list[str]) -> list[Invitation]:
    """All of them in one process of Node."""
    node = shutil.which("node") or str(Path(__file__).parents[2] / ".venv/node/node")
    answer = subprocess.run([node, "read_invitations.mjs"], cwd=SERVERS, input=json.dumps(texts), text=True,
                            capture_output=True, check=True)  # fmt: skip
    return [Invitation(**one) for one in json.loads(answer.stdout)]


def invitation_of(mailed: EmailMessage, zone: str) -> str:
    """The alternative, its zone under a name that no program knows: so that it reads what is said of it."""
    (part,) = [part for part in mailed.walk() if part.get_content_type() == "text/calendar"]
    text = str(part.get_content())
    assert f"METHOD:{part.get_param('method')}" in text
    return text.replace(f"TZID:{zone}", f"TZID:Of {zone}").replace(f"TZID={zone}", f"TZID=Of {zone}")


async def work(worker: Worker) -> None:
    """Tell what happened."""
    while await worker.delivery.deliver_due():
        pass
    await worker.notifications.process(100, 30)


@pytest.mark.parametrize("why", MOVES)
def test_every_program_reads_one_event_that_is_made_moved_and_withdrawn(
    with_worker: Any, tokens: Tokens, settings: Settings, database_url: str, clock: Clock, why: str
) -> None:
    zone, before, after = MOVES[why]
    clock.at = before - timedelta(days=7)
    visit = Draft(
        "other", "Visit", availability_rules={**rules(opening(MO), pooling="fixed"), "timezone": zone}
    )
    mo = Draft("person", "Mo", email=MO, is_bookable=False)
    shop = found_shop(database_url, settings, clock, {"mo": mo, "visit": visit})

    async def scenario(database: Database, worker: Worker) -> str:
        async with database.transaction(shop.org_id) as tx:
            wanted = booking_request(shop.ids["visit"], before)
            made = await bookings.book(tx, wanted, tokens=tokens, now=clock())
        await work(worker)
        async with database.transaction(shop.org_id) as tx:
            await bookings.reschedule(tx, made.id, after, after + HALF, STAFF, now=clock())
        await work(worker)
        async with database.transaction(shop.org_id) as tx:
            await bookings.cancel(tx, made.id, STAFF, now=clock())
        await work(worker)
        return bookings.uid_of(made)

    uid = with_worker(scenario)
    told = [mailed for recipient in (ADA.email, MO) for mailed in to(settings, recipient)]
    texts = [invitation_of(mailed, zone) for mailed in told]
    read = by_ical_js(texts)
    assert [by_icalendar(text) for text in texts] == [by_vobject(text) for text in texts] == read
    assert [one.organizer for one in read] == [f"mailto:{one['from'].addresses[0].addr_spec}" for one in told]
    assert [one.attendees for one in read] == [[f"mailto:{one['to']}"] for one in told]
    assert {(one.uid, one.events) for one in read} == {(uid, 1)}
    first, then = (int(at.timestamp()) for at in (before, after))
    length = int(HALF.total_seconds())
    for made, moved, withdrawn in (read[:3], read[3:]):
        assert (made.method, made.status) == (moved.method, moved.status) == ("REQUEST", "CONFIRMED")
        assert (withdrawn.method, withdrawn.status) == ("CANCEL", "CANCELLED")
        assert made.sequence < moved.sequence < withdrawn.sequence
        assert (made.start, made.end) == (first, first + length)
        assert (moved.start, moved.end) == (withdrawn.start, withdrawn.end) == (then, then + length)
