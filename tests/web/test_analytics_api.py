"""The analytics through HTTP: JSON and CSV, the page and its files, who may read, what is refused."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from infra24.analytics import TABLES
from infra24.bookings import BY_BOOKER, BookerDetails, cancel
from infra24.csv_export import Table, as_csv
from infra24.db import Database
from infra24.people import Role
from infra24.settings import Settings
from tests.factories import Shop, booking_request, found_shop
from tests.people import sign_in
from tests.serving import NOW, Clock


@pytest.fixture
def busy(shop: Shop, run: Callable[..., Any], tokens: Any) -> Shop:
    """Three bookings of the last days, one of them cancelled by its booker, by someone with an awkward name."""
    from infra24 import bookings

    async def scenario(database: Database) -> None:
        for number in range(3):
            at = NOW.replace(minute=0) - timedelta(days=number + 1)
            async with database.transaction(shop.org_id) as tx:
                who = BookerDetails("=HYPERLINK()", f"p{number}@example.org")
                offer = shop.ids["visit" if number else "room"]
                booked = await bookings.book(
                    tx, booking_request(offer, at, person=who), tokens=tokens, now=at - timedelta(days=2)
                )
                if number == 2:
                    await cancel(tx, booked.id, policy=BY_BOOKER, now=at - timedelta(days=1))

    run(scenario)
    return shop


def here(shop: Shop) -> str:
    return f"/api/organizations/{shop.slug}/analytics"


def rows_of(answer: httpx2.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_figures_as_json(http: httpx2.Client, busy: Shop) -> None:
    said = http.get(here(busy), headers=busy.auth).json()
    assert (said["start_date"], said["end_date"], said["timezone"]) == ("2026-10-22", "2026-11-20", "UTC")
    assert (said["before_start_date"], said["before_end_date"]) == ("2026-09-22", "2026-10-21")
    totals = {row["figure"]: (row["value"], row["before"]) for row in said["totals"]}
    assert totals["bookings"] == (3, 0)
    assert totals["cancelled_rate"] == (0.3333, None)
    assert totals["lead_median_hours"] == (48.0, None)
    assert totals["revenue"] == (0, 0)
    assert said["revenue"] == [{"currency": "USD", "amount": 0, "is_placeholder": 1}]
    assert [row["bookings"] for row in said["trend"]][-4:] == [1, 1, 1, 0]
    assert {row["outcome"]: row["bookings"] for row in said["outcomes"]}["cancelled_by_booker"] == 1
    assert {row["name"]: row["bookings"] for row in said["offers"]} == {"Room": 1, "Visit": 2}
    assert said["hours"][3]["12"] == 1, "Thursday, noon"
    assert set(TABLES) < set(said)


def test_the_same_as_csv_by_format_or_by_accept(http: httpx2.Client, busy: Shop) -> None:
    told = http.get(here(busy), headers=busy.auth).json()
    for name in TABLES:
        rows = rows_of(http.get(here(busy), headers=busy.auth, params={"format": "csv", "table": name}))
        assert len(rows) == len(told[name])
        for row, other in zip(rows, told[name], strict=True):
            assert list(row) == list(other)
            assert [value for value in row.values() if value] == [
                str(value) for value in other.values() if value not in (None, "")
            ]
    asked = http.get(here(busy), headers={**busy.auth, "accept": "text/csv"})
    assert rows_of(asked)[-1]["day"] == "2026-11-20"
    assert "attachment" in asked.headers["content-disposition"]
    both = http.get(here(busy), headers={**busy.auth, "accept": "application/json, text/csv"})
    assert both.headers["content-type"] == "application/json"


@pytest.fixture
def staff(
    base: str, busy: Shop, database_url: str, settings: Settings, clock: Clock
) -> Iterator[httpx2.Client]:
    """Someone of the staff, signed in: keys are for the API."""
    with sign_in(database_url, settings, clock, busy, Role.STAFF).client(base) as client:
        yield client


def test_the_page_gives_the_same_files(http: httpx2.Client, staff: httpx2.Client, busy: Shop) -> None:
    page = f"/{busy.slug}/admin/analytics"
    for name in TABLES:
        mine = staff.get(page, params={"csv": name})
        assert (
            mine.text == http.get(here(busy), headers=busy.auth, params={"format": "csv", "table": name}).text
        )
    assert staff.get(page, params={"csv": "secrets"}).status_code == 422


def test_a_text_that_begins_like_a_formula_stays_text() -> None:
    names = ("=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1", "plain", 'with "quotes", and commas')
    written = as_csv(Table("x", ("name", "n"), tuple((name, -1) for name in names)))
    rows = list(csv.reader(io.StringIO(written)))[1:]
    assert [row[0] for row in rows][:7] == [f"'{name}" for name in names[:7]]
    assert [row[0] for row in rows][7:] == list(names[7:])
    assert {row[1] for row in rows} == {"-1"}, "a number is a number"
    assert written.startswith('"name","n"\r\n"\'=1+1",-1\r\n')


@pytest.mark.parametrize(("wrong", "path"), [
    ({"start_date": "2024-01-01", "end_date": "2026-01-01"}, "end_date"),
    ({"start_date": "2026-02-01", "end_date": "2026-01-01"}, "end_date"),
    ({"start_date": "soon"}, "start_date"),
    ({"range": "yesterday"}, "range"),
    ({"by": "year"}, "by"),
    ({"type": "nothing-here"}, "type"),
    ({"resource": "nothing-here"}, "resource"),
    ({"host": "room"}, "host"),
])  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_sentence(
    http: httpx2.Client, staff: httpx2.Client, busy: Shop, wrong: dict[str, str], path: str
) -> None:
    refused = http.get(here(busy), headers=busy.auth, params=wrong)
    assert refused.status_code == 422
    assert [error["path"] for error in refused.json()["errors"]] == [path]
    shown = staff.get(f"/{busy.slug}/admin/analytics", params=wrong)
    assert shown.status_code == 422
    assert "There is a problem" in shown.text
    if path in ("start_date", "end_date") and wrong[path] != "soon":
        assert f'value="{wrong[path]}"' in shown.text, "what was typed is kept"


def test_filters_and_dates_narrow_what_is_counted(http: httpx2.Client, busy: Shop) -> None:
    def made(**asked: str) -> int:
        said = http.get(here(busy), headers=busy.auth, params=asked).json()
        return int(said["totals"][0]["value"])

    assert made(type="visit") == made(type=str(busy.ids["visit"])) == 2
    assert made(resource="room") == 1
    assert made(host="mo") + made(host="lena") == 2
    assert made(start_date="2026-11-19", end_date="2026-11-19") == 1
    assert made(range="next-30") == 0


def test_only_those_who_may_and_never_of_another_organization(
    http: httpx2.Client, base: str, busy: Shop, database_url: str, settings: Settings, clock: Clock
) -> None:
    other = found_shop(database_url, settings, clock)
    page = f"/{busy.slug}/admin/analytics"
    assert http.get(here(busy)).status_code == 401
    assert http.get(here(busy), headers=other.auth).status_code in (401, 404)
    assert "Visit" not in http.get(page, headers=other.auth).text
    assert http.get(here(other), headers=other.auth).json()["totals"][0]["value"] == 0
    for asked in ({"resource": str(busy.ids["room"])}, {"type": str(busy.ids["visit"])}):
        assert http.get(here(other), headers=other.auth, params=asked).status_code == 422
    for role, status in ((Role.STAFF, 200), (Role.HOST, 403), (Role.MEMBER, 403)):
        with sign_in(database_url, settings, clock, busy, role).client(base) as client:
            assert client.get(here(busy)).status_code == status, role
            assert client.get(page).status_code == status, role


def test_an_organization_without_bookings_is_told_so(
    base: str, shop: Shop, database_url: str, settings: Settings, clock: Clock
) -> None:
    with sign_in(database_url, settings, clock, shop, Role.STAFF).client(base) as client:
        page = client.get(f"/{shop.slug}/admin/analytics")
    assert page.status_code == 200
    assert "No bookings in these dates" in page.text
    assert '<svg class="chart' not in page.text


def test_the_dates_are_those_of_the_organization(
    http: httpx2.Client, shop: Shop, owner: Any, clock: Clock
) -> None:
    """At 03:00 in UTC it is still the day before in Miami."""
    owner.execute("UPDATE organizations SET time_zone = 'America/New_York' WHERE id = %s", (shop.org_id,))
    clock.at = datetime.fromisoformat("2026-11-21T03:00:00+00:00")
    said = http.get(here(shop), headers=shop.auth, params={"range": "last-7"}).json()
    assert (said["start_date"], said["end_date"]) == ("2026-11-14", "2026-11-20")


def test_the_page_is_in_spanish_too(staff: httpx2.Client, busy: Shop) -> None:
    page = staff.get(f"/{busy.slug}/admin/analytics", params={"lang": "es"}).text
    for said in ("Analítica", "Franjas con más actividad", "Descargar como CSV", "33\u00a0%"):
        assert said in page
    assert "Show as a table" not in page
