"""The staff's pages of links, series, holidays, explanations and turns, as forms without scripts."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from infra24.people import Role
from infra24.settings import Settings
from tests.factories import Shop, found_shop, opening, rules
from tests.markup import tags_on_one_line
from tests.people import sign_in
from tests.serving import Clock
from tests.studio import ANN, BEN, DAY, people_and_things
from tests.web.test_bookings_api import AT, body, book

ONE, WEEK, HALF = timedelta(days=1), timedelta(weeks=1), timedelta(minutes=30)
TUESDAY = AT + ONE


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    from infra24.resources import Draft

    return found_shop(database_url, settings, clock, {
        **people_and_things(),
        "room": Draft("space", "Room", capacity=1,
                      availability_rules=rules(opening(**DAY), durations=[30, 60])),
    })  # fmt: skip


@pytest.fixture
def admin(
    base: str, database_url: str, settings: Settings, clock: Clock, shop: Shop
) -> Iterator[httpx2.Client]:
    with sign_in(database_url, settings, clock, shop, Role.ADMIN).client(base) as client:
        yield client


@pytest.fixture
def staff(
    base: str, database_url: str, settings: Settings, clock: Clock, shop: Shop
) -> Iterator[httpx2.Client]:
    with sign_in(database_url, settings, clock, shop, Role.STAFF).client(base) as client:
        yield client


def words(answer: httpx2.Response) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def value_of(answer: httpx2.Response, id_: str) -> str:
    """What a field of a page has in it."""
    area = re.search(rf'<textarea id="{id_}"[^>]*>(.*?)</textarea>', answer.text, re.S)
    if area:
        return html.unescape(area[1])
    field = re.search(rf'<input id="{id_}"[^>]*? value="([^"]*)"', answer.text)
    assert field, id_
    return html.unescape(field[1])


def hidden(answer: httpx2.Response, name: str) -> str:
    """What a page sends along with its form without showing it."""
    page = tags_on_one_line(answer.text)
    field = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert field, name
    return html.unescape(field[1])


def link_form(**more: str) -> dict[str, str]:
    return {"title": "Ink", "slug": "ink", "kind": "team", "offer-with-whom-you-like": "1", **more}


def made_link(admin: httpx2.Client, shop: Shop, **more: str) -> str:
    answer = admin.post(f"/{shop.slug}/admin/links", data=link_form(**more))
    assert answer.status_code == 303, words(answer)
    return answer.headers["location"].partition("?")[0]


# --- links


def test_a_link_is_made_shown_and_opens(admin: httpx2.Client, http: httpx2.Client, shop: Shop) -> None:
    where = made_link(admin, shop, **{f"host-{BEN}": "1", "expires_on": "2026-12-24", "expires_at": "18:00",
                                      "max_uses": "5", "seed": "#8a2d4f", "radius": "3",
                                      "sites": "https://one.example\nhttps://two.example"})  # fmt: skip
    shown = admin.get(where)
    assert value_of(shown, "address").endswith(f"/{shop.slug}/l/ink")
    assert value_of(shown, "expires_on") == "2026-12-24"
    assert value_of(shown, "sites") == "https://one.example\nhttps://two.example"
    assert 'data-mode="popup"' in value_of(shown, "popup")
    assert "0 of 5" in words(shown)
    assert http.get(f"/{shop.slug}/l/ink").status_code == 200
    listed = words(admin.get(f"/{shop.slug}/admin/links"))
    assert "Ink" in listed
    assert "Ben" in listed


def test_the_end_of_a_link_is_wall_time_of_its_organization(
    admin: httpx2.Client, shop: Shop, owner: Any
) -> None:
    owner.execute("UPDATE organizations SET time_zone = 'America/New_York' WHERE id = %s", (shop.org_id,))
    where = made_link(admin, shop, expires_on="2026-12-24", expires_at="18:00")
    row = owner.execute("SELECT expires_at FROM booking_links WHERE org_id = %s", (shop.org_id,)).fetchone()
    assert row[0].isoformat() in ("2026-12-24T23:00:00+00:00", "2026-12-24T18:00:00+00:00")
    assert value_of(admin.get(where), "expires_at") == "18:00"


def test_a_wrong_link_says_which_field_and_keeps_what_was_typed(admin: httpx2.Client, shop: Shop) -> None:
    wrong = link_form(slug="Not Good!", kind="individual", seed="blue", max_uses="0", sites="example",
                      description="Keep me", **{f"host-{ANN}": "1", f"host-{BEN}": "1"})  # fmt: skip
    answer = admin.post(f"/{shop.slug}/admin/links", data=wrong)
    assert answer.status_code == 422
    for name in ("slug", "hosts", "seed", "max_uses", "sites"):
        assert f'id="{name}-wrong"' in answer.text, name
    assert value_of(answer, "description") == "Keep me"
    assert value_of(answer, "slug") == "Not Good!"
    assert re.search(rf'name="host-{ANN}" value="1" checked', answer.text)
    made_link(admin, shop)
    assert "Another booking link has this address already" in words(
        admin.post(f"/{shop.slug}/admin/links", data=link_form())
    )
    date = admin.post(f"/{shop.slug}/admin/links", data=link_form(slug="x", expires_at="10:00"))
    assert (date.status_code, "Enter a date and a time" in words(date)) == (422, True)


def test_a_link_is_archived_and_restored(admin: httpx2.Client, http: httpx2.Client, shop: Shop) -> None:
    where = made_link(admin, shop)
    assert admin.post(f"{where}/archive").status_code == 303
    assert http.get(f"/{shop.slug}/l/ink").status_code == 404
    assert "Archived" in words(admin.get(f"/{shop.slug}/admin/links"))
    assert admin.post(f"{where}/restore").status_code == 303
    assert http.get(f"/{shop.slug}/l/ink").status_code == 200


def test_a_private_address_opens_and_brings_along(
    admin: httpx2.Client, http: httpx2.Client, shop: Shop, clock: Clock
) -> None:
    where = made_link(admin, shop, is_private="1")
    assert http.get(f"/{shop.slug}/l/ink").status_code == 404
    brings = {"name": "Ada", "email": "ADA@example.org", "until_on": "2026-11-22", "until_at": "10:00"}
    address = value_of(admin.post(f"{where}/private", data=brings), "signed")
    assert http.get(address).status_code == 200
    clock.forward(days=3)
    assert http.get(address).status_code == 404
    late = admin.post(f"{where}/private", data=brings)
    assert (late.status_code, value_of(late, "p-name")) == (422, "Ada")


def test_a_colour_is_judged_before_it_is_saved(admin: httpx2.Client, shop: Shop) -> None:
    partial = admin.get(f"/{shop.slug}/admin/links/new", params={"seed": "#ffd400"},
                        headers={"hx-request-type": "partial"})  # fmt: skip
    assert partial.text.strip().startswith("<ul")
    ratios = [float(r) for r in re.findall(r"([\d.]+) : 1", words(partial))]
    assert len(ratios) == 5
    assert all(a >= b for a, b in zip(ratios, (4.5, 4.5, 4.5, 3, 3), strict=True))
    looked = admin.post(f"/{shop.slug}/admin/links", data=link_form(seed="#ffd400", look="1"))
    assert (looked.status_code, value_of(looked, "title")) == (200, "Ink")
    assert "There is no booking link yet" in words(admin.get(f"/{shop.slug}/admin/links"))


def test_who_may_only_read_links_gets_no_way_to_change_them(
    admin: httpx2.Client, staff: httpx2.Client, shop: Shop
) -> None:
    where = made_link(admin, shop)
    shown = staff.get(where)
    assert shown.status_code == 200
    assert '<fieldset class="plainset" disabled' in shown.text
    assert "/archive" not in shown.text
    assert staff.post(f"{where}/archive").status_code == 403
    assert staff.get(f"/{shop.slug}/admin/links/new").status_code == 403


def test_the_links_and_series_of_others_are_not_there(
    admin: httpx2.Client, base: str, database_url: str, settings: Settings, clock: Clock, shop: Shop
) -> None:
    where, series = made_link(admin, shop), made_series(admin, shop)
    other = found_shop(database_url, settings, clock, people_and_things())
    with sign_in(database_url, settings, clock, other, Role.ADMIN).client(base) as theirs:
        for address in (where, series):
            moved = address.replace(shop.slug, other.slug)
            for answer in (theirs.get(address), theirs.get(moved), theirs.post(f"{moved}/cancel"),
                           theirs.post(f"{moved}/archive")):  # fmt: skip
                assert answer.status_code == 404, address
                assert "Ada" not in answer.text


def test_a_link_without_an_address_gets_one_from_its_title(admin: httpx2.Client, shop: Shop) -> None:
    where = made_link(admin, shop, slug="", title="Ink & paper")
    assert value_of(admin.get(where), "slug") == "ink-paper"


# --- series


def plan_form(**more: str) -> dict[str, str]:
    return {"offer": "room", "on": "2026-11-24", "at": "10:00", "length": "30", "freq": "WEEKLY", "ends": "count",
            "count": "4", "plan": "1", "skips": "1", **more}  # fmt: skip


PERSON = {"name": "Ada Lovelace", "email": "ada@example.org", "goal": "Portfolio"}


def made_series(staff: httpx2.Client, shop: Shop, **more: str) -> str:
    answer = staff.post(f"/{shop.slug}/admin/series/new", data=plan_form(book="1", **PERSON, **more))
    assert answer.status_code == 303, words(answer)
    return answer.headers["location"].partition("?")[0]


def test_a_series_is_planned_by_simple_fields_and_made(staff: httpx2.Client, shop: Shop) -> None:
    new = f"/{shop.slug}/admin/series/new"
    assert "Continue" in words(staff.get(new))
    assert "Plan it" in words(staff.get(new, params={"offer": "room"}))
    planned = staff.get(new, params=plan_form(**{"day-TU": "1", "day-TH": "1"}))
    assert "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4" in words(planned)
    assert "All 4 dates are free" in words(planned)
    where = made_series(staff, shop)
    shown = words(staff.get(f"{where}?done=made"))
    assert "4 bookings were made" in shown
    assert "Every week on Tuesday, 4 times" in shown
    listed = words(staff.get(f"/{shop.slug}/admin/series"))
    assert "Room Ada Lovelace" in listed
    assert "4 of 4" in listed


@pytest.mark.parametrize(("fields", "rule"), [
    ({"freq": "DAILY", "every": "2"}, "FREQ=DAILY;INTERVAL=2;COUNT=4"),
    ({"freq": "MONTHLY", "monthly": "weekday"}, "FREQ=MONTHLY;BYDAY=4TU;COUNT=4"),
    ({"freq": "MONTHLY", "ends": "until", "until": "2027-03-01"}, "FREQ=MONTHLY;UNTIL=20270301"),
    ({"freq": "RULE", "rule": "FREQ=WEEKLY;BYDAY=MO;COUNT=3"}, "FREQ=WEEKLY;BYDAY=MO;COUNT=3"),
])  # fmt: skip
def test_a_rule_is_built_from_fields(
    staff: httpx2.Client, shop: Shop, fields: dict[str, str], rule: str
) -> None:
    planned = staff.get(f"/{shop.slug}/admin/series/new", params=plan_form(**fields))
    assert f"<code>{rule}</code>" in planned.text


def test_conflicts_are_shown_solved_one_by_one_and_then_all_is_made(
    staff: httpx2.Client, http: httpx2.Client, shop: Shop
) -> None:
    for weeks in (1, 2):
        book(http, shop, "room", TUESDAY.replace(hour=10) + weeks * WEEK)
    new = f"/{shop.slug}/admin/series/new"
    planned = staff.get(new, params=plan_form())
    assert "2 dates cannot be had" in words(planned)
    assert "This time is taken." in words(planned)
    assert 'value="2026-12-01T09:30:00Z"' in planned.text
    refused = staff.post(new, data=plan_form(book="1", **PERSON))
    assert refused.status_code == 409
    assert value_of(refused, "name") == "Ada Lovelace"
    choices = {"at-2026-12-01T10:00:00": "2026-12-01T09:30:00Z", "at-2026-12-08T10:00:00": "out"}
    again = staff.post(new, data=plan_form(**choices, **PERSON))
    assert "All 3 dates are free" in words(again)
    own = {**choices, "at-2026-12-08T10:00:00": "own", "own-2026-12-08T10:00:00": "2026-12-09T15:00"}
    where = made_series(staff, shop, **own)
    shown = words(staff.get(where))
    assert "Tuesday, 1 December 2026, 09:30 (changed alone)" in shown
    assert "Wednesday, 9 December 2026, 15:00 (changed alone)" in shown


def test_a_wish_for_a_series_says_what_is_wrong_and_keeps_the_rest(staff: httpx2.Client, shop: Shop) -> None:
    new = f"/{shop.slug}/admin/series/new"
    wrong = staff.get(new, params=plan_form(on="soon", count="0"))
    assert wrong.status_code == 422
    assert 'id="on-wrong"' in wrong.text
    assert 'id="count-wrong"' in wrong.text
    rule = staff.get(new, params=plan_form(freq="RULE", rule="FREQ=WEEKLY"))
    assert "The rule: needs one end: COUNT, such as" in words(rule)
    assert value_of(rule, "rule") == "FREQ=WEEKLY"
    nobody = staff.post(new, data=plan_form(book="1", name="Ada", email="no"))
    assert nobody.status_code == 422
    assert value_of(nobody, "name") == "Ada"
    assert "Enter an e-mail address like name@example.com" in words(nobody)
    out = {f"at-{on}T10:00:00": "out" for on in ("2026-11-24", "2026-12-01", "2026-12-08", "2026-12-15")}
    empty = staff.post(new, data=plan_form(book="1", **PERSON, **out))
    assert empty.status_code == 422
    assert "no date is left" in words(empty)


def test_the_questions_of_an_offer_are_asked_for_its_series(staff: httpx2.Client, shop: Shop) -> None:
    new = f"/{shop.slug}/admin/series/new"
    form = plan_form(offer="with-questions", book="1", **PERSON)
    asked = staff.post(new, data=form)
    assert asked.status_code == 422
    assert 'id="q-q1-wrong"' in asked.text, words(asked)
    answers = {"q-q1": "ink", "q-size": "2", "q-ok": "yes", "phone": "+1 305 555 0100"}
    assert staff.post(new, data={**form, **answers}).status_code == 303


def test_one_date_is_moved_and_moved_back(staff: httpx2.Client, shop: Shop) -> None:
    where = made_series(staff, shop)
    ids = re.findall(r"\?date=([0-9a-f-]{36})#change", staff.get(where).text)
    assert len(ids) == 4
    moved = staff.post(f"{where}/move", data={"booking": ids[1], "scope": "one", "on": "2026-12-02", "at": "11:00",
                                              "length": "30"})  # fmt: skip
    assert moved.status_code == 303
    shown = staff.get(moved.headers["location"])
    assert "Wednesday, 2 December 2026, 11:00 (changed alone)" in words(shown)
    undo = dict(re.findall(r'name="(booking|on|at|length|scope)" value="([^"]*)"',
                           shown.text[shown.text.index('id="done"'):shown.text.index("Undo")]))  # fmt: skip
    back = staff.post(f"{where}/move", data=undo)
    assert "Tuesday, 1 December 2026, 10:00" in words(staff.get(back.headers["location"]))


def test_this_and_later_move_together_and_a_conflict_moves_nothing(
    staff: httpx2.Client, http: httpx2.Client, shop: Shop
) -> None:
    where = made_series(staff, shop)
    ids = re.findall(r"\?date=([0-9a-f-]{36})#change", staff.get(where).text)
    book(http, shop, "room", TUESDAY.replace(hour=12) + 2 * WEEK)
    change = {"booking": ids[1], "scope": "this_and_later", "on": "2026-12-01", "at": "12:00", "length": "30"}
    refused = staff.post(f"{where}/move", data={**change})
    assert refused.status_code == 409
    assert "some dates cannot be had at the new time" in words(refused)
    assert (value_of(refused, "at"), value_of(refused, "on")) == ("12:00", "2026-12-01")
    assert words(staff.get(where)).count(", 10:00") >= 4
    moved = staff.post(f"{where}/move", data={**change, "at": "13:00"})
    later = moved.headers["location"].partition("?")[0]
    assert later != where
    assert words(staff.get(later)).count(", 13:00") >= 3
    assert staff.post(f"{where}/move", data={**change, "on": "never"}).status_code in (404, 422)


def test_dates_are_cancelled_with_a_reason(staff: httpx2.Client, shop: Shop) -> None:
    where = made_series(staff, shop)
    ids = re.findall(r"\?date=([0-9a-f-]{36})#change", staff.get(where).text)
    gone = staff.post(
        f"{where}/cancel", data={"booking": ids[2], "scope": "this_and_later", "reason": "Works"}
    )
    assert "2 dates were cancelled" in words(staff.get(gone.headers["location"]))
    shown = words(staff.get(where))
    assert shown.count("Cancelled Works") == 2
    staff.post(f"{where}/cancel", data={"booking": ids[0], "scope": "all"})
    assert "No series has a date to come" in words(staff.get(f"/{shop.slug}/admin/series"))
    assert "Room" in words(staff.get(f"/{shop.slug}/admin/series?state=over"))


def test_series_are_listed_a_page_at_a_time_in_one_statement(run: Any, shop: Shop, owner: Any) -> None:
    from infra24.bookings import series as recurring
    from tests.serving import NOW

    owner.execute(
        "INSERT INTO series (org_id, id, resource_id, rule, starts_local, time_zone, minutes, created_at) "
        "SELECT %s, gen_random_uuid(), %s, 'FREQ=DAILY;COUNT=1', '2026-01-01', 'UTC', 30, "
        "now() - n * interval '1 hour' FROM generate_series(1, 30) n", (shop.org_id, shop.ids["room"]),
    )  # fmt: skip

    async def scenario(database: Any) -> tuple[list[int], int]:
        async with database.transaction(shop.org_id) as tx:
            counted, original = 0, tx.rows

            async def counting(*args: Any, **more: Any) -> Any:
                nonlocal counted
                counted += 1
                return await original(*args, **more)

            tx.rows = counting
            first = await recurring.listed(tx, NOW, coming=False, limit=20)
            last = first[-1]
            rest = await recurring.listed(
                tx, NOW, coming=False, after=(last.made_at, last.series.id), limit=20
            )
            assert not {one.series.id for one in first} & {one.series.id for one in rest}
            return [len(first), len(rest)], counted

    assert run(scenario) == ([20, 10], 2)


# --- holidays


def test_countries_and_days_of_ones_own_are_kept(admin: httpx2.Client, shop: Shop) -> None:
    here = f"/{shop.slug}/admin/holidays"
    parts = admin.post(here, data={"country": "US", "parts": "1"})
    assert "Florida" in parts.text
    saved = admin.post(here, data={"country": "US", "part": "US-FL", "on-0": "2026-12-28", "name-0": "Mill Day",
                                   "kind-0": "closed", "on-1": "2026-12-25", "name-1": "Open house",
                                   "kind-1": "open", "save": "1"})  # fmt: skip
    assert saved.status_code == 303
    shown = words(admin.get(here))
    assert "United States: Florida" in shown
    assert "Mill Day (your own)" in shown
    assert "Christmas Day" not in shown
    again = admin.post(here, data={"on-0": "2026-12-28", "name-0": "Mill Day", "kind-0": "closed", "drop-0": "1",
                                   "keep-US-FL": "1", "save": "1", "seen": hidden(admin.get(here), "seen")})  # fmt: skip
    assert again.status_code == 303
    assert "Mill Day" not in words(admin.get(here))
    spanish = words(admin.get(here, params={"lang": "es"}))
    assert "Estados Unidos: Florida" in spanish


def test_what_a_holiday_breaks_is_shown_before_it_is_saved(
    admin: httpx2.Client, http: httpx2.Client, shop: Shop
) -> None:
    made = book(http, shop, "room", AT)
    here = f"/{shop.slug}/admin/holidays"
    form = {"on-0": AT.date().isoformat(), "name-0": "Mill Day", "kind-0": "closed"}
    shown = admin.post(here, data={**form, "save": "1"})
    assert "1 booking stands on a day that would be closed" in words(shown)
    assert made["id"] in shown.text
    assert "Mill Day" not in words(admin.get(here)), "nothing was saved"
    form |= {"mark": hidden(shown, "mark"), "seen": hidden(shown, "seen")}
    other = admin.post(here, data={**form, "name-0": "Another", "save": "1"})
    assert other.status_code == 200, "what is saved is what was seen"
    assert admin.post(here, data={**form, "save": "1"}).status_code == 303
    assert "Mill Day" in words(admin.get(here))
    free = admin.post(here, data={"preview": "1", "seen": hidden(admin.get(here), "seen")})
    assert "No booking is in the way" in words(free)


def test_an_old_form_of_the_holidays_takes_nothing_from_who_saved_meanwhile(
    admin: httpx2.Client, shop: Shop
) -> None:
    here = f"/{shop.slug}/admin/holidays"
    old = {"seen": hidden(admin.get(here), "seen"), "on-0": "2027-06-06", "name-0": "Mine", "save": "1"}
    closing = {"scope": "all", "first": "2027-05-05", "reason": "Works day"}
    assert admin.post(f"/{shop.slug}/admin/blackouts", data=closing).status_code == 303
    clash = admin.post(here, data=old)
    assert clash.status_code == 409
    assert "Somebody else saved this while you were editing" in words(clash)
    assert "Wednesday, 5 May 2027 – Works day (closed)" in words(clash)
    assert (value_of(clash, "name-0"), value_of(clash, "name-1")) == ("Works day", "Mine")
    assert "Mine" not in words(admin.get(here)), "nothing was saved"
    both = {f"{part}-{n}": value_of(clash, f"{part}-{n}") for part in ("on", "name") for n in (0, 1)}
    assert admin.post(here, data={**both, "seen": hidden(clash, "seen"), "save": "1"}).status_code == 303
    shown = words(admin.get(here))
    assert "Works day (your own)" in shown
    assert "Mine (your own)" in shown


def test_holidays_that_changed_before_the_save_are_not_overwritten(run: Any, shop: Shop) -> None:
    from infra24 import organizations
    from infra24.organizations import HolidaysChanged, read_plan

    def on(date: str) -> Any:
        return read_plan([], {date: ("A day", True)})

    async def scenario(database: Any) -> None:
        async with database.transaction(shop.org_id) as mine:
            seen = await organizations.holiday_plan(mine)
            async with database.transaction(shop.org_id) as theirs:
                await organizations.set_holidays_seen(theirs, seen, on("2027-05-05"))
            with pytest.raises(HolidaysChanged):
                await organizations.set_holidays_seen(mine, seen, on("2027-06-06"))

    run(scenario)


def test_wrong_days_are_named_and_kept(admin: httpx2.Client, staff: httpx2.Client, shop: Shop) -> None:
    here = f"/{shop.slug}/admin/holidays"
    days = {
        "on-0": "",
        "name-0": "Undated",
        "on-1": "2026-12-28",
        "name-1": "",
        "on-2": "2026-12-28",
        "name-2": "Twice",
    }
    wrong = admin.post(here, data={**days, "save": "1"})
    assert wrong.status_code == 422
    assert all(f'id="{name}-wrong"' in wrong.text for name in ("on-0", "name-1", "on-2"))
    assert value_of(wrong, "name-0") == "Undated"
    assert admin.post(here, data={"country": "XX", "save": "1"}).status_code == 422
    assert staff.get(here).status_code == 200
    assert staff.post(here, data={"save": "1"}).status_code == 403


# --- why


def test_a_taken_time_names_the_booking_in_the_way(
    staff: httpx2.Client, http: httpx2.Client, shop: Shop
) -> None:
    made = book(http, shop, "lesson", AT)
    asked = {"offer": "lesson", "on": AT.date().isoformat(), "at": f"{AT:%H:%M}", "how": "time"}
    shown = staff.get(f"/{shop.slug}/admin/explain", params=asked)
    assert "Not offered." in words(shown)
    assert f"/{shop.slug}/bookings/{made['id']}" in shown.text
    assert "Test Artist" in shown.text
    free = words(staff.get(f"/{shop.slug}/admin/explain", params={**asked, "at": f"{AT + 2 * HALF:%H:%M}"}))
    assert "Free: it can be booked." in free
    assert "Ann Free" in free
    past = words(staff.get(f"/{shop.slug}/admin/explain", params={**asked, "on": "2026-11-01"}))
    assert "This time has passed." in past
    night = words(staff.get(f"/{shop.slug}/admin/explain", params={**asked, "at": "03:00"}))
    assert "Outside the opening hours." in night


def test_a_whole_day_says_for_whom_each_start_is_free(
    staff: httpx2.Client, http: httpx2.Client, shop: Shop
) -> None:
    book(http, shop, "chosen", AT, staff_id=str(shop.ids["ann"]))
    asked = {"offer": "with-whom-you-like", "on": AT.date().isoformat(), "how": "day"}
    shown = staff.get(f"/{shop.slug}/admin/explain", params=asked)
    rows = re.findall(r'<tr>\s*<th scope="row">\s*<a [^>]*>([\d:]+)</a>\s*</th>.*?</tr>', shown.text, re.S)
    assert len(rows) == 20, "from eight to six, by half hours"
    assert words(shown).count("Free Ann, Ben") == 19
    assert "Free Ben" in words(shown)
    slots = http.get("/api/availability", params={"resource_id": str(shop.ids["chosen"]),
                                                  "start_date": AT.date().isoformat()}).json()["slots"]  # fmt: skip
    assert f"{len(slots)} times free" in words(shown), "it cannot disagree with what is offered"


def test_a_month_without_a_free_time_says_why(staff: httpx2.Client, shop: Shop) -> None:
    asked = {"offer": "quiet-hour", "on": "2027-12-01", "how": "month"}
    shown = words(staff.get(f"/{shop.slug}/admin/explain", params=asked))
    assert "Nothing is free." in shown
    assert "days ahead" in shown
    assert "This month has passed" in words(
        staff.get(f"/{shop.slug}/admin/explain", params={**asked, "on": "2026-10-01"})
    )


@pytest.mark.parametrize("odd", [{}, {"offer": "nothing"}, {"offer": "room", "on": "x", "at": "y", "how": "z"},
                                 {"offer": "room", "how": "time"}, {"offer": "room", "length": "7", "staff": "q"}])  # fmt: skip
def test_odd_questions_are_answered_calmly(staff: httpx2.Client, shop: Shop, odd: dict[str, str]) -> None:
    assert staff.get(f"/{shop.slug}/admin/explain", params=odd).status_code == 200


# --- turns


def test_turns_are_listed_added_up_and_tried_with_other_weights(
    staff: httpx2.Client, http: httpx2.Client, shop: Shop
) -> None:
    for number in range(8):
        made = http.post("/api/bookings", json=body(shop, "turns", at=AT + number * HALF))
        assert made.status_code == 201
    assert "By turns Hosts 2 Turns 8" in words(staff.get(f"/{shop.slug}/admin/fairness"))
    here = f"/{shop.slug}/admin/fairness/by-turns"
    shown = staff.get(here)
    assert "holds" in words(shown)
    assert shown.text.count(f"/{shop.slug}/bookings/") >= 8
    weights = {f"w-{shop.ids['ann']}": "300", f"w-{shop.ids['ben']}": "100"}
    tried = staff.get(here, params=weights)
    rows = re.findall(r'<th scope="row">(\w+)</th>.*?<td class="number">(\d+)</td>\s*</tr>', tried.text, re.S)
    assert rows[:2] == [("Ann", "6"), ("Ben", "2")]
    for strange in ("", "-1", "x" * 90, "999999999", "0"):
        odd = {f"w-{shop.ids['ann']}": strange, "w-x": "5", "page": strange}
        assert staff.get(here, params=odd).status_code == 200
    assert staff.get(f"/{shop.slug}/admin/fairness/nothing").status_code == 404


def test_the_lines_of_a_long_ledger_are_paged(staff: httpx2.Client, http: httpx2.Client, shop: Shop) -> None:
    for number in range(30):
        at = AT.replace(hour=8, minute=0) + (number // 15) * ONE + (number % 15) * HALF
        assert http.post("/api/bookings", json=body(shop, "turns", at=at)).status_code == 201
    here = f"/{shop.slug}/admin/fairness/by-turns"
    assert "Page 1 of 2" in words(staff.get(here))
    second = staff.get(here, params={"page": "2"})
    assert "Page 2 of 2" in words(second)
    assert second.text.count("stays with") + words(second).count(" given ") >= 5


def test_nothing_of_the_old_page_is_left(http: httpx2.Client, shop: Shop) -> None:
    assert http.get(f"/{shop.slug}/fairness/by-turns").status_code == 404
    assert http.get(f"/{shop.slug}/admin/fairness/by-turns").status_code in (401, 303)
