"""Passkeys over HTTP, and what is left to whoever loses theirs."""

import re
from collections.abc import Iterator

import httpx2
import pytest
from pydantic import SecretStr

from infra24.settings import Settings
from tests.auth.authenticator import Authenticator
from tests.installation import Installation, csrf_in, installation
from tests.serving import NOW, Clock


@pytest.fixture(scope="module")
def built(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """By its name: passkeys are bound to one, and a number has none."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("keys"), public_url="http://localhost",
                        secret=SecretStr("a secret of the tests, long enough"))  # fmt: skip
    with installation(settings, database_url, Clock(NOW)) as found:
        yield found


def add_passkey(browser: httpx2.Client, here: Installation) -> list[str]:
    """Add one, and go where the script goes; the codes that the page shows."""
    csrf = csrf_in(browser.get("/account/security").text)
    headers = {"x-csrf-token": csrf}
    options = browser.post("/account/passkeys/options", json={}, headers=headers).json()
    made = Authenticator(here.base).register(options)
    done = browser.post("/account/passkeys", json=made, headers=headers)
    assert done.status_code == 200, done.text
    return codes_in(browser.get(done.json()["next"]).text)


def codes_in(text: str) -> list[str]:
    return re.findall(r"<li><code>([\w-]+)</code>", text)


def press(browser: httpx2.Client, do: str, **fields: str) -> httpx2.Response:
    """A button of the security page."""
    csrf = csrf_in(browser.get("/account/security").text)
    return browser.post(f"/account/security/{do}", data={"csrf": csrf, **fields})


def enter_by_link(browser: httpx2.Client, here: Installation, email: str) -> str:
    """Ask for the link by letter and open it; where that leads."""
    browser.post("/sign-in", data={"email": email, "by": "link"})
    return browser.post(here.link_to(email, "Sign in"), data={}).headers["location"]


def test_the_first_passkey_shows_recovery_codes_once_and_one_opens_the_account(here: Installation) -> None:
    ada = here.someone()
    with here.signed_in(ada) as browser:
        codes = add_passkey(browser, here)
        assert len(codes) == 10
        assert not codes_in(browser.get("/account/security?added=passkey").text)
        assert not add_passkey(browser, here), "the second one leaves them as they are"
    with here.browser() as browser:
        answer = browser.post("/sign-in", data={"email": ada.email, "password": "four horses under water"})
        assert answer.headers["location"] == "/sign-in/code"
        assert "Sign in by a link." not in browser.get("/sign-in/code").text, "there are two passkeys"
        assert browser.post("/sign-in/code", data={"code": codes[0]}).headers["location"] == "/account"


def test_whoever_loses_their_only_passkey_comes_in_by_a_link(here: Installation) -> None:
    ada = here.someone(password=False)
    with here.browser() as browser:
        assert enter_by_link(browser, here, ada.email) == "/account"
        add_passkey(browser, here)
    with here.browser() as browser:
        assert enter_by_link(browser, here, ada.email) == "/account"
        assert here.owner("SELECT has_factor FROM sessions WHERE user_id = %s ORDER BY has_factor",
                          ada.user_id)[0] == (False,)  # fmt: skip
        add_passkey(browser, here)
    here.forget_tries()
    with here.browser() as browser:
        assert enter_by_link(browser, here, ada.email) == "/sign-in/code", "another passkey can answer"


def test_recovery_codes_go_with_the_last_factor_and_no_earlier(here: Installation) -> None:
    bob = here.someone(app=True)
    left = "SELECT count(*) FROM recovery_codes WHERE user_id = %s"
    with here.signed_in(bob) as browser:
        add_passkey(browser, here)
        press(browser, "remove-app")
        assert here.owner(left, bob.user_id) == [(10,)]
        (passkey,) = re.findall(r'name="passkey" value="([^"]+)"', browser.get("/account/security").text)
        press(browser, "remove-passkey", passkey=passkey)
        assert here.owner(left, bob.user_id) == [(0,)]


def test_a_form_at_the_addresses_of_passkeys_is_refused_in_words(here: Installation) -> None:
    with here.signed_in(here.someone()) as browser:
        csrf = csrf_in(browser.get("/account").text)
        for path in ("/sign-in/passkey", "/account/passkeys"):
            assert browser.post(path + "/options", data={"csrf": csrf}).status_code == 200
            answer = browser.post(path, data={"csrf": csrf})
            assert (answer.status_code, "cannot be read" in answer.text) == (422, True), path
