"""The outbox's page: what failed, why, and trying it again."""

from typing import Any

import psycopg

from infra24.people import Role
from infra24.settings import Settings
from tests.factories import Shop
from tests.people import sign_in
from tests.serving import NOW, Clock


def test_the_page_lists_what_failed_and_tries_it_again(
    base: str, database_url: str, clock: Clock, settings: Settings, owner: psycopg.Connection[Any], shop: Shop
) -> None:
    admin = sign_in(database_url, settings, clock, shop, Role.ADMIN)
    with admin.client(base) as client:
        page = f"/{shop.slug}/admin/outbox"
        assert "Nothing was given up." in client.get(page).text
        owner.execute(
            "INSERT INTO notifications (org_id, id, kind, channel, recipient, dedupe_key, state, reason, "
            "planned_at, created_at, done_at) VALUES (%s, gen_random_uuid(), 'booking_confirmed', 'email', "
            "'x@example.org', 'x', 'failed', '550 no such person', %s, %s, %s)",
            (shop.org_id, NOW, NOW, NOW),
        )
        listed = client.get(page).text
        for told in ("Confirmation", "x@example.org", "550 no such person", "Retry all"):
            assert told in listed
        done = client.post(f"{page}/retry", data={"kind": "message"})
        assert done.headers["location"].endswith("done=retried&count=1")
        assert "Nothing was given up." in client.get(page).text
