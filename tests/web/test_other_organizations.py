"""Every address, asked for another organization's things: 404, and not a word more. Made from the route table."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import psycopg
import pytest

from infra24.people import Scope
from infra24.roles import of_connection
from infra24.settings import Settings
from infra24.web.guard import Access
from infra24.web.routes import API, PAGES
from infra24.web.routing import Endpoint, Page
from tests.factories import Shop, found_shop
from tests.serving import Clock
from tests.web.test_bookings_api import AT, body, book

NO_TENANT = {
    "/health",
    "/api/test/booking-system",
    "/",
    "/book",
    "/embed.js",
    "/static/{version}/{path:path}",
    "/theme/{seed}-{radius}.css",
}
"""Addresses that name nothing of any organization."""


@pytest.fixture
def theirs(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock)


def request_for(address: Endpoint, http: httpx2.Client, mine: Shop, theirs: Shop) -> dict[str, Any]:
    """A request that would succeed on my own things, aimed at theirs with my credentials."""
    victim = book(http, theirs, artist_name="Somebody Else")
    my_own = book(http, mine)
    room = str(theirs.ids["room"])
    path = address.path.replace("{org}", theirs.slug)
    path = path.replace("{id}", victim["id"] if "/bookings/{id}" in path else room)
    path = path.replace("{slug}", "any")
    params: dict[str, Any] = {}
    if path == "/api/calendar/events":
        params = {"start_date": "2026-11-20", "end_date": "2026-11-26", "resource_id": room}
    if path in ("/api/calendar/offers", "/api/availability", "/api/availability/explain"):
        params = {"resource_id": room}
    if path == "/api/availability/explain":
        params["start_time"] = AT.isoformat()
    elif "availability" in path:
        params["start_date"] = "2026-11-23"
    if address.requires in (Access.TOKEN, Access.EITHER):
        params["token"] = my_own["token"]
    bodies: dict[str, Any] = {
        "create": {**body(mine), "resource_id": room},
        "hold": {k: v for k, v in {**body(mine), "resource_id": room}.items()
                 if k in ("org_id", "resource_id", "start_time", "end_time")},
        "create_resource": {"type": "space", "title": "Mine now"},
        "change_resource": {"title": "Mine now"},
        "create_location": {"name": "Mine now"},
        "change": {"goal_text": "Mine now"},
        "manage_move": {"start_time": (AT + timedelta(hours=3)).isoformat()},
        "create_type": {"title": "Mine now", "needs": []},
        "set_holidays": {"days": [{"date": "2026-12-24", "name": "Mine now"}]},
        "impact": {"resource_id": room, "availability_rules": {}},
        "create_link": {"slug": "mine-now", "kind": "team", "title": "Mine now", "offers": ["room"]},
        "change_link": {"title": "Mine now"},
        "private_link": {},
        "plan_series": {"resource_id": str(mine.ids["room"]), "start_time": AT.isoformat(), "duration": 30,
                        "rule": "FREQ=WEEKLY;COUNT=2"},
        "create_series": {"resource_id": str(mine.ids["room"]), "start_time": AT.isoformat(), "duration": 30,
                          "rule": "FREQ=WEEKLY;COUNT=2", "artist_name": "Me", "artist_email": "me@example.org"},
        "move_series": {"start_time": AT.isoformat()},
        "place_booking": {"resource_id": room, "local_start": "2026-11-27T10:00:00",
                          "local_end": "2026-11-27T10:30:00", "name": "Me", "email": "me@example.org"},
        "move_booking": {"from_resource_id": room, "local_start": "2026-11-27T10:00:00"},
        "create_staffed": {"appointment_type_id": room, "start_time": AT.isoformat(),
                           "attendee_name": "Me", "attendee_email": "me@example.org"},
    }  # fmt: skip
    return {
        "method": address.method,
        "url": path,
        "params": params,
        "json": bodies.get(address.handler.__name__),
        "headers": mine.auth
        if isinstance(address.requires, Scope) or address.requires is Access.EITHER
        else {},
        "victim": victim,
    }


@pytest.mark.parametrize("address", API, ids=lambda a: f"{a.method} {a.path}")
def test_another_organizations_things_are_not_there(
    http: httpx2.Client, shop: Shop, theirs: Shop, address: Endpoint
) -> None:
    if address.path in NO_TENANT:
        return
    wanted = request_for(address, http, shop, theirs)
    victim = wanted.pop("victim")
    for headers in ({}, wanted["headers"]):
        answer = http.request(**{**wanted, "headers": headers})
        assert "Somebody Else" not in answer.text
        public = ("/bookings", "/series", "/series/plan")
        if address.requires is Access.PUBLIC and not address.path.endswith(public):
            continue  # public of any organization; what it shows is checked below
        own = address.path == "/api/bookings" and address.method == "GET"
        own |= address.path in ("/api/booking/manage", "/api/calendar/offers")
        if own:  # the credentials name the organization: one sees one's own, never theirs
            assert victim["id"] not in answer.text
        else:
            refused = (401, 404, 422) if "/series" in address.path else (401, 404)
            assert answer.status_code in refused, f"{address.path}: {answer.status_code} {answer.text}"
    untouched = http.get(f"/api/bookings/{victim['id']}", headers=theirs.auth).json()
    assert (untouched["status"], untouched["goal_text"]) == ("confirmed", "Testing booking system")
    titles = http.get(f"/api/organizations/{theirs.slug}/resources", headers=theirs.auth).text
    assert "Mine now" not in titles


def test_public_addresses_show_what_is_public_and_nothing_private(
    http: httpx2.Client, shop: Shop, theirs: Shop
) -> None:
    book(http, theirs, "visit", at=AT.replace(hour=10))
    listed = http.get(f"/api/organizations/{theirs.slug}/resources")
    explained = http.get(
        "/api/availability/explain",
        params={"resource_id": str(theirs.ids["visit"]), "start_time": AT.replace(hour=10).isoformat()},
        headers=shop.auth,
    )
    for answer in (listed, explained):
        assert answer.status_code == 200
        for private in ("mo@shop.example", "availability_rules", "in_the_way", "Test Artist"):
            assert private not in answer.text


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.path)
def test_pages_open_nothing_with_another_bookings_token(
    http: httpx2.Client, shop: Shop, theirs: Shop, page: Page
) -> None:
    """A token opens its own booking; a token with another organization's name in it opens nothing."""
    if page.requires is not Access.TOKEN:
        return
    import base64

    mine, victim = book(http, shop), book(http, theirs)
    proof = base64.urlsafe_b64decode(mine["token"])[16:]
    forged = base64.urlsafe_b64encode(theirs.org_id.bytes + proof).decode()
    for token in (forged, victim["id"], "x" * 64):
        for method in page.methods:
            answer = http.request(method, page.path.replace("{token}", token))
            assert answer.status_code == 404
            assert "Test Artist" not in answer.text


def test_every_tenant_table_is_closed_by_the_database(owner: psycopg.Connection[Any]) -> None:
    """Row-level security, org_id first in every key, and nothing owned by the application's role."""
    tables = owner.execute(
        """
        SELECT c.oid, c.relname, c.relrowsecurity, pg_get_userbyid(c.relowner) FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        """
    ).fetchall()
    assert len(tables) >= 13
    for oid, name, secured, table_owner in tables:
        assert secured, f"{name} has no row-level security"
        assert not table_owner.startswith("infra24_"), f"{name} is owned by the application"
        policy = owner.execute(
            "SELECT count(*) FROM pg_policy WHERE polrelid = %s AND polname = 'one_organization' "
            "AND polwithcheck IS NOT NULL", (oid,)
        ).fetchone()  # fmt: skip
        assert policy == (1,), f"{name} has no policy of one organization"
        keys = owner.execute(
            """
            SELECT k.conname, k.contype, (SELECT attname FROM pg_attribute a
                WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1])
            FROM pg_constraint k WHERE k.conrelid = %s AND k.contype IN ('p', 'u', 'f', 'x')
                AND k.confrelid <> 'users'::regclass  -- accounts belong to people, not to organizations
            """,
            (oid,),
        ).fetchall()
        for constraint, _, first in keys:
            assert first == "org_id", f"{name}: {constraint} does not begin with org_id"


def test_with_no_organization_set_the_database_refuses(
    owner: psycopg.Connection[Any], database_url: str
) -> None:
    role = of_connection(owner).app
    tables = owner.execute("SELECT tablename FROM pg_policies WHERE policyname = 'one_organization'")
    for (table,) in tables.fetchall():
        with psycopg.connect(database_url, options=f"-c role={role}", autocommit=True) as app:
            with pytest.raises(psycopg.errors.Error, match="app.org_id|uuid"):
                app.execute(f"SELECT * FROM {table}")
            with app.transaction():
                app.execute("SET LOCAL app.org_id = '00000000-0000-4000-8000-000000000000'")
            with pytest.raises(psycopg.errors.Error, match="app.org_id|uuid"):
                app.execute(f"SELECT * FROM {table}")  # set and forgotten is as unset


def test_rows_of_another_organization_cannot_even_be_referred_to(
    run: Callable[..., Any], shop: Shop, theirs: Shop
) -> None:
    async def scenario(database: Any) -> None:
        async with database.transaction(shop.org_id) as tx:
            assert await tx.rows("SELECT 1 FROM resources WHERE org_id = %s", (theirs.org_id,)) == []
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                async with tx.savepoint():
                    await tx.run("INSERT INTO locations (org_id, name) VALUES (%s, 'x')", (theirs.org_id,))
            with pytest.raises(psycopg.errors.ForeignKeyViolation):
                async with tx.savepoint():
                    await tx.run(
                        "INSERT INTO resource_hosts (org_id, resource_id, host_id, position) "
                        "VALUES (%s, %s, %s, 1)",
                        (shop.org_id, shop.ids["room"], theirs.ids["mo"]),
                    )

    run(scenario)


def test_a_look_across_organizations_leaves_a_row(
    run: Callable[..., Any], owner: psycopg.Connection[Any]
) -> None:
    async def scenario(database: Any) -> Any:
        return await database.sweep("a test", "SELECT org_id FROM bookings WHERE status = 'hold'")

    before = owner.execute("SELECT count(*) FROM sweeps").fetchone()
    run(scenario)
    after = owner.execute("SELECT count(*) FROM sweeps").fetchone()
    assert after[0] == before[0] + 1  # type: ignore[index]


def test_the_sweeping_role_reads_no_personal_data(owner: psycopg.Connection[Any], database_url: str) -> None:
    role = of_connection(owner).sweep
    with psycopg.connect(database_url, options=f"-c role={role}", autocommit=True) as sweeper:
        for query in ("SELECT booker_name FROM bookings", "DELETE FROM bookings", "SELECT * FROM events"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                sweeper.execute(query)


def test_another_organizations_ids_open_nothing_under_ones_own_address(
    base: str,
    http: httpx2.Client,
    database_url: str,
    settings: Settings,
    clock: Clock,
    shop: Shop,
    theirs: Shop,
) -> None:
    """Pages and API: an owner puts what belongs to others into addresses of their own organization."""
    from infra24.people import Role
    from tests.people import sign_in

    victim = book(http, theirs, artist_name="Somebody Else")
    made = http.post(
        f"/api/organizations/{theirs.slug}/booking-links",
        json={"slug": "their-link", "kind": "team", "title": "Their secret link", "offers": ["room"]},
        headers=theirs.auth,
    )
    room = http.post(f"/api/organizations/{theirs.slug}/resources", headers=theirs.auth,
                     json={"type": "space", "title": "Their secret room"})  # fmt: skip
    assert (made.status_code, room.status_code) == (201, 201)
    link, secret = made.json(), room.json()
    hooks = f"/api/organizations/{theirs.slug}/webhooks"
    hook = http.post(hooks, json={"url": "https://hidden-hook.example/hook"}, headers=theirs.auth).json()
    sent = http.post(f"{hooks}/{hook['id']}/test", headers=theirs.auth).json()
    owner = sign_in(database_url, settings, clock, shop, Role.OWNER)
    ids = {"booking": victim["id"], "room": secret["id"], "slug": secret["slug"], "link": link["id"],
           "hook": hook["id"]}  # fmt: skip
    tried = 0
    with owner.client(base) as client:
        for page in PAGES:
            if not isinstance(page.requires, Scope) or page.path.endswith("/changes"):
                continue
            for id_ in ids.values():
                path = page.path.replace("{org}", shop.slug).replace("{delivery}", sent["id"])
                if path == (path := path.replace("{id}", id_).replace("{slug}", id_).replace("{link}", id_)):
                    continue
                for method in page.methods:
                    answer = client.request(method, path, **({"data": {}} if method == "POST" else {}))
                    tried += 1
                    if (
                        method == "GET" and answer.status_code == 303
                    ):  # an action: to its page, which is asked too
                        assert path.startswith(answer.headers["location"]), path
                        continue
                    assert answer.status_code in (404, 422), (method, path, answer.status_code)
                    for private in ("Somebody Else", "Their secret", "hidden-hook"):
                        assert private not in answer.text, path
    assert tried > 40
    untouched = http.get(f"/api/bookings/{victim['id']}", headers=theirs.auth).json()
    assert untouched["status"] == "confirmed"
