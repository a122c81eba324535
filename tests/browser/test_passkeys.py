"""Passkeys with the browser's own authenticator, on pages of the test's own that use the built script."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from infra24.auth import PasskeyCopied, PasskeyRefused, PasskeysImpossible, passkeys
from infra24.errors import DomainError
from tests.browser.conftest import CHECKOUT

pytestmark = pytest.mark.browser
ADA = b"ada's sixteen b."
CSP = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'"
)
PAGE = """<!doctype html><html lang="en"><title>Passkeys</title><meta name="csrf" content="the-token">
<script type="module" src="/static/{script}"></script><main>
<p id="said" role="alert" hidden></p><p id="who">{who}</p>
<label>E-mail <input name="email" {autocomplete}></label>
<button data-passkey="register" data-options-url="/make" data-done-url="/made" data-say="#said"
  data-failed="It did not work." data-cancelled="Nothing was chosen." data-already="There is one already."
  hidden>Make a passkey</button>
<button data-passkey="sign-in" data-options-url="/ask" data-done-url="/asked" data-say="#said"
  data-failed="It did not work." data-cancelled="Nothing was chosen." hidden>Sign in with a passkey</button>
</main>"""
WITHOUT_JSON = """
delete PublicKeyCredential.parseCreationOptionsFromJSON;
delete PublicKeyCredential.parseRequestOptionsFromJSON;
delete PublicKeyCredential.prototype.toJSON;
"""


class Door:
    """A door as the product has it: keeps the challenge, one passkey, and who signed in."""

    def __init__(self) -> None:
        self.site: passkeys.RelyingParty
        self.challenge = b""
        self.kept: list[passkeys.Passkey] = []
        self.used: list[passkeys.Assertion] = []
        self.answers: list[dict[str, Any]] = []
        self.who = "nobody"

    def page(self, request: Request) -> Response:
        typed = 'autocomplete="username webauthn"' if "typed" in request.query_params else ""
        page = PAGE.format(script="passkeys.js", who=self.who, autocomplete=typed)
        return HTMLResponse(page, headers={"content-security-policy": CSP})

    async def make(self, request: Request) -> Response:
        self._guard(request)
        options, self.challenge = passkeys.registration_options(
            self.site, ADA, "ada@example.org", "Ada", self.kept
        )
        return JSONResponse(json.loads(options))

    async def made(self, request: Request) -> Response:
        self._guard(request)
        self.answers.append(await request.json())
        self.kept.append(passkeys.registered(self.site, self.challenge, self.answers[-1]))
        return JSONResponse({"next": "/?made"})

    async def ask(self, request: Request) -> Response:
        self._guard(request)
        options, self.challenge = passkeys.authentication_options(self.site)
        return JSONResponse(json.loads(options))

    async def asked(self, request: Request) -> Response:
        self._guard(request)
        answer = await request.json()
        self.answers.append(answer)
        offered = passkeys.offered(answer)
        assert offered.user_handle == ADA
        found = next((one for one in self.kept if one.credential_id == offered.credential_id), None)
        if found is None:
            raise PasskeyRefused
        self.used.append(passkeys.authenticated(self.site, self.challenge, found, ADA, answer))
        self.who = "Ada"
        return JSONResponse({"next": "/?in"})

    def _guard(self, request: Request) -> None:
        assert request.headers["x-csrf-token"] == "the-token"
        assert request.headers["content-type"] == "application/json"

    def app(self) -> Starlette:
        async def refuse(_: Request, error: Exception) -> Response:
            assert isinstance(error, DomainError)
            return JSONResponse({"detail": error.message}, 403)

        routes = [
            Route("/", self.page),
            *(Route(f"/{verb.__name__}", verb, methods=["POST"])
              for verb in (self.make, self.made, self.ask, self.asked)),
            Mount("/static", StaticFiles(directory=CHECKOUT / "infra24/web/static")),
        ]  # fmt: skip
        return Starlette(routes=routes, exception_handlers={DomainError: refuse})


@contextmanager
def opened(door: Door) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        base = f"http://localhost:{listener.getsockname()[1]}"
        door.site = passkeys.RelyingParty.of(base, "Bakehouse")
        server = uvicorn.Server(uvicorn.Config(door.app(), log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            yield base
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def door() -> Iterator[tuple[Door, str]]:
    found = Door()
    with opened(found) as base:
        yield found, base


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context()
    yield found
    found.close()


def authenticator(page: Page, **more: Any) -> tuple[Any, str]:
    """A virtual authenticator that holds passkeys and says that it checked the person."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable", {"enableUI": False})
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "isUserVerified": True,
               "hasUserVerification": True, "automaticPresenceSimulation": True, **more}  # fmt: skip
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, made["authenticatorId"]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_passkey_is_made_and_signs_in(
    door: tuple[Door, str], context: BrowserContext, by_hand: bool
) -> None:
    found, base = door
    if by_hand:
        context.add_init_script(WITHOUT_JSON)
    page = context.new_page()
    authenticator(page)
    page.goto(base)
    press(page, "Make a passkey")
    page.wait_for_url("**/?made")
    (kept,) = found.kept
    assert kept.transports == ("internal",)
    press(page, "Sign in with a passkey")
    page.wait_for_url("**/?in")
    assert page.inner_text("#who") == "Ada"
    assert found.used[0].user_verified
    assert found.used[0].sign_count > kept.sign_count
    press(page, "Make a passkey")
    page.get_by_text("There is one already.").wait_for()


def test_what_goes_wrong_is_said_and_nobody_is_signed_in(
    door: tuple[Door, str], context: BrowserContext
) -> None:
    found, base = door
    page = context.new_page()
    devtools, number = authenticator(page)
    page.goto(base)
    assert page.locator("#said").is_hidden()
    press(page, "Make a passkey")
    page.wait_for_url("**/?made")
    found.kept, kept = [], found.kept
    press(page, "Sign in with a passkey")
    page.get_by_text(PasskeyRefused().message).wait_for()
    found.kept = kept
    found.kept = [passkeys.Passkey(kept[0].credential_id, kept[0].public_key, 9)]
    press(page, "Sign in with a passkey")
    page.get_by_text(PasskeyCopied().message).wait_for()
    devtools.send("WebAuthn.clearCredentials", {"authenticatorId": number})
    press(page, "Sign in with a passkey")
    page.get_by_text("Nothing was chosen.").wait_for()
    assert found.who == "nobody"
    assert found.used == []
    page.reload()
    assert page.locator("#said").is_hidden()


def test_an_answer_is_good_for_one_challenge_site_user_and_key(
    door: tuple[Door, str], context: BrowserContext
) -> None:
    found, base = door
    page = context.new_page()
    authenticator(page)
    page.goto(base)
    press(page, "Make a passkey")
    page.wait_for_url("**/?made")
    made, made_for = found.answers[0], found.challenge
    kept, site = found.kept[0], found.site
    press(page, "Sign in with a passkey")
    page.wait_for_url("**/?in")
    answer, challenge = found.answers[1], found.challenge
    assert passkeys.authenticated(site, challenge, kept, ADA, answer).user_verified
    elsewhere = passkeys.RelyingParty.of("https://elsewhere.example", "Elsewhere")
    other_port = passkeys.RelyingParty("localhost", "http://localhost:1", "Other")
    other_key = passkeys.Passkey(b"another", kept.public_key, 0)
    for where, what, key, whose, said in [
        (site, b"another challenge", kept, ADA, answer), (elsewhere, challenge, kept, ADA, answer),
        (other_port, challenge, kept, ADA, answer), (site, challenge, other_key, ADA, answer),
        (site, challenge, kept, b"eve's sixteen b.", answer), (site, challenge, kept, ADA, made),
        (site, challenge, kept, ADA, {}), (site, challenge, kept, ADA, {**answer, "response": {}}),
        (site, challenge, kept, ADA, {**answer, "response": 7}), (site, challenge, kept, ADA, {**answer, "rawId": 7}),
        (site, challenge, kept, ADA, with_part(answer, "signature", b"\x30\x00")),
        (site, challenge, kept, ADA, with_part(answer, "authenticatorData", b"short")),
        (site, challenge, kept, ADA, with_part(answer, "clientDataJSON", b"not json")),
    ]:  # fmt: skip
        with pytest.raises(PasskeyRefused):
            passkeys.authenticated(where, what, key, whose, said)
    with pytest.raises(PasskeyCopied):
        count = passkeys.authenticated(site, challenge, kept, ADA, answer).sign_count
        passkeys.authenticated(
            site, challenge, passkeys.Passkey(kept.credential_id, kept.public_key, count), ADA, answer
        )
    assert passkeys.registered(site, made_for, made) == kept
    for where, what, said in [
        (site, challenge, made), (elsewhere, made_for, made), (site, made_for, answer), (site, made_for, {}),
        (site, made_for, with_part(made, "attestationObject", b"\xa0")), (site, made_for, {**made, "response": []}),
    ]:  # fmt: skip
        with pytest.raises(PasskeyRefused):
            passkeys.registered(where, what, said)


def test_a_passkey_is_offered_where_the_address_is_typed(
    door: tuple[Door, str], context: BrowserContext
) -> None:
    """Nothing is pressed: the browser has been asked quietly, and its authenticator chooses."""
    found, base = door
    page = context.new_page()
    devtools, number = authenticator(page)
    page.goto(base)
    press(page, "Make a passkey")
    page.wait_for_url("**/?made")
    page.goto(base + "/?typed")
    page.wait_for_url("**/?in")
    assert found.used[0].user_verified
    present = "WebAuthn.setAutomaticPresenceSimulation"
    devtools.send(present, {"authenticatorId": number, "enabled": False})
    with page.expect_response("**/ask"):  # a quiet wait begins, and nobody answers it
        page.goto(base + "/?typed")
    devtools.send(present, {"authenticatorId": number, "enabled": True})
    press(page, "Sign in with a passkey")
    page.wait_for_url("**/?in")
    assert len(found.used) == 2


def test_the_buttons_stay_hidden_where_there_are_no_passkeys(
    door: tuple[Door, str], browser: Browser
) -> None:
    _, base = door
    for without, scripts in (("delete window.PublicKeyCredential", True), ("", False)):
        context = browser.new_context(java_script_enabled=scripts)
        if without:
            context.add_init_script(without)
        page = context.new_page()
        page.goto(base, wait_until="networkidle")
        assert page.get_by_role("button").count() == 0
        context.close()


def test_the_site_is_its_public_address() -> None:
    for url, host, origin in (
        ("https://Bookings.Example/", "bookings.example", "https://bookings.example"),
        ("https://bookings.example:443/x", "bookings.example", "https://bookings.example"),
        ("https://bookings.example:8443", "bookings.example", "https://bookings.example:8443"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
        ("https://bücher.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ):
        site = passkeys.RelyingParty.of(url, "Bakehouse")
        assert (site.host, site.origin) == (host, origin)
    for url in (
        "http://bookings.example",
        "http://127.0.0.1:8000",
        "https://10.0.0.1",
        "https://[::1]",
        "",
        "x",
    ):
        with pytest.raises(PasskeysImpossible):
            passkeys.RelyingParty.of(url, "Bakehouse")


def with_part(answer: dict[str, Any], name: str, part: bytes) -> dict[str, Any]:
    text = base64.urlsafe_b64encode(part).decode().rstrip("=")
    return {**answer, "response": {**answer["response"], name: text}}
