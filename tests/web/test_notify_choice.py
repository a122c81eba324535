"""Staff choose whether the booker is told of a change: in every form and in the API; a booker always is."""

from datetime import timedelta
from typing import Any

import httpx2
import psycopg
import pytest

from infra24.people import Role
from infra24.settings import Settings
from tests.factories import Shop
from tests.people import sign_in
from tests.serving import Clock
from tests.web.test_bookings_api import AT, book


def told(owner: psycopg.Connection[Any], booking_id: str) -> list[bool]:
    """Whether the booker is told, of each change of a booking."""
    rows = owner.execute(
        "SELECT coalesce((data ->> 'notify')::boolean, true) FROM events "
        "WHERE subject_id = %s AND type IN ('booking.rescheduled', 'booking.cancelled') ORDER BY seq",
        (booking_id,),
    ).fetchall()
    return [one for (one,) in rows]


@pytest.mark.parametrize("notify", [True, False])
def test_each_form_of_the_staff_asks(
    base: str, http: httpx2.Client, database_url: str, settings: Settings, clock: Clock, shop: Shop,
    owner: psycopg.Connection[Any], notify: bool,
) -> None:  # fmt: skip
    made, other = book(http, shop), book(http, shop, at=AT + timedelta(hours=5))
    choice = {"asks_notify": "1", **({"notify": "1"} if notify else {})}
    staff = sign_in(database_url, settings, clock, shop, Role.STAFF)
    with staff.client(base) as client:
        page = f"/{shop.slug}/bookings/{made['id']}"
        assert 'name="asks_notify"' in client.get(page).text
        later = AT + timedelta(hours=2)
        at = {"date": later.date().isoformat(), "time": f"{later:%H:%M}"}
        assert client.post(f"{page}/move", data={**at, **choice}).status_code == 303
        assert client.post(f"{page}/cancel", data={"reason": "x", **choice}).status_code == 303
        ticked = {"booking": other["id"], "asked": "1", "reason": "", **choice}
        client.post(f"/{shop.slug}/bookings/selected/cancel", data=ticked)
    assert told(owner, made["id"]) == [notify, notify]
    assert told(owner, other["id"]) == [notify]


def test_the_api_asks_staff_and_tells_bookers(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    first, second = book(http, shop), book(http, shop, at=AT + timedelta(hours=5))
    start = (AT + timedelta(hours=2)).isoformat()
    quiet = {"start_time": start, "notify": False}
    assert http.patch(f"/api/bookings/{first['id']}", json=quiet, headers=shop.auth).status_code == 200
    http.delete(f"/api/bookings/{first['id']}", params={"notify": "false"}, headers=shop.auth)
    assert told(owner, first["id"]) == [False, False]
    mine = {"start_time": (AT + timedelta(hours=7)).isoformat(), "notify": False}
    assert http.patch(f"/api/bookings/{second['token']}", json=mine).status_code == 200
    http.delete(f"/api/bookings/{second['token']}", params={"notify": "false"})
    assert told(owner, second["id"]) == [True, True]


def test_series_and_calendar_ask_too(http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]) -> None:
    made = http.post(
        f"/api/organizations/{shop.slug}/series",
        json={"resource_id": str(shop.ids["room"]), "start_time": AT.isoformat(), "duration": 30,
              "rule": "FREQ=WEEKLY;COUNT=3", "artist_name": "Ada", "artist_email": "ada@example.org"},
        headers=shop.auth,
    ).json()  # fmt: skip
    path = f"/api/organizations/{shop.slug}/series/{made['id']}"
    moved = http.patch(
        path, json={"start_time": (AT + timedelta(hours=1)).isoformat(), "notify": False}, headers=shop.auth
    )
    assert moved.status_code == 200
    http.delete(path, params={"notify": "false"}, headers=shop.auth)
    rows = owner.execute(
        "SELECT type, data ->> 'notify' FROM events WHERE subject_id = %s AND type <> 'series.created' "
        "ORDER BY seq", (made["id"],)
    ).fetchall()  # fmt: skip
    assert rows == [("series.moved", "false"), ("series.cancelled", "false")]
    single = book(http, shop, at=AT + timedelta(days=1))
    room, begins = str(shop.ids["room"]), AT + timedelta(days=1, hours=3)
    http.patch(
        f"/api/calendar/bookings/{single['id']}",
        json={"from_resource_id": room, "local_start": f"{begins:%Y-%m-%dT%H:%M:%S}", "notify": False},
        headers=shop.auth,
    ).raise_for_status()
    assert told(owner, single["id"]) == [False]
