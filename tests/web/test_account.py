"""A person's own account over HTTP: sessions, what is grave, another address, the second factor."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pyotp
import pytest

from infra24.people import Role
from tests import loopback
from tests.factories import Shop, found_shop
from tests.installation import PASSWORD, Installation, csrf_in
from tests.markup import tags_on_one_line
from tests.serving import NOW
from tests.web.test_bookings_api import body

NEW = "nine lamps in a quiet harbour"


@pytest.fixture
def shop(here: Installation) -> Shop:
    return found_shop(here.url, here.settings, here.clock)


def opens(browser: httpx2.Client) -> bool:
    return browser.get("/account").status_code == 200


def act(browser: httpx2.Client, do: str, **fields: str) -> httpx2.Response:
    """Press a button of the security page."""
    csrf = csrf_in(browser.get("/account/security").text)
    return browser.post(f"/account/security/{do}", data={"csrf": csrf, **fields})


def sessions_of(here: Installation, email: str) -> int:
    return int(here.owner("SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id "
                          "WHERE u.email = %s", email)[0][0])  # fmt: skip


def test_a_session_ends_when_it_is_not_seen_and_at_last_in_any_case(here: Installation) -> None:
    ada = here.someone()
    with here.signed_in(ada) as browser, here.signed_in(ada) as other:
        here.clock.forward(days=13, hours=23)
        assert opens(browser)
        here.clock.forward(days=1)
        assert opens(browser)
        assert not opens(other), "not seen for fourteen days"
        for _ in range(6):
            here.clock.forward(days=13)
            alive = opens(browser)
        assert not alive, "ninety days are all"
        assert here.clock() < NOW.replace(year=2027, month=3)


def test_one_session_is_ended_or_all_others_and_never_anyone_elses(here: Installation) -> None:
    ada, eve = here.someone(), here.someone()
    with here.signed_in(ada) as browser, here.signed_in(ada, **{"user-agent": "telephone"}) as phone, \
            here.signed_in(eve) as evil:  # fmt: skip
        page = browser.get("/account/security").text
        assert "telephone" in page
        listed = re.findall(r'name="session" value="([^"]+)"', page)
        assert len(listed) == 1
        act(evil, "end-session", session=listed[0])
        assert opens(phone), "no one's but one's own"
        for wrong in ("", "x", "0" * 36):
            assert act(browser, "end-session", session=wrong).status_code == 303
        assert act(browser, "end-session", session=listed[0]).status_code == 303
        assert not opens(phone)
        assert opens(browser)
    with here.signed_in(ada) as browser, here.signed_in(ada) as other:
        assert act(browser, "end-others").status_code == 303
        assert opens(browser)
        assert not opens(other)


def test_what_is_grave_asks_again_after_half_an_hour_and_the_cookie_changes(here: Installation) -> None:
    ada = here.someone()
    with here.signed_in(ada) as browser:
        here.clock.forward(minutes=31)
        before = browser.cookies["session"]
        for do in ("password", "begin-app", "new-codes", "remove-app", "remove-passkey", "forget-provider"):
            assert act(browser, do, new_password=NEW).status_code == 403, do
        csrf = csrf_in(browser.get("/account").text)
        assert (
            browser.post("/account/email", data={"csrf": csrf, "email": "x@people.example"}).status_code
            == 403
        )
        headers = {"x-csrf-token": csrf}
        assert browser.post("/account/passkeys/options", headers=headers, json={}).status_code == 403
        assert act(browser, "prove", password="wrong").status_code == 422
        assert browser.cookies["session"] == before
        assert act(browser, "prove", password=PASSWORD).status_code == 303
        assert browser.cookies["session"] != before
        assert opens(browser)
        with here.browser() as thief:
            thief.cookies.set("session", before)
            assert not opens(thief), "the old cookie opens nothing"
        assert act(browser, "begin-app").status_code == 200


def test_proving_is_tried_eight_times(here: Installation) -> None:
    ada = here.someone()
    with here.signed_in(ada) as browser:
        here.clock.forward(minutes=31)
        statuses = [act(browser, "prove", password="wrong").status_code for _ in range(8)]
        assert statuses == [422] * 8
        answer = act(browser, "prove", password=PASSWORD)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")


def test_another_password_ends_what_others_hold_and_tells_the_owner(here: Installation) -> None:
    ada = here.someone()
    with here.signed_in(ada) as browser, here.signed_in(ada) as thief:
        csrf = csrf_in(thief.get("/account").text)
        thief.post("/account/email", data={"csrf": csrf, "email": f"eve-{ada.email}"})
        theirs = here.link_to(f"eve-{ada.email}")
        before = browser.cookies["session"]
        assert act(browser, "password", new_password="short").status_code == 422
        assert act(browser, "password", new_password=ada.email).status_code == 422
        assert act(browser, "password", new_password=NEW).status_code == 303
        assert browser.cookies["session"] != before
        assert opens(browser)
        assert not opens(thief)
        assert here.emails_to(ada.email, "password")
        with here.browser() as nobody:
            assert nobody.post(theirs).status_code == 409, (
                "the address that a thief asked for is not taken on"
            )
            assert nobody.post("/sign-in", data={"email": ada.email, "password": PASSWORD}).status_code == 403
            assert nobody.post("/sign-in", data={"email": ada.email, "password": NEW}).status_code == 303


def test_another_address_is_proved_by_its_email_and_the_old_one_is_told(
    here: Installation, shop: Shop
) -> None:
    ada = here.someone(shop=shop, role=Role.STAFF)
    new = f"new-{ada.email}"
    with here.signed_in(ada) as browser:
        csrf = csrf_in(browser.get("/account").text)
        for wrong in ("", "x", "a@b@c", "a\r\nbcc: eve@evil.example@people.example"):
            assert browser.post("/account/email", data={"csrf": csrf, "email": wrong}).status_code == 422
        assert browser.post("/account/email", data={"csrf": csrf, "email": new.upper()}).status_code == 303
        assert ada.email in browser.get("/account").text
        link = here.link_to(new)
        notice = here.emails_to(ada.email, "address")
        assert len(notice) == 1
        assert new in notice[0].get_content()
        assert "/account/email/" not in notice[0].get_content(), "the old address cannot confirm it"
        with here.browser() as elsewhere:
            assert elsewhere.head(link).status_code == 200
            assert new in elsewhere.get(link).text
            assert new not in browser.get("/account").text, "looking changes nothing"
            asked = elsewhere.post(link)
            assert (asked.status_code, asked.headers["location"][:8]) == (303, "/sign-in")
        with here.signed_in(here.someone()) as stranger:
            own = csrf_in(stranger.get("/account").text)
            assert stranger.post(link, data={"csrf": own}).status_code == 409
        assert new not in browser.get("/account").text, "whoever reads the e-mail gives nobody their address"
        assert browser.post(link, data={"csrf": csrf}).status_code == 303
        assert browser.post(link, data={"csrf": csrf}).status_code == 409
        assert new in browser.get("/account").text
        assert here.owner("SELECT email FROM memberships WHERE user_id = %s", ada.user_id) == [(new,)]
        with here.browser() as other:
            assert other.post("/sign-in", data={"email": ada.email, "password": PASSWORD}).status_code == 403
            assert other.post("/sign-in", data={"email": new, "password": PASSWORD}).status_code == 303


def test_a_taken_address_is_not_told_until_its_owner_opens_the_email(here: Installation) -> None:
    ada, bob = here.someone(), here.someone()
    free = f"free-{ada.email}"
    with here.signed_in(ada) as browser:
        csrf = csrf_in(browser.get("/account").text)
        said = [
            browser.post("/account/email", data={"csrf": csrf, "email": email}) for email in (bob.email, free)
        ]
        assert {(one.status_code, one.headers["location"]) for one in said} == {(303, "/account?done=email")}
        browser.post("/account/email", data={"csrf": csrf, "email": bob.email})
        answer = browser.post(here.link_to(bob.email), data={"csrf": csrf})
        assert answer.status_code == 409
        assert "That address cannot be used" in answer.text


def test_of_two_who_prove_the_same_address_at_once_one_gets_it(here: Installation) -> None:
    people = [here.someone() for _ in range(4)]
    wanted = f"wanted-{people[0].email}"
    links = []
    for one in people:
        with here.signed_in(one) as browser:
            csrf = csrf_in(browser.get("/account").text)
            browser.post("/account/email", data={"csrf": csrf, "email": wanted})
        links.append(here.link_to(wanted))
    assert len(set(links)) == 4

    def confirm(number: int) -> int:
        with here.signed_in(people[number]) as browser:
            csrf = csrf_in(browser.get("/account").text)
            return browser.post(links[number], data={"csrf": csrf}).status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(confirm, range(4))) == [303, 409, 409, 409]


def test_an_app_is_added_once_its_code_proves_it_and_ends_the_sessions_without_it(here: Installation) -> None:
    ada, stranger = here.someone(), here.someone()
    with here.signed_in(ada) as browser, here.signed_in(ada) as other, here.signed_in(stranger) as eve:
        page = tags_on_one_line(act(browser, "begin-app").text)
        secret = re.search(r'class="secret">([A-Z2-7]+)<', page)
        sealed = re.search(r'name="sealed" value="([^"]+)"', page)
        assert secret
        assert sealed
        code = pyotp.TOTP(secret[1]).at(here.clock())
        assert act(browser, "add-app", sealed=sealed[1], code="000000").status_code == 422
        assert act(browser, "add-app", sealed="made up", code=code).status_code == 303
        assert act(eve, "add-app", sealed=sealed[1], code=code).status_code == 303
        assert here.owner("SELECT totp_secret FROM users WHERE id = %s", stranger.user_id) == [(None,)]
        page = act(browser, "add-app", sealed=sealed[1], code=code).text
        codes = re.findall(r"<li><code>([^<]+)</code>", page)
        assert len(codes) == 10
        assert opens(browser)
        assert not opens(other)
        assert codes[0] not in browser.get("/account/security").text, "shown this once"
        assert here.emails_to(ada.email)
        stored = here.owner("SELECT totp_secret FROM users WHERE id = %s", ada.user_id)[0][0]
        assert secret[1].encode() not in bytes(stored)
        fresh = re.findall(r"<li><code>([^<]+)</code>", act(browser, "new-codes").text)
        assert not set(fresh) & set(codes)
    with here.browser() as browser:
        browser.post("/sign-in", data={"email": ada.email, "password": PASSWORD})
        assert browser.post("/sign-in/code", data={"code": codes[0]}).status_code == 422
        assert browser.post("/sign-in/code", data={"code": fresh[0]}).status_code == 303
        assert act(browser, "remove-app").status_code == 303
    with here.browser() as browser:
        answer = browser.post("/sign-in", data={"email": ada.email, "password": PASSWORD})
        assert answer.headers["location"] == "/account"


def test_an_organization_that_asks_for_a_second_factor_gets_it_at_every_address(
    here: Installation, shop: Shop
) -> None:
    here.owner(
        """UPDATE organizations SET settings = settings || '{"second_factor": true}' WHERE id = %s""",
        shop.org_id,
    )
    staff, member = here.someone(shop=shop, role=Role.STAFF), here.someone(shop=shop)
    strong = here.someone(shop=shop, role=Role.STAFF, app=True)
    asked = ("/api/bookings", f"/api/bookings?org={shop.slug}", f"/api/organizations/{shop.slug}/events",
             f"/api/organizations/{shop.slug}/booking-links")  # fmt: skip
    with here.signed_in(staff) as browser:
        for path in asked:
            assert browser.get(path).status_code == 403, path
            assert browser.get(path).json()["code"] in ("second_factor_needed", "not_allowed")
        for path in (f"/{shop.slug}/admin", f"/{shop.slug}/bookings"):
            assert browser.get(path).headers["location"] == "/account/security?need=1"
        assert "second factor" in browser.get("/account/security?need=1").text
        csrf = csrf_in(browser.get("/account").text)
        wanted = body(shop, at=NOW + timedelta(days=4))
        booking = loopback.post(here.base + "/api/bookings", json=wanted).json()["id"]
        answer = browser.delete(f"/api/bookings/{booking}", headers={"x-csrf-token": csrf})
        assert answer.status_code in (403, 404), "by its id, without naming the organization, neither"
    with here.signed_in(strong) as browser:
        assert browser.get("/api/bookings").status_code == 200
        assert browser.get(f"/{shop.slug}/admin").status_code == 200
        assert browser.get(f"/api/bookings/{booking}").status_code == 200
    with here.signed_in(member) as browser:
        assert browser.get(f"/{shop.slug}/dashboard/bookings").status_code == 200, "members are not asked"


def test_a_role_that_is_lowered_and_a_membership_that_ends_count_at_once(
    here: Installation, shop: Shop
) -> None:
    ada = here.someone(shop=shop, role=Role.STAFF)
    with here.signed_in(ada) as browser:
        assert browser.get(f"/{shop.slug}/admin").status_code == 200
        here.owner("UPDATE memberships SET role = 'member' WHERE user_id = %s", ada.user_id)
        assert browser.get(f"/{shop.slug}/admin").status_code == 403
        assert browser.get("/api/bookings").status_code == 403
        assert browser.get(f"/{shop.slug}/dashboard/bookings").status_code == 200
        here.owner("DELETE FROM memberships WHERE user_id = %s", ada.user_id)
        assert browser.get(f"/{shop.slug}/dashboard/bookings").status_code == 404
        assert browser.get(f"/{shop.slug}/admin").status_code == 404
        assert opens(browser), "the account is still theirs"


def test_a_profile_takes_any_name_and_no_character_that_no_text_has(here: Installation, shop: Shop) -> None:
    ada = here.someone(shop=shop)
    with here.signed_in(ada) as browser:
        csrf = csrf_in(browser.get("/account").text)

        def save(name: str, **more: str) -> httpx2.Response:
            return browser.post(
                "/account", data={"csrf": csrf, "name": name, "locale": "", "zone": "", **more}
            )

        for name in (
            "Łukasz O’Neill-日本",
            "<script>alert(1)</script>",
            "a" * 200,
            "{{ 7 * 7 }}",
            "\\'; DROP TABLE users; --",
            "Ada\r\nbcc: eve",
        ):
            assert save(name).status_code == 303, name
            assert "<script>alert" not in browser.get("/account").text
        for name in ("", "   ", "a" * 201, "a\0b"):
            assert save(name).status_code == 422, name
        for wrong in (
            {"locale": "xx"},
            {"zone": "Mars/Base"},
            {"zone": "../../etc/passwd"},
            {"zone": "x" * 5_000},
        ):
            assert save("Ada", **wrong).status_code == 422, wrong
        multipart = {"csrf": (None, csrf), "name": (None, b"a\0b")}
        assert browser.post("/account", files=multipart).status_code == 422
        assert save("Ada Lovelace").status_code == 303
        assert here.owner("SELECT name FROM memberships WHERE user_id = %s", ada.user_id) == [
            ("Ada Lovelace",)
        ]


def test_a_page_of_the_account_is_for_whoever_is_signed_in(here: Installation) -> None:
    with here.browser() as browser:
        for path in ("/account", "/account/security"):
            answer = browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (
                303,
                f"/sign-in?next={path.replace('/', '%2F')}",
            )
            assert "no-store" in answer.headers["cache-control"]
        assert browser.post("/account/passkeys", json={}).status_code == 401


def test_a_sign_in_from_a_new_device_is_told_by_its_name_and_carries_nothing_that_was_typed(
    here: Installation,
) -> None:
    ada = here.someone()
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    with here.signed_in(ada, **{"user-agent": firefox}), here.signed_in(ada, **{"user-agent": firefox}):
        (mailed,) = here.emails_to(ada.email)
        assert "Firefox · Linux" in mailed.get_content()
    with here.signed_in(
        ada, **{"user-agent": "Your account is closed, go to https://evil.example/" + "x" * 200}
    ):
        assert "closed" not in here.emails_to(ada.email)[-1].get_content()
