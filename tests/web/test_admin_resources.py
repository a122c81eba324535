"""What staff do to what is offered: resources, their rules, types, closings and locations, as forms."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from infra24 import analytics, bookings, resources
from infra24.analytics import Range
from infra24.bookings import BY_BOOKER, Filters, Status
from infra24.db import SYSTEM, Database
from infra24.people import Role, Scope
from infra24.settings import Settings
from infra24.web.admin.bulk_actions import BulkCommand, hand_over
from infra24.web.caller import Caller
from tests.factories import STAFF, Shop, booking_request
from tests.markup import tags_on_one_line
from tests.people import sign_in
from tests.serving import NOW, Clock

Run = Callable[[Any], Any]


@pytest.fixture
def staff_settings(base: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("people"), secret="a secret of the tests, long enough")


@pytest.fixture
def admin(
    base: str, database_url: str, staff_settings: Settings, clock: Clock, shop: Shop
) -> Iterator[httpx2.Client]:
    """An administrator's browser."""
    with sign_in(database_url, staff_settings, clock, shop, Role.ADMIN).client(base) as client:
        yield client


def fields(html: str) -> dict[str, Any]:
    """The fields of the last long form of a page, as a browser would send them untouched."""
    form = re.findall(r'<form method="post" class="long".*?</form>', tags_on_one_line(html), re.DOTALL)[-1]
    form = re.sub(r"<template.*?</template>", "", form, flags=re.DOTALL)
    found: dict[str, Any] = {}

    def add(name: str, value: str) -> None:
        found.setdefault(name, []).append(unescape(value))

    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        add(unescape(attributes["name"]), attributes.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        add(name, text)
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        first = re.search(r'<option(?: value="([^"]*)")?>([^<]*)', options)
        taken = chosen or first
        add(name, (taken[1] if taken[1] is not None else taken[2]) if taken else "")
    return found


def kept(run: Run, shop: Shop, slug: str) -> resources.Resource:
    async def scenario(database: Database) -> resources.Resource:
        async with database.transaction(shop.org_id) as tx:
            return await resources.get_by_slug(tx, slug)

    found: resources.Resource = run(scenario)
    return found


PAGES = [
    "resources", "resources?type=person&q=mo&archived=1", "resources/new", "resources/new?type=space",
    "resources/new?type=person", "resources/new?type=equipment", "resources/new?type=other",
    "resources/room", "resources/mo", "resources/room/rules", "resources/room/rules?view=json&week=2026-12-01",
    "resources/mo/rules", "resources/visit/rules", "resources/room/archive", "types", "types/new", "blackouts",
    "locations",
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens(admin: httpx2.Client, shop: Shop, path: str, language: str) -> None:
    seen = admin.get(f"/{shop.slug}/admin/{path}", headers={"accept-language": language})
    assert seen.status_code == 200, seen.text[:2000]
    assert f'<html lang="{language}"' in seen.text


# Resources.


@pytest.mark.parametrize(
    ("type_", "more"),
    [("space", {}), ("equipment", {"capacity": "3"}), ("person", {"email": "ada@new.example"}),
     ("other", {"unoccupied": "yes"})],
)  # fmt: skip
def test_the_first_resource_of_each_type_is_a_title_away(
    admin: httpx2.Client, run: Run, shop: Shop, type_: str, more: dict[str, str]
) -> None:
    url = f"/{shop.slug}/admin/resources/new?type={type_}"
    sent = {**fields(admin.get(url).text), "title": "The Very First", **more}
    made = admin.post(url, data=sent)
    assert made.status_code == 303, made.text
    assert made.headers["location"] == f"/{shop.slug}/admin/resources/the-very-first/rules?done=created"
    found = kept(run, shop, "the-very-first")
    assert found.type == type_
    assert found.capacity == {"space": 1, "equipment": 3, "person": 1, "other": None}[type_]
    assert found.is_offered
    assert admin.get(made.headers["location"]).status_code == 200


def test_saving_an_untouched_form_changes_nothing(admin: httpx2.Client, run: Run, shop: Shop) -> None:
    before = kept(run, shop, "buffered-room")
    url = f"/{shop.slug}/admin/resources/buffered-room"
    assert admin.post(url, data=fields(admin.get(url).text)).status_code == 303
    after = kept(run, shop, "buffered-room")
    assert resources.draft_of(after, []) == resources.draft_of(before, [])


def test_everything_said_of_a_resource_can_be_changed(admin: httpx2.Client, run: Run, shop: Shop) -> None:
    url = f"/{shop.slug}/admin/resources/room"
    sent = fields(admin.get(url).text) | {
        "title": "Großer Saal", "slug": "saal", "type": "space", "description": "Two lines\nof text",
        "category": "Rooms", "capacity": "1", "price": "12,50", "currency": "eur", "location": "Workshop",
        "meeting_url": "https://meet.example/{room}", "requirements": "Closed shoes\n\nAn apron", "tags": "quiet, big, quiet",
        "metadata": '{"floor": 2}', "excludes": "on-request", "is_bookable": [],
    }  # fmt: skip
    saved = admin.post(url, data=sent)
    assert saved.status_code == 303, saved.text
    found = kept(run, shop, "saal")
    assert (found.title, found.price, found.currency, found.location) == (
        "Großer Saal",
        1250,
        "EUR",
        "Workshop",
    )
    assert (found.requirements, found.tags) == (["Closed shoes", "An apron"], ["quiet", "big"])
    assert (found.metadata, found.excludes, found.is_bookable) == ({"floor": 2}, ["on-request"], False)
    laid = fields(admin.get(f"/{shop.slug}/admin/resources/saal").text)
    laid |= {"excludes": [], "layouts-0-name": "cinema", "layouts-0-setup": "30", "layouts-0-teardown": "15"}
    assert admin.post(f"/{shop.slug}/admin/resources/saal", data=laid).status_code == 303
    assert kept(run, shop, "saal").layouts == {"cinema": {"setup": 30, "teardown": 15}}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("title", "", "cannot be empty"),
        ("slug", "No Spaces", "small letters, digits and hyphens"),
        ("price", "1,500", "could be read in two ways"),
        ("price", "1,500.00", "write it without thousands separators"),
        ("price", "12.345", "could be read in two ways"),
        ("price", "0.1234", "has more decimals than the currency"),
        ("price", "1e3", "is not an amount: write digits only"),
        ("price", "free", "is not an amount"),
        ("price", "-3", "cannot be below zero"),
        ("metadata", "{nonsense", "is not JSON"),
        ("metadata", "[1]", "must be an object"),
        ("meeting_url", "ftp://x", "must be an https address"),
        ("capacity", "many", "must be a whole number"),
        ("currency", "dollars", "three capital letters"),
        ("location", "Nowhere", "is not a location"),
        ("layouts-0-setup", "soon", "must be a whole number"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    admin: httpx2.Client, shop: Shop, field: str, typed: str, said: str
) -> None:
    url = f"/{shop.slug}/admin/resources/room"
    sent = (
        fields(admin.get(url).text)
        | {"description": "kept words", "layouts-0-name": "cinema"}
        | {field: typed}
    )
    seen = admin.post(url, data=sent)
    assert seen.status_code == 422, seen.text
    assert f'href="#{field}"' in seen.text
    assert f'id="{field}-wrong"' in seen.text, re.findall(r'<p class="wrong".*', seen.text)
    assert said in unescape(seen.text)
    assert "kept words" in seen.text
    assert "Error:" in seen.text.split("</title>")[0]


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [("15", "USD", 1500), ("12,50", "EUR", 1250), ("12.5", "EUR", 1250), ("1.000", "KWD", 1000), ("1,000", "KWD", None),
     ("1,00", "KWD", 1000), ("1e3", "USD", None), ("1_000", "USD", None), ("1 000", "USD", None), ("1.500", "JPY", None),
     ("12.0", "JPY", None), ("NaN", "USD", None), ("$5", "USD", None), ("١٢", "USD", None), ("", "USD", 0)],
)  # fmt: skip
def test_money_is_a_plain_number_or_refused(typed: str, currency: str, amount: int | None) -> None:
    from infra24.web.admin.resource_form import minor

    wrong: dict[str, str] = {}
    read = minor(typed, currency, "price", wrong)
    assert (None if wrong else read) == amount


def test_money_reads_back_as_it_is_shown() -> None:
    from infra24.web.admin.resource_form import major, minor

    for currency in ("USD", "JPY", "KWD", "CLF"):
        for amount in (0, 1, 99, 1_000, 1_234_567, 10**12):
            wrong: dict[str, str] = {}
            assert minor(major(amount, currency), currency, "price", wrong) == amount, (currency, wrong)


def test_problems_are_said_in_spanish(admin: httpx2.Client, shop: Shop) -> None:
    url = f"/{shop.slug}/admin/resources/room"
    sent = fields(admin.get(url).text) | {"title": ""}
    seen = admin.post(url, data=sent, headers={"accept-language": "es"})
    assert "no puede estar vacío" in seen.text


def test_two_who_edit_at_once_lose_nothing(admin: httpx2.Client, run: Run, shop: Shop) -> None:
    url = f"/{shop.slug}/admin/resources/room"
    mine, theirs = fields(admin.get(url).text), fields(admin.get(url).text)
    assert admin.post(url, data=theirs | {"category": "Their category"}).status_code == 303
    clash = admin.post(url, data=mine | {"description": "My description"})
    assert clash.status_code == 409
    assert "Their category" in clash.text
    assert "My description" in clash.text
    assert kept(run, shop, "room").description == ""
    assert admin.post(url, data=fields(clash.text)).status_code == 303
    both = kept(run, shop, "room")
    assert (both.category, both.description) == ("Their category", "My description")


def test_archiving_shows_what_it_hits_and_can_be_undone(
    admin: httpx2.Client, run: Run, shop: Shop, tokens: Any
) -> None:
    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            at = NOW.replace(day=23)
            await bookings.book(tx, booking_request(shop.ids["room"], at), tokens=tokens, now=NOW)

    run(scenario)
    url = f"/{shop.slug}/admin/resources/room"
    seen = admin.get(f"{url}/archive")
    assert "1 booking stays as it is" in seen.text
    assert "Ada Lovelace" in seen.text
    assert "Visit" in admin.get(f"/{shop.slug}/admin/resources/mo/archive").text
    assert admin.post(f"{url}/archive").status_code == 303
    assert not kept(run, shop, "room").is_active
    assert ">Room<" not in admin.get(f"/{shop.slug}/admin/resources").text
    assert ">Room<" in admin.get(f"/{shop.slug}/admin/resources?archived=1").text
    assert admin.post(f"{url}/restore").status_code == 303
    assert kept(run, shop, "room").is_active


def test_a_list_is_found_by_what_its_address_says(admin: httpx2.Client, shop: Shop) -> None:
    def titles(query: str) -> list[str]:
        html = admin.get(f"/{shop.slug}/admin/resources?{query}").text
        return re.findall(r'<h2><a href="[^"]*">([^<]*)</a></h2>', html)

    assert titles("type=person") == ["Lena", "Mo"]
    assert titles("type=equipment") == ["Wheels"]
    assert titles("q=buff") == ["Buffered room"]
    assert titles("q=%25") == []
    assert titles("q=nothing+like+it") == []
    assert len(titles("")) == 10


def test_staff_see_and_do_not_change(
    base: str, database_url: str, staff_settings: Settings, clock: Clock, shop: Shop
) -> None:
    with sign_in(database_url, staff_settings, clock, shop, Role.STAFF).client(base) as staff:
        for path in ("resources/room", "resources/room/rules", "types", "blackouts", "locations"):
            seen = staff.get(f"/{shop.slug}/admin/{path}")
            assert seen.status_code == 200, path
            assert ">Save</button>" not in seen.text
        for path in (
            "resources/room",
            "resources/room/rules",
            "resources/room/archive",
            "locations",
            "blackouts",
        ):
            assert staff.post(f"/{shop.slug}/admin/{path}", data={}).status_code == 403


# Rules.


def rules_of(admin: httpx2.Client, shop: Shop, slug: str) -> tuple[str, dict[str, Any]]:
    url = f"/{shop.slug}/admin/resources/{slug}/rules"
    return url, fields(admin.get(url).text)


@pytest.mark.parametrize("slug", ["room", "visit", "fair-visit", "both-of-us", "limited", "on-request", "mo"])
def test_saving_untouched_rules_leaves_them_as_they_were_written(
    admin: httpx2.Client, run: Run, shop: Shop, slug: str
) -> None:
    before = kept(run, shop, slug).availability_rules
    url, sent = rules_of(admin, shop, slug)
    saved = admin.post(url, data=sent)
    assert saved.status_code == 303, saved.text
    assert kept(run, shop, slug).availability_rules == before


def test_every_key_of_the_rules_has_a_field(admin: httpx2.Client, run: Run, shop: Shop) -> None:
    everything = {
        "timezone": "Europe/Madrid", "slot_minutes": 60, "step_minutes": 15, "durations": [60, 90],
        "buffer_before": 5, "buffer_after": 10, "min_notice_minutes": 120, "horizon_days": 90,
        "max_per_day_per_host": 4, "max_minutes_per_week_per_booker": 240, "max_per_month": 30,
        "cancel_notice_minutes": 1440, "reschedule_notice_minutes": 720, "hold_minutes": 5, "approval": True,
        "series_most": 8, "holidays": False, "pooling": "fixed", "fixed_host": "mo@shop.example",
        "windows": [{"by": "host", "host": "mo@shop.example", "days": ["Monday", "Friday"], "start": "22:00", "end": "24:00"},
                    {"by": "resource", "days": ["Monday"], "start": "08:00", "end": "24:00"}],
        "hosts": [{"host": "mo@shop.example", "priority": 2, "weight": 150}],
        "blackouts": [{"date": "2026-12-24", "start": "12:00", "end": "18:00", "reason": "Eve"},
                      {"range": ["2026-12-25", "2026-12-26"]}],
        "overrides": [{"date": "2026-12-05", "extra": [{"start": "18:00", "end": "21:00"}, {"start": "22:00", "end": "23:00"}]},
                      {"date": "2026-12-06", "hours": []},
                      {"range": ["2027-02-01", "2027-02-05"], "off": True, "reason": "Ill",
                       "colleague": "lena@shop.example", "host": "mo@shop.example"},
                      {"date": "2027-03-02", "off": [{"start": "12:00", "end": "14:00"}]}],
        "travel": [{"range": ["2027-04-01", "2027-04-09"], "timezone": "Asia/Tokyo"}],
    }  # fmt: skip
    url = f"/{shop.slug}/admin/resources/visit/rules"
    sent = fields(admin.get(f"{url}?view=json").text) | {"rules": json.dumps(everything)}
    saved = admin.post(f"{url}?view=json", data=sent)
    assert saved.status_code == 303, saved.text
    assert kept(run, shop, "visit").availability_rules == everything
    _, form = rules_of(admin, shop, "visit")
    rewritten = {**form, "seen": "{}"}  # as if all of it had been typed
    assert admin.post(url, data=rewritten).status_code == 303
    assert kept(run, shop, "visit").availability_rules == everything


def test_rows_are_read_as_people_type_them(admin: httpx2.Client, run: Run, shop: Shop) -> None:
    url, sent = rules_of(admin, shop, "mo")
    rows = [("Monday", "9", "5 pm"), ("Tuesday", "0900", "17:00"), ("Saturday", "22:00", "2:30"),
            ("Sunday", "20:00", "0:00"), ("", "", "")]  # fmt: skip
    for n, row in enumerate(rows):
        sent |= dict(zip((f"windows-{n}-day", f"windows-{n}-start", f"windows-{n}-end"), row, strict=True))
    sent |= {"overrides-0-first": "2026-12-31", "overrides-0-kind": "hours", "overrides-0-start": "20:00",
             "overrides-0-end": "03:00"}  # fmt: skip
    saved = admin.post(url, data=sent)
    assert saved.status_code == 303, saved.text
    rules = kept(run, shop, "mo").availability_rules
    assert rules["windows"] == [
        {"by": "resource", "days": ["Monday", "Tuesday"], "start": "09:00", "end": "17:00"},
        {"by": "resource", "days": ["Saturday"], "start": "22:00", "end": "24:00"},
        {"by": "resource", "days": ["Sunday"], "start": "00:00", "end": "02:30"},
        {"by": "resource", "days": ["Sunday"], "start": "20:00", "end": "24:00"},
    ]
    assert rules["overrides"] == [
        {"date": "2026-12-31", "hours": [{"start": "20:00", "end": "24:00"}]},
        {"date": "2027-01-01", "extra": [{"start": "00:00", "end": "03:00"}]},
    ]


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ({"windows-0-start": "25:00"}, "windows-0-start"),
        ({"windows-9-day": "Monday", "windows-9-start": "09:00"}, "windows-9-end"),
        ({"overrides-0-first": "2026-12-31", "overrides-0-kind": "extra"}, "overrides-0-start"),
        ({"blackouts-0-first": "2026-12-31", "blackouts-0-last": "2026-12-01"}, "blackouts-0-last"),
        ({"travel-0-first": "2026-12-31", "travel-0-timezone": "Mars"}, "travel-0-timezone"),
        ({"slot_minutes": "long"}, "slot_minutes"),
        ({"durations": "30, x"}, "durations"),
        ({"max_per_day": "0"}, "max_per_day"),
        ({"timezone": "Mars"}, "timezone"),
    ],
)
def test_a_wrong_rule_is_shown_at_its_field(
    admin: httpx2.Client, shop: Shop, typed: dict[str, str], at: str
) -> None:
    url, sent = rules_of(admin, shop, "room")
    seen = admin.post(url, data=sent | typed)
    assert seen.status_code == 422, seen.text
    assert f'href="#{at}"' in seen.text, re.findall(r'href="#[^"]*', seen.text)
    assert f'id="{at}-wrong"' in seen.text
    for value in typed.values():
        assert value in seen.text


def test_keys_that_the_form_does_not_know_survive(shop: Shop) -> None:
    from infra24.web.admin.form_data import FormData
    from infra24.web.admin.rules_form import read, shown

    document = {"slot_minutes": 30, "something_new": {"deep": [1, 2]}}
    form = shown(document)
    assert read(form, document).document == document
    changed = read(FormData({**form.values, "slot_minutes": ["45"]}), document).document
    assert changed == {"slot_minutes": 45, "something_new": {"deep": [1, 2]}}


def test_impact_is_seen_before_a_save_and_nothing_is_saved(
    admin: httpx2.Client, run: Run, shop: Shop, tokens: Any
) -> None:
    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            await bookings.book(
                tx, booking_request(shop.ids["room"], NOW.replace(day=23, hour=20)), tokens=tokens, now=NOW
            )

    run(scenario)
    before = kept(run, shop, "room")
    url, sent = rules_of(admin, shop, "room")
    narrower = sent | {
        name: "18:00" for name in sent if re.fullmatch(r"windows-\d+-end", name) and sent[name] == ["24:00"]
    }
    tried = admin.post(f"{url}/preview", data=narrower | {"week": "2026-11-23"})
    assert tried.status_code == 200
    assert "1 booking to come would stand on a closed time" in tried.text
    assert "Ada Lovelace" in tried.text
    assert kept(run, shop, "room") == before
    assert "<strong>With the changes that are not saved yet.</strong>" in tried.text
    week = re.search(
        r'formaction="([^"#]*)[^"]*" name="week" value="([^"]*)" aria-label="Next week"',
        tags_on_one_line(tried.text),
    )
    assert week is not None
    later = admin.post(unescape(week[1]), data=fields(tried.text) | {"week": week[2]})
    assert later.status_code == 200, "looking at another week saves nothing"
    assert kept(run, shop, "room") == before
    saved = admin.post(url, data=fields(tried.text))
    assert saved.status_code == 303, saved.text
    after = admin.get(saved.headers["location"])
    assert "1 booking to come stands on a closed time" in after.text


def test_rules_saved_by_another_are_merged_and_said(admin: httpx2.Client, run: Run, shop: Shop) -> None:
    url, mine = rules_of(admin, shop, "room")
    _, theirs = rules_of(admin, shop, "room")
    assert admin.post(url, data=theirs | {"buffer_after": "10"}).status_code == 303
    clash = admin.post(url, data=mine | {"hold_minutes": "5"})
    assert clash.status_code == 409
    assert "Somebody else saved this" in clash.text
    assert admin.post(url, data=fields(clash.text)).status_code == 303
    rules = kept(run, shop, "room").availability_rules
    assert (rules["buffer_after"], rules["hold_minutes"]) == (10, 5)


def test_the_week_shows_what_is_open_and_why_not(admin: httpx2.Client, shop: Shop) -> None:
    url, sent = rules_of(admin, shop, "mo")
    sent |= {"windows-0-day": "Monday", "windows-0-start": "09:00", "windows-0-end": "12:00",
             "blackouts-0-first": "2026-12-07", "blackouts-0-reason": "Dentist"}  # fmt: skip
    assert admin.post(url, data=sent).status_code == 303
    week = admin.get(f"{url}?week=2026-12-02").text
    assert 'rect class="open" x="540" width="180"' in week
    assert "Dentist" in admin.get(f"{url}?week=2026-12-09").text.split('class="opens-days"')[1]


# Appointment types.


def test_an_appointment_type_is_made_changed_and_read_back(
    admin: httpx2.Client, run: Run, shop: Shop
) -> None:
    url = f"/{shop.slug}/admin/types/new"
    sent = fields(admin.get(url).text) | {
        "title": "Lesson", "price": "90", "prices-member": "65.00", "prices-resident_artist": "0", "meets": "phone",
        "needs-0-way": "hosts", "needs-0-hosts": ["mo@shop.example", "lena@shop.example"],
        "needs-0-priority:lena@shop.example": "2", "needs-0-choose": "yes",
        "needs-1-way": "resource", "needs-1-resource": "wheels", "needs-1-units": "2",
        "needs-2-way": "any_of", "needs-2-any_of": ["room", "buffered-room"],
        "questions-0-label": "Medium", "questions-0-kind": "choice", "questions-0-choices": "ink\nclay",
        "questions-0-required": "yes", "questions-1-label": "Size", "questions-1-kind": "number", "questions-1-least": "1",
    }  # fmt: skip
    made = admin.post(url, data=sent)
    assert made.status_code == 303, made.text
    found = kept(run, shop, "lesson")

    async def scenario(database: Database) -> Any:
        async with database.transaction(shop.org_id) as tx:
            return resources.draft_of(found, await resources.index(tx)).needs

    needs = run(scenario)
    assert needs[0]["hosts"] == [
        "mo@shop.example",
        {"host": "lena@shop.example", "priority": 2},
    ]
    assert needs[0]["choose"]
    assert needs[1:] == [{"resource": "wheels", "units": 2}, {"any_of": ["room", "buffered-room"]}]
    assert (found.price, found.prices) == (9000, {"member": 6500, "resident_artist": 0})
    assert [q["kind"] for q in found.questions] == ["choice", "number"]
    edit = f"/{shop.slug}/admin/types/lesson"
    assert admin.post(edit, data=fields(admin.get(edit).text)).status_code == 303
    again = kept(run, shop, "lesson")
    assert (again.needs, again.questions, again.prices) == (found.needs, found.questions, found.prices)
    assert "Mo / Lena" in admin.get(f"/{shop.slug}/admin/types").text


def test_what_a_type_needs_can_be_tried_before_it_is_saved(
    admin: httpx2.Client, run: Run, shop: Shop, tokens: Any
) -> None:
    new = f"/{shop.slug}/admin/types/new"
    sent = fields(admin.get(new).text) | {
        "title": "Lesson", "needs-0-way": "resource", "needs-0-resource": "room",
    }  # fmt: skip
    assert admin.post(new, data=sent).status_code == 303
    lesson = kept(run, shop, "lesson")

    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            await bookings.book(
                tx, booking_request(lesson.id, NOW.replace(day=23, hour=20)), tokens=tokens, now=NOW
            )

    run(scenario)
    closed = {"first": "2026-11-23", "scope": "some", "resource": ["wheels"]}
    assert admin.post(f"/{shop.slug}/admin/blackouts", data=closed).status_code == 303
    url = f"/{shop.slug}/admin/types/lesson"
    more = {"needs-1-way": "resource", "needs-1-resource": "wheels"}
    tried = admin.post(f"{url}/preview", data=fields(admin.get(url).text) | more)
    assert "1 booking to come would stand on a closed time" in tried.text, tried.text
    assert len(kept(run, shop, "lesson").needs or []) == 1


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ({"needs-0-way": "hosts"}, "needs-0-hosts"),
        ({"needs-0-way": "resource", "needs-0-resource": "wheels", "needs-0-units": "9"}, "needs-0-units"),
        ({"needs-0-way": "skill"}, "needs-0-skill"),
        ({"needs-3-way": "tag", "needs-3-tag": "x", "needs-3-count": "no"}, "needs-3-count"),
        ({"questions-0-label": "Which?", "questions-0-kind": "choice"}, "questions-0-choices"),
        ({"meets": "link"}, "meeting_url"),
        ({"prices-member": "lots"}, "prices-member"),
    ],
)
def test_a_wrong_type_is_shown_at_its_field(
    admin: httpx2.Client, shop: Shop, typed: dict[str, str], at: str
) -> None:
    url = f"/{shop.slug}/admin/types/new"
    seen = admin.post(url, data=fields(admin.get(url).text) | {"title": "Kept title"} | typed)
    assert seen.status_code == 422, seen.text
    assert f'id="{at}-wrong"' in seen.text, re.findall(r'<p class="wrong".*', seen.text)
    assert "Kept title" in seen.text


# Closings.


@pytest.fixture
def booked(run: Run, shop: Shop, tokens: Any) -> list[Any]:
    """Three bookings on Monday 23 November: two in the room, one visit with a host."""

    async def scenario(database: Database) -> list[Any]:
        made = []
        for name, hour in (("room", 10), ("room", 12), ("visit", 14)):
            async with database.transaction(shop.org_id) as tx:
                at = NOW.replace(day=23, hour=hour)
                made.append(
                    await bookings.book(tx, booking_request(shop.ids[name], at), tokens=tokens, now=NOW)
                )
        return made

    found: list[Any] = run(scenario)
    return found


def now_is(run: Run, shop: Shop, booking_id: Any) -> Any:
    async def scenario(database: Database) -> Any:
        async with database.transaction(shop.org_id) as tx:
            return await bookings.get(tx, booking_id)

    return run(scenario)


def close(admin: httpx2.Client, shop: Shop, do: str, **more: Any) -> httpx2.Response:
    sent = {"first": "2026-11-23", "scope": "some", **more}
    below = "/preview" if do == "preview" else ""
    return admin.post(f"/{shop.slug}/admin/blackouts{below}", data=sent)


def test_closings_of_several_people_at_once_are_all_kept(run: Run, shop: Shop) -> None:
    dates = [f"2027-01-1{n}" for n in range(6)]

    async def scenario(database: Database) -> None:
        async def close_on(date: str) -> None:
            async with database.transaction(shop.org_id) as tx:
                ids = [shop.ids["room"], shop.ids["buffered"]]
                await resources.add_blackout(
                    tx, ids if date < "2027-01-13" else ids[::-1], {"date": date}, NOW
                )

        async def open_on(date: str) -> None:
            async with database.transaction(shop.org_id) as tx:
                found = (await resources.get(tx, shop.ids["room"])).availability_rules["blackouts"]
                at = [one["date"] for one in found].index(date)
                await resources.remove_blackout(tx, shop.ids["room"], at, found[at], NOW)

        await asyncio.gather(*(close_on(date) for date in dates))
        await asyncio.gather(open_on("2027-01-15"), *(close_on(f"2027-02-0{n}") for n in range(1, 6)),
                             return_exceptions=True)  # fmt: skip

    run(scenario)
    of_room, of_buffered = (
        {one["date"] for one in kept(run, shop, slug).availability_rules["blackouts"]}
        for slug in ("room", "buffered-room")
    )
    later = {f"2027-02-0{n}" for n in range(1, 6)}
    assert of_buffered == {*dates, *later}
    assert of_room | {"2027-01-15"} == of_buffered, "an opening again takes nothing else with it"


def test_a_bulk_move_to_a_host_does_not_undo_what_was_moved_meanwhile(
    run: Run, shop: Shop, booked: list[Any]
) -> None:
    visit = booked[2]
    hosts = {person.resource_id for person in visit.participants}
    other = next(shop.ids[name] for name in ("mo", "lena") if shop.ids[name] not in hosts)
    order = BulkCommand(Caller(SYSTEM, frozenset(Scope)), "", other, NOW)
    later = NOW.replace(day=24, hour=9)

    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            seen = await bookings.get(tx, visit.id)
            async with database.transaction(shop.org_id) as theirs:
                until = later + timedelta(minutes=30)
                await bookings.reschedule(theirs, visit.id, later, until, policy=BY_BOOKER, now=NOW)
            with pytest.raises(bookings.StaleRevision):
                await hand_over(tx, seen, order)

    run(scenario)
    after = now_is(run, shop, visit.id)
    assert (after.starts_at, after.participants) == (later, visit.participants)


def test_a_cancelled_booking_still_counts_for_whom_it_was_with(
    admin: httpx2.Client, run: Run, shop: Shop, booked: list[Any]
) -> None:
    visit = booked[2]
    host = next(person.resource_id for person in visit.participants if person.resource_id)
    day = Range(date(2026, 11, 23), date(2026, 11, 23), ZoneInfo("UTC"))

    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            await bookings.cancel(tx, visit.id, policy=STAFF, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            assert [one.id for one in await bookings.page(tx, Filters(uses_id=host))] == [visit.id]
            wanted = analytics.ReportRequest(day, resource=str(host))
            report = await analytics.report(tx, wanted, currency="USD", now=NOW)
            assert report.now.tally.of(Status.CANCELLED) == 1
            rooms = Filters(uses_id=shop.ids["room"])
            assert {one.id for one in await bookings.page(tx, rooms)} == {one.id for one in booked[:2]}

    run(scenario)
    listed = admin.get(f"/{shop.slug}/bookings?view=all&uses={host}").text
    assert str(visit.id) in listed
    assert str(booked[0].id) not in listed


def test_a_closing_of_several_lists_what_it_hits_and_loses_nothing(
    admin: httpx2.Client, run: Run, shop: Shop, booked: list[Any]
) -> None:
    seen = close(admin, shop, "preview", resource=["room", "buffered-room"], reason="Repairs")
    assert "2 bookings to come would stand on a closed time" in seen.text
    assert not kept(run, shop, "room").availability_rules.get("blackouts")
    done = close(admin, shop, "save", resource=["room", "buffered-room"], reason="Repairs")
    assert done.status_code == 303, done.text
    for slug in ("room", "buffered-room"):
        assert kept(run, shop, slug).availability_rules["blackouts"] == [
            {"date": "2026-11-23", "reason": "Repairs"}
        ]
    listed = admin.get(f"/{shop.slug}/admin/blackouts").text
    assert "hits 2 bookings" in listed
    assert listed.count('name="booking"') == 2
    assert [now_is(run, shop, one.id).status for one in booked] == [Status.CONFIRMED] * 3


def test_ticked_bookings_move_or_are_cancelled_each_by_itself(
    admin: httpx2.Client, run: Run, shop: Shop, booked: list[Any]
) -> None:
    assert close(admin, shop, "save", resource=["room"]).status_code == 303
    first, second, _ = booked
    listed = admin.get(f"/{shop.slug}/admin/blackouts").text
    to = re.search(rf'name="to-{first.id}".*?value="(at:[^"]+)"', listed, re.DOTALL)
    assert to is not None
    url = f"/{shop.slug}/admin/blackouts/bookings"
    moved = admin.post(
        f"{url}/move",
        data={"booking": [str(first.id), str(second.id)], f"to-{first.id}": unescape(to[1])},
    )
    assert moved.status_code == 200
    assert "moved: now" in moved.text
    assert "Choose where it should go." in moved.text
    assert now_is(run, shop, first.id).starts_at.date() != first.starts_at.date()
    stayed = now_is(run, shop, second.id)
    assert (stayed.status, stayed.starts_at) == (Status.CONFIRMED, second.starts_at)
    silent = admin.post(f"{url}/cancel", data={"booking": str(second.id)})
    assert silent.status_code == 422
    gone = admin.post(f"{url}/cancel", data={"booking": [str(second.id), "nonsense"], "reason": "Repairs"})
    assert "cancelled (it was on" in gone.text
    assert "Booking not found." in gone.text
    after = now_is(run, shop, second.id)
    assert (after.status, after.end_reason) == (Status.CANCELLED, "Repairs")


def test_a_booking_goes_to_another_host_at_its_time(
    admin: httpx2.Client, run: Run, shop: Shop, booked: list[Any]
) -> None:
    visit = booked[2]
    host = "mo" if visit.hosts == ["Mo"] else "lena"
    assert close(admin, shop, "save", resource=[host], reason="Ill").status_code == 303
    listed = admin.get(f"/{shop.slug}/admin/blackouts").text
    to = re.search(rf'name="to-{visit.id}".*?value="(host:[^"]+)"', listed, re.DOTALL)
    assert to is not None, listed
    sent = {"booking": str(visit.id), f"to-{visit.id}": to[1]}
    done = admin.post(f"/{shop.slug}/admin/blackouts/bookings/move", data=sent)
    assert "moved: now" in done.text, done.text
    after = now_is(run, shop, visit.id)
    assert after.hosts == [{"mo": "Lena", "lena": "Mo"}[host]]
    assert after.starts_at == visit.starts_at


def test_a_holiday_closes_everything_and_a_closing_opens_again(
    admin: httpx2.Client, run: Run, shop: Shop, booked: list[Any]
) -> None:
    assert close(admin, shop, "save", scope="all").status_code == 422
    assert close(admin, shop, "save", scope="all", reason="Founders’ day").status_code == 303
    listed = admin.get(f"/{shop.slug}/admin/blackouts").text
    assert "Founders’ day" in listed
    assert listed.count('name="booking"') == 3
    assert close(admin, shop, "save", resource=["room"]).status_code == 303
    form = re.search(
        r'name="whose" value="room".*?name="blackout" value="([^"]*)"',
        admin.get(f"/{shop.slug}/admin/blackouts").text,
        re.DOTALL,
    )
    assert form is not None
    sent = {"whose": "room", "number": "0", "blackout": unescape(form[1])}
    assert admin.post(f"/{shop.slug}/admin/blackouts/open", data=sent).status_code == 303
    assert not kept(run, shop, "room").availability_rules.get("blackouts")
    assert admin.post(f"/{shop.slug}/admin/blackouts/open", data=sent).status_code == 409


@pytest.mark.parametrize(
    ("typed", "at"),
    [({"first": ""}, "first"), ({"last": "2026-11-01"}, "last"), ({"resource": []}, "resource"),
     ({"start": "noon"}, "start"), ({"start": "12:00", "end": "10:00"}, "end")],
)  # fmt: skip
def test_a_wrong_closing_is_shown_at_its_field(
    admin: httpx2.Client, shop: Shop, typed: dict[str, Any], at: str
) -> None:
    seen = close(admin, shop, "save", **{"resource": ["room"], "reason": "Kept", **typed})
    assert seen.status_code == 422
    assert f'id="{at}-wrong"' in seen.text, re.findall(r'<p class="wrong".*', seen.text)
    assert 'value="Kept"' in seen.text


# Locations.


def test_locations_are_added_renamed_and_removed_when_empty(
    admin: httpx2.Client, run: Run, shop: Shop
) -> None:
    url = f"/{shop.slug}/admin/locations"
    assert admin.post(url, data={"name": "Annex", "address": "2 Side Street"}).status_code == 303
    assert admin.post(url, data={"name": "Annex"}).status_code == 409
    assert admin.post(url, data={"name": ""}).status_code == 422
    ids = dict(
        re.findall(
            rf'action="{url}/([0-9a-f-]+)".*?name="name" value="([^"]*)"',
            tags_on_one_line(admin.get(url).text),
            re.DOTALL,
        )
    )
    annex = next(id_ for id_, name in ids.items() if name == "Annex")
    assert admin.post(f"{url}/{annex}", data={"name": "Old annex", "address": ""}).status_code == 303
    assert "Old annex" in admin.get(url).text
    room = f"/{shop.slug}/admin/resources/room"
    assert admin.post(room, data=fields(admin.get(room).text) | {"location": "Old annex"}).status_code == 303
    assert admin.post(f"{url}/{annex}/remove").status_code == 409
    assert admin.post(room, data=fields(admin.get(room).text) | {"location": ""}).status_code == 303
    assert admin.post(f"{url}/{annex}/remove").status_code == 303
    assert "Old annex" not in admin.get(url).text
    assert admin.post(f"{url}/nonsense", data={"name": "x"}).status_code == 404
