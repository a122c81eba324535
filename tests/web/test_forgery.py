"""What another site makes a browser send, and what a visitor can find out: nothing, at any address there is."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import httpx2
import pytest
from pydantic import SecretStr

from infra24.people import Role
from infra24.settings import Settings
from infra24.web.guard import Access
from infra24.web.routes import API, PAGES
from tests import loopback
from tests.factories import Shop, found_shop
from tests.installation import PASSWORD, Installation, csrf_in, installation
from tests.serving import NOW, Clock
from tests.web.test_bookings_api import body
from tests.web.test_permissions import filled


@pytest.fixture
def shop(here: Installation) -> Shop:
    return found_shop(here.url, here.settings, here.clock)


def unsafe() -> Iterator[tuple[str, str]]:
    """Every address that changes something, but those that a token or the installation's key opens."""
    for address in API:
        if address.method != "GET" and address.requires not in (Access.TOKEN, Access.INSTALLATION):
            yield address.method, address.path
    for page in PAGES:
        for method in page.methods:
            if method == "POST" and page.requires is not Access.TOKEN:
                yield method, page.path


def is_refused(answer: httpx2.Response) -> bool:
    return answer.status_code == 403 and "sent from another site" in answer.text


def send(
    browser: httpx2.Client, method: str, path: str, slug: str, csrf: str | None = None
) -> httpx2.Response:
    """As a form of a page does, or a script of the API's; the proof in its place."""
    headers = {"x-csrf-token": csrf} if csrf is not None and path.startswith("/api/") else {}
    form = {"csrf": csrf} if csrf is not None else {"nothing": "1"}
    if path.startswith("/api/"):
        return browser.request(method, filled(path, slug), params={"org": slug}, headers=headers, json={})
    return browser.request(method, filled(path, slug), headers=headers, data=form)


def test_nothing_is_changed_by_a_request_without_the_proof_of_the_session(
    here: Installation, shop: Shop
) -> None:
    owner, other = here.someone(shop=shop, role=Role.OWNER), here.someone(shop=shop, role=Role.OWNER)
    with here.signed_in(owner) as browser, here.signed_in(other) as second:
        csrf = csrf_in(browser.get("/account").text)
        theirs = csrf_in(second.get("/account").text)
        assert csrf != theirs
        listed = list(unsafe())
        assert len(listed) > 50
        for method, path in listed:
            for wrong in (None, "", "x", theirs, csrf[:-1], csrf + "0"):
                assert is_refused(send(browser, method, path, shop.slug, wrong)), (method, path, wrong)
        for site in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
                     {"origin": "https://evil.example"}, {"origin": "null"}):  # fmt: skip
            browser.headers.update(site)
            for method, path in listed:
                assert is_refused(send(browser, method, path, shop.slug, csrf)), (method, path, site)
            for name in site:
                del browser.headers[name]
        here.forget_tries()
        for method, path in listed:
            if path in ("/sign-out", "/account/security"):
                continue
            assert not is_refused(send(browser, method, path, shop.slug, csrf)), (method, path)
        assert browser.get("/account").status_code == 200
        assert not is_refused(browser.post("/account", headers={"x-csrf-token": csrf}))


def test_a_booking_cannot_be_cancelled_by_a_form_of_another_site(here: Installation, shop: Shop) -> None:
    made = loopback.post(here.base + "/api/bookings", json=body(shop, at=NOW + timedelta(days=2))).json()
    with here.browser(**{"sec-fetch-site": "cross-site"}) as browser:
        for page in ("cancel", "reschedule"):
            assert is_refused(browser.post(f"/bookings/{page}/{made['token']}", data={}))


def test_looking_by_head_changes_nothing_anywhere(here: Installation, shop: Shop) -> None:
    """HEAD is safe: mail scanners send it, and so can a script of another site."""
    owner = here.someone(shop=shop, role=Role.OWNER)
    count = "SELECT (SELECT count(*) FROM audit_entries), (SELECT count(*) FROM bookings)"
    with here.signed_in(owner) as browser:
        before = here.owner(count)
        for page in PAGES:
            if "POST" in page.methods and "GET" in page.methods:
                path = filled(page.path, shop.slug)
                assert browser.head(path).status_code == browser.get(path).status_code, page.path
        assert here.owner(count) == before
        assert browser.get("/account").status_code == 200


def test_a_visitor_cannot_tell_what_exists(here: Installation, shop: Shop) -> None:
    member = here.someone(shop=shop)
    made = loopback.post(here.base + "/api/bookings", json=body(shop, at=NOW + timedelta(days=3))).json()
    with here.browser() as visitor:

        def said(path: str) -> tuple[int, str]:
            answer = visitor.get(path)
            place = answer.headers.get("location", answer.text)
            for part in (shop.slug, "no-such-place", made["id"], member.email, "nobody"):
                place = place.replace(part, "x")
            return answer.status_code, place

        missing = str(uuid4())
        assert said(f"/{shop.slug}/bookings/{made['id']}") == said(
            f"/{shop.slug}/bookings/{missing}".replace(missing, made["id"])
        )
        real, none = (
            visitor.get(f"/{shop.slug}/bookings/{made['id']}"),
            visitor.get(f"/{shop.slug}/bookings/{missing}"),
        )
        assert (real.status_code, none.status_code) == (303, 303)
        assert real.headers["location"].replace(made["id"], "x") == none.headers["location"].replace(
            missing, "x"
        )
        for path in (
            "/admin",
            "/bookings",
            "/admin/people",
            "/dashboard/bookings",
            "/admin/resources/print-room",
        ):
            assert said(f"/{shop.slug}{path}") == said(f"/no-such-place{path}")
            assert said(f"/{shop.slug}{path}")[0] == 303
        by_id = [visitor.get(f"/api/bookings/{id_}") for id_ in (made["id"], missing)]
        assert {answer.status_code for answer in by_id} == {401}
        assert by_id[0].json() == by_id[1].json()


def test_random_tokens_say_the_same_of_bookings_that_are_and_are_not(here: Installation, shop: Shop) -> None:
    made = loopback.post(
        here.base + "/api/bookings", json=body(shop, at=NOW + timedelta(days=3, hours=2))
    ).json()
    token = made["token"]
    guesses = [
        token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        "A" * 64,
        "x",
        token + "A",
        token[:32] + "z" * 32,
    ]
    with here.browser() as visitor:
        for page in ("confirmation", "cancel", "reschedule", "details"):
            texts = set()
            for guess in guesses:
                answer = visitor.get(f"/bookings/{page}/{guess}")
                assert answer.status_code == 404, (page, guess)
                texts.add(answer.text.replace(guess, "x"))
            assert len(texts) == 1, page
        assert {visitor.get(f"/feeds/{guess}.ics").status_code for guess in guesses} == {404}


def test_by_tls_the_cookie_is_bound_to_the_host(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = Settings(data_dir=tmp_path_factory.mktemp("tls"), public_url="https://book.example.org",
                        secret=SecretStr("a secret of the tests, long enough"))  # fmt: skip
    with installation(settings, database_url, Clock(NOW)) as here:
        here.forget_tries()
        ada, bob = here.someone(), here.someone(app=True)
        with here.browser() as browser:
            answer = browser.post("/sign-in", data={"email": ada.email, "password": PASSWORD})
            (cookie,) = [one for one in answer.headers.get_list("set-cookie") if "session=" in one]
            assert cookie.startswith("__Host-session=")
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {
                part.strip() for part in cookie.split(";")
            }
            assert "domain" not in cookie.lower()
            token = cookie.split("=", 1)[1].split(";")[0]
            assert browser.get("/account", headers={"cookie": f"session={token}"}).status_code == 303
            page = browser.get("/account", headers={"cookie": f"__Host-session={token}"})
            assert page.status_code == 200
            headers = {"cookie": f"__Host-session={token}"}
            out = browser.post("/sign-out", headers=headers, data={"csrf": csrf_in(page.text)})
            gone = [one for one in out.headers.get_list("set-cookie") if one.startswith("__Host-session=")]
            assert len(gone) == 1
            assert "Secure" in gone[0], "else the browser keeps it"
            for data in ({"email": bob.email, "password": PASSWORD}, {"email": bob.email, "by": "link"}):
                for one in browser.post("/sign-in", data=data).headers.get_list("set-cookie"):
                    assert "Secure" in one, one
            shop = found_shop(database_url, settings, here.clock)
            start = f"{NOW + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
            held = browser.post(f"/{shop.slug}/book/room", data={"start": start, "duration": "30"})
            spoken = browser.get(f"/{shop.slug}?lang=es")
            for one in (*held.headers.get_list("set-cookie"), *spoken.headers.get_list("set-cookie")):
                assert "Secure" in one, one
            assert "hold=" in held.headers["set-cookie"]
            assert held.headers["strict-transport-security"] == "max-age=31536000"
            forged = browser.post(
                "/sign-in", headers={"host": "evil.example"}, data={"email": ada.email, "by": "link"}
            )
            assert forged.status_code == 200
        assert all("evil.example" not in mailed.get_content() for mailed in here.emails_to(ada.email))
        assert here.link_to(ada.email, "Sign in").startswith("/sign-in/link/")


def test_a_sign_in_that_another_site_sends_is_refused_without_cookies_too(here: Installation) -> None:
    """An old browser says only `Origin`; one that has no cookie yet would be signed in to another's account."""
    ada = here.someone()
    form = {"email": ada.email, "password": PASSWORD}
    with here.browser() as browser:
        for foreign in ("https://evil.example", "null", "http://[", "http://"):
            assert is_refused(browser.post("/sign-in", headers={"origin": foreign}, data=form)), foreign
        assert browser.post("/sign-in", headers={"origin": here.base}, data=form).status_code == 303


def test_no_address_turns_the_choice_of_a_language_into_a_way_to_another_site(here: Installation) -> None:
    with here.browser() as browser:
        for path in ("//evil.example/book", "/%5Cevil.example", "///evil.example", "/%2Fevil.example"):
            text = browser.get(f"{here.base}{path}").text
            links = re.findall(r'href="([^"]*lang=es[^"]*)"', text)
            assert links, path
            assert all(re.match(r"/(%5C|%2F)?evil\.example", link) for link in links), links


def test_the_stream_of_an_offer_that_is_not_there_is_not_there(here: Installation, shop: Shop) -> None:
    with here.browser() as visitor:
        for slug in ("no-such-offer", "mo"):
            assert visitor.get(f"/{shop.slug}/book/{slug}/changes").status_code == 404
        with visitor.stream("GET", f"/{shop.slug}/book/room/changes") as stream:
            assert stream.status_code == 200
