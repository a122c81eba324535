"""Bearer tokens of a configured issuer over HTTP: whose identity is connected acts as that member, nobody else."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from infra24.auth.bearer import Issuer
from infra24.people import Role
from infra24.settings import Settings
from tests import loopback
from tests.auth.servers import Forger, forging
from tests.factories import Shop, found_shop
from tests.installation import Installation, installation
from tests.serving import NOW, Clock

SITE = "https://bookings.example"
SECONDS = int(NOW.timestamp())


@pytest.fixture(scope="module")
def forger() -> Iterator[Forger]:
    with forging() as found:
        yield found


@pytest.fixture(scope="module")
def built(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, forger: Forger
) -> Iterator[Installation]:
    issuer = Issuer(forger.issuer, jwks_url=f"{forger.issuer}/jwks", azp=(SITE,), allow_http=True)
    settings = Settings(data_dir=tmp_path_factory.mktemp("bearer"), issuers=(issuer,),
                        secret=SecretStr("a secret of the tests, long enough"))  # fmt: skip
    with installation(settings, database_url, Clock(NOW)) as found:
        yield found


@pytest.fixture
def shop(here: Installation) -> Shop:
    return found_shop(here.url, here.settings, here.clock)


def token(forger: Forger, subject: str, key: RSAKey | None = None, **changed: Any) -> str:
    """A session token in Clerk's shape."""
    claims = {"azp": SITE, "iss": forger.issuer, "sub": subject, "iat": SECONDS, "nbf": SECONDS, "exp": SECONDS + 60,
              "sid": "sess_1", "email": f"{subject}@people.example", "email_verified": True, **changed}  # fmt: skip
    return forger.sign({name: value for name, value in claims.items() if value is not ...}, key)


def ask(here: Installation, path: str, text: str, method: str = "GET", **more: Any) -> httpx2.Response:
    return loopback.request(
        method, here.base + path, headers={"authorization": f"Bearer {text}"}, timeout=30, **more
    )


def connected(here: Installation, forger: Forger, subject: str, **more: Any) -> None:
    someone = here.someone(**more)
    here.owner("INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (%s, %s, %s, now())",
               forger.issuer, subject, someone.user_id)  # fmt: skip


def test_a_token_acts_as_the_member_whose_identity_is_connected(
    here: Installation, forger: Forger, shop: Shop
) -> None:
    connected(here, forger, "staff", shop=shop, role=Role.STAFF)
    connected(here, forger, "member", shop=shop, role=Role.MEMBER)
    events = f"/api/organizations/{shop.slug}/booking-links"
    assert ask(here, events, token(forger, "staff")).status_code == 200
    assert ask(here, "/api/bookings", token(forger, "staff")).status_code == 200
    assert ask(here, events, token(forger, "member")).status_code == 403
    other = found_shop(here.url, here.settings, here.clock)
    assert (
        ask(here, f"/api/organizations/{other.slug}/booking-links", token(forger, "staff")).status_code == 404
    )
    path = f"/api/organizations/{shop.slug}/locations"
    made = ask(here, path, token(forger, "staff"), "POST", json={"name": "Hall", "address": ""})
    assert made.status_code == 403, (
        "staff may not, and no x-csrf-token was asked for: no browser sends this by itself"
    )
    here.owner("UPDATE memberships SET role = 'owner' WHERE org_id = %s AND role = 'staff'", shop.org_id)
    assert (
        ask(here, path, token(forger, "staff"), "POST", json={"name": "Hall", "address": ""}).status_code
        == 201
    )
    said = here.owner("SELECT actor ->> 'kind' FROM audit_entries WHERE org_id = %s AND subject = 'location' "
                      "ORDER BY seq DESC LIMIT 1", shop.org_id)  # fmt: skip
    assert said == [("user",)]


def test_others_are_not_let_in(here: Installation, forger: Forger, shop: Shop) -> None:
    connected(here, forger, "ada", shop=shop, role=Role.STAFF)
    known = here.someone("eve@people.example", shop=shop, role=Role.OWNER)
    path = f"/api/organizations/{shop.slug}/booking-links"
    other = RSAKey.generate_key(2048, {"kid": "first"})
    bad = [token(forger, "eve"), token(forger, "ada", other), token(forger, "ada", exp=SECONDS - 30),
           token(forger, "ada", azp="https://elsewhere.example"), token(forger, "ada", azp=...),
           token(forger, "ada", iss="https://elsewhere.example"), token(forger, "ada", nbf=SECONDS + 60),
           token(forger, "ada", sub=...), token(forger, "ada", sub="ada\0"), token(forger, "ada", sts="pending"),
           token(forger, "ada")[:-4] + "AAAA", "a.b.c", "..", "x.y.z" * 5_000]  # fmt: skip
    for text in bad:
        answer = ask(here, path, text)
        assert answer.status_code == 401, (text[:60], answer.text)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
    assert known.email == "eve@people.example", "an address in a token of that issuer finds nobody"


def test_a_token_cannot_change_how_its_owner_signs_in(here: Installation, forger: Forger, shop: Shop) -> None:
    """It is of another site's making: whoever holds one has proved nothing here."""
    connected(here, forger, "grave", shop=shop, role=Role.OWNER)
    here.owner("UPDATE users SET created_at = %s", NOW)
    text = token(forger, "grave")
    for name, data in (("password", {"new_password": "nine lamps in a quiet harbour"}), ("begin-app", {})):
        assert ask(here, f"/account/security/{name}", text, "POST", data=data).status_code == 403
    assert ask(here, "/account/email", text, "POST", data={"email": "eve@evil.example"}).status_code == 403
    assert ask(here, "/account/passkeys/options", text, "POST", json={}).status_code == 403


def test_a_bearer_token_wins_over_a_cookie_and_never_both(
    here: Installation, forger: Forger, shop: Shop
) -> None:
    ada = here.someone(shop=shop, role=Role.OWNER)
    with here.signed_in(ada) as browser:
        path = f"/api/organizations/{shop.slug}/booking-links"
        assert browser.get(path).status_code == 200
        assert (
            browser.get(path, headers={"authorization": f"Bearer {token(forger, 'unknown')}"}).status_code
            == 401
        )
        assert browser.get(path, headers={"authorization": "Bearer nonsense"}).status_code == 401


def test_an_issuer_that_is_down_is_no_refusal(here: Installation, forger: Forger, shop: Shop) -> None:
    connected(here, forger, "later", shop=shop, role=Role.STAFF)
    here.clock.forward(hours=3)
    forger.down = True
    try:
        later = SECONDS + 3 * 3_600
        text = token(forger, "later", iat=later, nbf=later, exp=later + 60)
        answer = ask(here, "/api/bookings", text)
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
    finally:
        forger.down = False
