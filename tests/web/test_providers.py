"""Signing in at an OpenID Connect provider through our own pages: the certified one, and a forger for its lies."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from infra24.auth import Provider
from infra24.settings import Settings
from tests.auth import servers
from tests.auth.servers import Forger, certified, forging, walk_through
from tests.installation import Installation, Known, installation
from tests.serving import Clock, free_port


def real_now() -> datetime:
    """The provider goes by the real clock: asked when a test begins, a suite may take longer than a token lives."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def forger() -> Iterator[Forger]:
    with forging() as found:
        yield found


@pytest.fixture(scope="module")
def built(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, forger: Forger
) -> Iterator[Installation]:
    port = free_port()
    found = (
        Provider(
            "example",
            "Example",
            f"http://localhost:{port}",
            "basic",
            "a secret: with+marks/and %",
            allow_http=True,
        ),
        Provider("forger", "Forger", forger.issuer, "basic", "a secret", allow_http=True),
    )
    settings = Settings(data_dir=tmp_path_factory.mktemp("oidc"), providers=found, public_url="http://localhost",
                        secret=SecretStr("a secret of the tests, long enough"))  # fmt: skip
    clock = Clock(real_now())
    with installation(settings, database_url, clock) as here:
        servers.REDIRECT, before = f"{here.base}/sign-in/with/example/back", servers.REDIRECT
        with certified(port):
            yield here
        servers.REDIRECT = before


@pytest.fixture
def here(built: Installation) -> Installation:
    built.clock.at = real_now()
    built.forget_tries()
    built.owner("DELETE FROM identities")
    return built


def opens(browser: httpx2.Client) -> bool:
    return browser.get("/account").status_code == 200


def there_and_back(browser: httpx2.Client, name: str, query: str = "") -> httpx2.Response:
    """Through the certified provider: what our page says when they come back."""
    away = browser.get(f"/sign-in/with/example{query}")
    assert away.status_code == 303, away.text
    return browser.get("/sign-in/with/example/back", params=walk_through(away.headers["location"], name))


def lies(
    here: Installation, forger: Forger, browser: httpx2.Client, query: str = "", **claims: Any
) -> httpx2.Response:
    """Through the forger, who says what it is told."""
    away = browser.get(f"/sign-in/with/forger{query}")
    assert away.status_code == 303, away.text
    asked = {name: value[0] for name, value in parse_qs(urlsplit(away.headers["location"]).query).items()}
    seconds = int(here.clock().timestamp())
    said = {"iss": forger.issuer, "aud": "basic", "sub": "f-1", "iat": seconds, "exp": seconds + 60,
            "nonce": asked["nonce"], "email": "x@people.example", "email_verified": True, **claims}  # fmt: skip
    forger.tokens = {"access_token": "a", "token_type": "Bearer", "id_token": forger.sign(said)}
    return browser.get("/sign-in/with/forger/back", params={"state": asked["state"], "code": "c"})


def connect_link(browser: httpx2.Client, slug: str) -> str:
    """What the button of the security page asks for."""
    found = re.search(rf'href="/sign-in/with/{slug}(\?connect=[^"]+)"', browser.get("/account/security").text)
    assert found
    return html.unescape(found[1])


def disconnect(browser: httpx2.Client, forger: Forger) -> None:
    """Press the button of the security page."""
    csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get("/account/security").text)
    assert csrf
    sent = {"csrf": csrf[1], "issuer": forger.issuer}
    assert browser.post("/account/security/forget-provider", data=sent).status_code == 303


@contextmanager
def ada_and_browser(here: Installation, name: str) -> Iterator[tuple[Known, httpx2.Client]]:
    ada = here.someone(f"{name}@example.org")
    with here.browser() as browser:
        yield ada, browser


def test_a_proved_address_finds_the_account_and_from_then_on_the_identity_does(here: Installation) -> None:
    with ada_and_browser(here, "finds") as (ada, browser):
        answer = there_and_back(browser, "finds", "?next=/book")
        assert (answer.status_code, answer.headers["location"]) == (303, "/book")
        assert opens(browser)
        assert ada.email in browser.get("/account").text
        here.owner("UPDATE users SET email = 'renamed@example.org' WHERE id = %s", ada.user_id)
    with here.browser() as browser:
        assert there_and_back(browser, "finds").status_code == 303
        assert "renamed@example.org" in browser.get("/account").text


def test_whoever_was_not_invited_gets_no_account(here: Installation) -> None:
    with here.browser() as browser:
        answer = there_and_back(browser, "uninvited")
        assert answer.status_code == 403
        assert "invitation" in answer.text
        assert not opens(browser)
    assert here.owner("SELECT 1 FROM users WHERE email = 'uninvited@example.org'") == []


def test_the_second_factor_is_asked_for_after_a_provider_too(here: Installation) -> None:
    here.someone("factor@example.org", app=True)
    here.clock.at = real_now()
    with here.browser() as browser:
        assert there_and_back(browser, "factor").headers["location"] == "/sign-in/code"
        assert not opens(browser)


def test_what_came_back_once_comes_back_to_nothing(here: Installation) -> None:
    with ada_and_browser(here, "replay") as (_, browser):
        away = browser.get("/sign-in/with/example")
        kept = browser.cookies["provider"]
        params = walk_through(away.headers["location"], "replay")
        with here.browser() as other:  # without the cookie of who began
            assert other.get("/sign-in/with/example/back", params=params).headers["location"] == "/sign-in"
            other.get("/sign-in/with/example")  # with a cookie of their own
            assert other.get("/sign-in/with/example/back", params=params).status_code == 403
            assert not opens(other)
        wrong = {**params, "state": params["state"][::-1]}
        assert browser.get("/sign-in/with/example/back", params=wrong).status_code == 403
        assert browser.get("/sign-in/with/forger/back", params=params).status_code == 403, (
            "another provider's"
        )
        assert browser.get("/sign-in/with/example/back", params=params).status_code == 303
        assert opens(browser)
        with here.browser() as thief:  # all that the browser had, once more
            thief.cookies.set("provider", kept, path="/sign-in")
            assert thief.get("/sign-in/with/example/back", params=params).status_code == 403
            assert not opens(thief)
        here.clock.forward(minutes=16)
        browser.cookies.set("provider", kept, path="/sign-in")
        assert browser.get("/sign-in/with/example/back", params=params).headers["location"] == "/sign-in"


def test_an_address_that_is_not_proved_or_only_looks_right_finds_nobody(
    here: Installation, forger: Forger
) -> None:
    kim = here.someone("kim@people.example")
    for claims in ({"email_verified": False}, {"email_verified": "false"}, {"email_verified": None},
                   {"email": "\u212aim@people.example"}, {"email": "kim@people.example\0"}, {"email": ""},
                   {"email": "kim@people.example, eve@evil.example"}, {"email": ["kim@people.example"]},
                   {"email": "k\u0131m@people.example"}, {"email": "\uff4bim@people.example"},
                   {"email": "kim@people\u3002example"}, {"email": "kim@\uff50eople.example"}):  # fmt: skip
        with here.browser() as browser:
            answer = lies(here, forger, browser, **{"email": kim.email, **claims})
            assert answer.status_code == 403, claims
            assert not opens(browser), claims
    assert here.owner("SELECT 1 FROM identities") == []
    with here.browser() as browser:
        assert lies(here, forger, browser, email="Kim@People.Example").status_code == 303
        assert opens(browser)


def test_a_provider_is_connected_only_where_it_was_asked_for_and_lately_proved(
    here: Installation, forger: Forger
) -> None:
    ada, eve = here.someone(), here.someone()
    with here.signed_in(ada) as browser:
        link = connect_link(browser, "forger")
        answer = lies(here, forger, browser, link, sub="ada-there", email="other@elsewhere.example")
        assert answer.headers["location"].startswith("/account/security")
        assert here.emails_to(ada.email), "a new way to sign in is told"
        assert here.owner("SELECT user_id FROM identities WHERE subject = 'ada-there'") == [(ada.user_id,)]
        again = connect_link(browser, "example")
        here.clock.forward(minutes=31)
        assert browser.get(f"/sign-in/with/example{again}").status_code == 403
    here.clock.at = real_now()
    with here.signed_in(eve) as evil:
        theirs = connect_link(evil, "forger")
        answer = lies(here, forger, evil, theirs, sub="ada-there")
        assert answer.status_code == 409, "someone else signs in with that"
        assert here.owner("SELECT user_id FROM identities WHERE subject = 'ada-there'") == [(ada.user_id,)]
        with here.signed_in(ada) as browser:
            assert browser.get(f"/sign-in/with/forger{theirs}").status_code == 403, "another session's"
            assert browser.get("/sign-in/with/forger?connect=x").status_code == 403
    with here.browser() as browser:
        assert browser.get(f"/sign-in/with/forger{theirs}").headers["location"].startswith("/sign-in?next=")
        assert (
            lies(here, forger, browser, sub="ada-there", email_verified=False).headers["location"]
            == "/account"
        )
        assert ada.email in browser.get("/account").text


def test_a_disconnected_provider_opens_nothing_and_its_owner_is_told(
    here: Installation, forger: Forger
) -> None:
    ada, eve = here.someone(), here.someone()
    with here.signed_in(ada) as browser:
        lies(here, forger, browser, connect_link(browser, "forger"), sub="ada-there")
        connected = len(here.emails_to(ada.email))
        with here.signed_in(eve) as other:
            before = len(here.emails_to(eve.email))
            disconnect(other, forger)
        assert here.owner("SELECT user_id FROM identities WHERE subject = 'ada-there'") == [(ada.user_id,)]
        assert len(here.emails_to(eve.email)) == before, "there was nothing to disconnect"
        disconnect(browser, forger)
        assert here.owner("SELECT 1 FROM identities") == []
        assert len(here.emails_to(ada.email)) == connected + 1
    with here.browser() as browser:
        assert lies(here, forger, browser, sub="ada-there", email_verified=False).status_code == 403
        assert not opens(browser)


def test_nobody_connects_their_own_provider_to_an_account_that_is_only_open_nearby(
    here: Installation, forger: Forger
) -> None:
    """A link that someone follows while signed in, or an answer planted in their browser, signs in at most."""
    ada, eve = here.someone(), here.someone("evil@people.example")
    with here.signed_in(ada) as browser:
        answer = lies(here, forger, browser, sub="eves", email=eve.email)
        assert answer.status_code == 303
        assert here.owner("SELECT user_id FROM identities WHERE subject = 'eves'") == [(eve.user_id,)]
        assert eve.email in browser.get("/account").text
    with here.signed_in(here.someone()) as evil, here.signed_in(ada) as browser:
        link = connect_link(evil, "forger")
        away = evil.get(f"/sign-in/with/forger{link}")
        asked = {name: value[0] for name, value in parse_qs(urlsplit(away.headers["location"]).query).items()}
        seconds = int(here.clock().timestamp())
        said = {"iss": forger.issuer, "aud": "basic", "sub": "planted", "iat": seconds, "exp": seconds + 60,
                "nonce": asked["nonce"]}  # fmt: skip
        forger.tokens = {"access_token": "a", "id_token": forger.sign(said)}
        browser.cookies.set("provider", evil.cookies["provider"], path="/sign-in")
        answer = browser.get("/sign-in/with/forger/back", params={"state": asked["state"], "code": "c"})
        assert answer.status_code == 403
        assert here.owner("SELECT 1 FROM identities WHERE subject = 'planted'") == []


def test_a_provider_that_is_unknown_or_down_is_a_sentence(here: Installation, forger: Forger) -> None:
    with here.browser() as browser:
        assert browser.get("/sign-in/with/nobody").status_code == 404
        assert browser.get("/sign-in/with/nobody/back").status_code == 404
        here.clock.forward(hours=2)
        forger.down = True
        try:
            answer = browser.get("/sign-in/with/forger")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        finally:
            forger.down = False
        assert browser.get("/sign-in/with/example", params={"next": "//evil.example"}).status_code == 303
