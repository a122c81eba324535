"""The pages of an account in a real browser: signing in, the second step, passkeys, security, invitations."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from infra24.people import Role
from infra24.settings import Settings
from tests.browser.conftest import CLOCKS_CHANGE, LOOKS, Visitor
from tests.browser.test_passkeys import authenticator
from tests.factories import Shop, found_shop
from tests.installation import PASSWORD, Installation, Known, installation
from tests.serving import Clock

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def built(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> Iterator[Installation]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("account"), public_url="http://localhost",
                        secret=SecretStr("a secret of the tests, long enough"))  # fmt: skip
    with installation(settings, database_url, clock) as found:
        yield found


@pytest.fixture(scope="module")
def served(built: Installation) -> tuple[str, Settings]:
    """By its name: passkeys are bound to one, and a number has none."""
    return built.base, built.settings


@pytest.fixture
def here(built: Installation) -> Installation:
    built.clock.at = CLOCKS_CHANGE
    built.forget_tries()
    return built


@pytest.fixture
def shop(here: Installation) -> Shop:
    return found_shop(here.url, here.settings, here.clock)


def press(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()


def enter(visitor: Visitor, who: Known, query: str = "") -> None:
    """Sign in as a person does."""
    visitor.goto(f"/sign-in{query}")
    visitor.page.get_by_label("E-mail").fill(who.email)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    press(visitor, "Sign in")


def fine(visitor: Visitor, what: str) -> None:
    """Nobody is shut out of this page, nothing sticks out of it, and it looks like the picture."""
    visitor.picture(what)
    assert visitor.accessible() == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_signing_in_at_every_size(visit: Any, here: Installation, width: int, dark: bool) -> None:
    ada = here.someone("ada.lovelace@people.example", app=True)
    with visit(width, dark=dark) as visitor:
        visitor.goto("/sign-in")
        fine(visitor, "sign-in")
        enter(visitor, Known(ada.user_id, "nobody@people.example", "", None, []))
        visitor.page.get_by_role("alert").wait_for()
        visitor.soon("document.activeElement.getAttribute('role') === 'alert'")
        assert visitor.page.title().startswith("Error:")
        fine(visitor, "sign-in-refused")
        enter(visitor, ada)
        visitor.page.wait_for_url("**/sign-in/code")
        visitor.soon("document.activeElement.id === 'code'")
        fine(visitor, "sign-in-code")
        visitor.page.keyboard.type("000000")
        visitor.page.keyboard.press("Enter")
        visitor.page.get_by_role("alert").wait_for()
        fine(visitor, "sign-in-code-refused")
        visitor.page.get_by_label("The six digits that your app shows").fill(ada.code(here.clock))
        press(visitor, "Continue")
        visitor.page.wait_for_url("**/account")
        fine(visitor, "account")
        here.clock.forward(seconds=30)
        visitor.goto("/account/security")
        fine(visitor, "account-security")
        here.clock.forward(minutes=31)
        visitor.goto("/account/security")
        fine(visitor, "account-security-prove")
    here.owner("DELETE FROM users WHERE id = %s", ada.user_id)


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_a_second_factor_and_a_passkey_are_added_at_every_size(
    visit: Any, here: Installation, width: int, dark: bool
) -> None:
    ada = here.someone()
    with visit(width, dark=dark) as visitor:
        authenticator(visitor.page)
        enter(visitor, ada, "?next=/account/security")
        visitor.page.wait_for_url(f"{visitor.base}/account/security")
        press(visitor, "Set up an app")
        visitor.page.locator("code.secret").wait_for()
        fine(visitor, "account-security-app")
        secret = visitor.page.locator("code.secret").inner_text()
        visitor.page.get_by_label("The six digits that your app shows").fill(
            Known(ada.user_id, "", "", secret, []).code(here.clock)
        )
        press(visitor, "Turn it on")
        assert visitor.page.locator(".codes li").count() == 10
        fine(visitor, "account-security-codes")
        visitor.goto("/account/security")
        press(visitor, "Add a passkey")
        visitor.page.wait_for_url("**/account/security?added=passkey")
        fine(visitor, "account-security-passkey")
        press(visitor, "Add a passkey")
        visitor.page.get_by_text("This device has one already.").wait_for()


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_an_invitation_at_every_size(
    visit: Any, here: Installation, shop: Shop, width: int, dark: bool
) -> None:
    email = f"noor-{width}-{dark}@people.example".lower()
    here.invite(shop, email, Role.INSTRUCTOR)
    link = here.link_to(email)
    with visit(width, dark=dark) as visitor:
        visitor.goto(link)
        fine(visitor, "invitation")
        visitor.page.get_by_label("Your name").fill("Noor New")
        press(visitor, "Accept")
        visitor.page.wait_for_url(f"**/{shop.slug}/bookings")
        visitor.goto(link)
        fine(visitor, "invitation-over")
        other = here.someone()
        here.invite(shop, other.email)
        visitor.goto(here.link_to(other.email))
        fine(visitor, "invitation-for-another")
        press(visitor, "Sign out")
        visitor.page.get_by_text("You have an account already: sign in to it first.").wait_for()
        fine(visitor, "invitation-known")


def test_a_passkey_signs_in_alone_and_as_the_second_step(visit: Any, here: Installation) -> None:
    ada = here.someone()
    with visit(1280) as visitor:
        devtools, number = authenticator(visitor.page)

        def touches(enabled: bool) -> None:  # whoever holds it is quick, where it is offered
            devtools.send(
                "WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": number, "enabled": enabled}
            )

        enter(visitor, ada, "?next=/account/security")
        press(visitor, "Add a passkey")
        visitor.page.wait_for_url("**?added=passkey")
        assert here.emails_to(ada.email)
        codes = visitor.page.locator(".codes li")
        codes.first.wait_for()
        assert codes.count() == 10
        fine(visitor, "account-security-passkey-codes")
        kept = codes.first.inner_text()
        visitor.context.clear_cookies()
        visitor.goto("/sign-in?next=/account/security")
        visitor.page.wait_for_url(
            f"{visitor.base}/account/security"
        )  # the browser offered it where the address is typed
        assert here.owner("SELECT method, has_factor FROM sessions WHERE user_id = %s ORDER BY created_at DESC, "
                          "method LIMIT 1", ada.user_id)[0][1]  # fmt: skip
        touches(False)
        visitor.context.clear_cookies()
        enter(visitor, ada)
        visitor.page.wait_for_url("**/sign-in/code")
        assert visitor.page.get_by_label("One of your codes for when the passkey is lost").is_visible()
        fine(visitor, "sign-in-code-passkey")
        touches(True)
        press(visitor, "Use a passkey")
        visitor.page.wait_for_url("**/account")
        touches(False)
        visitor.context.clear_cookies()
        enter(visitor, ada)
        visitor.page.get_by_label("One of your codes for when the passkey is lost").fill(kept)
        press(visitor, "Continue")
        visitor.page.wait_for_url("**/account")


def test_an_answer_of_a_passkey_is_taken_once(visit: Any, here: Installation) -> None:
    ada = here.someone()
    with visit(1280) as visitor:
        authenticator(visitor.page)
        enter(visitor, ada, "?next=/account/security")
        press(visitor, "Add a passkey")
        visitor.page.wait_for_url("**?added=passkey")
        visitor.context.clear_cookies()
        sent: list[Any] = []
        visitor.page.on(
            "request",
            lambda one: sent.append(one) if one.url.partition("?")[0].endswith("/sign-in/passkey") else None,
        )
        visitor.goto("/sign-in")
        visitor.page.wait_for_url("**/account")
        said, cookies = sent[-1].post_data, sent[-1].all_headers()["cookie"]
        here.owner("UPDATE passkeys SET sign_count = 0 WHERE user_id = %s", ada.user_id)
        with here.browser(cookie=cookies) as thief:
            again = thief.post("/sign-in/passkey", content=said, headers={"content-type": "application/json"})
            assert again.status_code == 403
            assert again.json()["sentence"].startswith("This passkey could not be confirmed")
            spoken = {"content-type": "application/json", "accept-language": "es"}
            assert (
                "llave de acceso"
                in thief.post("/sign-in/passkey", content=said, headers=spoken).json()["sentence"]
            )


def test_everything_is_done_by_keyboard_and_without_scripts(visit: Any, here: Installation) -> None:
    ada = here.someone()
    for scripts in (True, False):
        with visit(390, scripts=scripts) as visitor:
            visitor.goto("/sign-in")
            keys = visitor.page.keyboard
            visitor.page.get_by_label("E-mail").focus()
            keys.type(ada.email)
            keys.press("Tab")
            keys.type(PASSWORD)
            keys.press("Enter")
            visitor.page.wait_for_url("**/account")
            visitor.page.get_by_label("Name").focus()
            keys.press("ControlOrMeta+a")
            keys.type("Ada by Keyboard")
            keys.press("Enter")
            visitor.page.wait_for_url("**/account?done=profile")
            assert visitor.page.get_by_role("status").inner_text() == "Saved."
            visitor.page.get_by_role("link", name="Security").press("Enter")
            visitor.page.get_by_role("button", name="Set up an app").press("Enter")
            visitor.page.locator("code.secret").wait_for()
            if not scripts:
                assert visitor.page.get_by_role("button", name="Add a passkey").count() == 0


def test_it_fits_a_telephone_in_spanish_too(visit: Any, here: Installation) -> None:
    ada = here.someone()
    with visit(390, locale="es-ES") as visitor:
        visitor.goto("/sign-in")
        fine(visitor, "sign-in-es")
        visitor.page.locator("#email").fill(ada.email)
        visitor.page.locator("#password").fill(PASSWORD)
        visitor.page.locator("button[value=password]").click()
        visitor.page.wait_for_url("**/account")
        fine(visitor, "account-es")
        visitor.goto("/account/security?need=1")
        visitor.page.locator("#new_password").fill("0123456789")
        visitor.page.locator("button[formaction$=password]").click()
        visitor.page.locator("#new_password-wrong").wait_for()
        assert "This is" not in visitor.page.inner_text("main")
        fine(visitor, "account-security-es")
