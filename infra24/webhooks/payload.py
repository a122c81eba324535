"""What a message says: the event, and for a booking the booking too; as JSON."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from infra24 import bookings
from infra24.db import Tx
from infra24.events import Recorded
from infra24.webhooks.model import Payload

_PART = 10
TEST_TYPE = "test"
"""The type of the message that staff send to try an endpoint."""


async def body_of(tx: Tx, recorded: Recorded, payload: Payload) -> str:
    """What is sent of an event.

    `thin`: what happened to which subject. `full`: its facts as they were then, and of a booking the booking
    as it is now. The links of its holder are added when it is sent (`with_links`): what is kept lets nobody
    in.
    """
    event = recorded.event
    data: dict[str, Any] = {"id": event.subject_id}
    if payload is Payload.FULL:
        data |= event.data
        if is_about_booking(event.type):
            data["booking"] = bookings.represent(await bookings.get(tx, event.subject_id))
    return _json(
        {
            "type": event.type,
            "version": event.version,
            "timestamp": event.recorded_at,
            "org_id": recorded.org_id,
            "seq": recorded.seq,
            "actor": event.actor_kind,
            "data": data,
        }
    ).decode()


def test_body(org_id: UUID, at: Any) -> str:
    """What a test says."""
    data = {"message": "This is a test. Nothing happened."}
    return _json({"type": TEST_TYPE, "version": 1, "timestamp": at, "org_id": org_id, "data": data}).decode()


def with_links(body: str, links: Mapping[str, str]) -> bytes:
    """The same with where the booking's holder sees and changes it."""
    read = orjson.loads(body)
    if "booking" not in read["data"]:
        return body.encode()
    read["data"]["links"] = dict(links)
    return _json(read)


def repeats(answer: str, token: str) -> bool:
    """Whether an answer has a part of a booking's token, as one that repeats the message does."""
    return any(token[at : at + _PART] in answer for at in range(0, len(token) - _PART + 1))


def is_about_booking(event_type: str) -> bool:
    """Whether a booking is the subject of events of a type."""
    return event_type.startswith("booking.")


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z, default=str)
