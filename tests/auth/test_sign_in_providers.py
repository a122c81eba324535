"""Signing in at an OpenID Connect provider: the certified one as it is, and a forger for what it would never send."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from infra24.auth import (
    AuthorizationRequest,
    Claims,
    OidcClient,
    Provider,
    ProviderDown,
    ProviderRefused,
    ProviderUnfit,
    SignInDeclined,
)
from infra24.outbound import OutboundClient
from tests.auth.servers import REDIRECT, Forger, Scenario, by_secret, certified, walk_through
from tests.serving import free_port

Told = Callable[[Scenario], Any]
SECRET = "a secret: with+marks/and %"


def at(issuer: str, client: str = "basic", **more: Any) -> Provider:
    return Provider("example", "Example", issuer, client, SECRET, allow_http=True, **more)


@pytest.mark.parametrize(("client", "lean"), [("basic", False), ("post", True)])
def test_someone_signs_in_at_a_certified_provider(told: Told, client: str, lean: bool) -> None:
    async def scenario(http: OutboundClient) -> Any:
        provider = at(issuer, client, client_auth=f"client_secret_{client}")
        sign_in = OidcClient(provider, http)
        now = datetime.now(UTC)
        url, pending = await sign_in.begin(REDIRECT, now, login_hint="ada@example.org")
        assert "code_challenge_method=S256" in url
        assert pending.verifier not in url
        kept = AuthorizationRequest(**json.loads(json.dumps(asdict(pending))))
        params = await asyncio.to_thread(walk_through, url, "ada")
        assert params["iss"] == issuer
        claims = await sign_in.finish(REDIRECT, kept, params, now)
        with pytest.raises(ProviderRefused, match="once more"):  # a code is good once
            await sign_in.finish(REDIRECT, kept, params, now)
        return claims

    with certified(free_port(), lean=lean) as issuer:
        assert told(scenario) == Claims(issuer, "ada", "ada@example.org", True, "ada Example")


def test_what_a_browser_brings_back_is_held_to_what_was_asked(told: Told) -> None:
    async def scenario(http: OutboundClient) -> None:
        now = datetime.now(UTC)
        sign_in = OidcClient(at(issuer), http)
        url, pending = await sign_in.begin(REDIRECT, now)
        params = await asyncio.to_thread(walk_through, url, "ada")
        bad: list[tuple[AuthorizationRequest, dict[str, str], str]] = [
            (replace(pending, state="another"), params, "state"),
            (replace(pending, provider="another"), params, "state"),
            (pending, {**params, "state": ""}, "state"),
            (pending, {key: params[key] for key in ("code", "iss")}, "state"),
            (pending, {key: params[key] for key in ("code", "state")}, "issuer"),
            (pending, {**params, "iss": "https://elsewhere.example"}, "issuer"),
            (pending, {**params, "code": ""}, "no_code"),
            (pending, {**params, "error": "invalid_scope"}, "no_code"),
            (pending, {**params, "code": "made up"}, "code"),
            (replace(pending, verifier="another" * 8), params, "code"),
        ]
        for kept, brought, reason in bad:
            with pytest.raises(ProviderRefused) as refused:
                await sign_in.finish(REDIRECT, kept, brought, now)
            assert refused.value.details["reason"] == reason
        url, pending = await sign_in.begin(REDIRECT, now)
        left = await asyncio.to_thread(walk_through, url, "ada", leave=True)
        with pytest.raises(SignInDeclined):
            await sign_in.finish(REDIRECT, pending, left, now)
        url, pending = await sign_in.begin(REDIRECT, now)
        params = await asyncio.to_thread(walk_through, url, "ada")
        with pytest.raises(ProviderRefused) as refused:
            await sign_in.finish(REDIRECT, replace(pending, nonce="another"), params, now)
        assert refused.value.details["reason"] == "nonce"
        wrong = OidcClient(replace(at(issuer), client_secret="wrong"), http)
        url, pending = await wrong.begin(REDIRECT, now)
        params = await asyncio.to_thread(walk_through, url, "ada")
        with pytest.raises(ProviderUnfit):
            await wrong.finish(REDIRECT, pending, params, now)

    with certified(free_port()) as issuer:
        told(scenario)


def test_a_certified_provider_may_change_its_keys(told: Told) -> None:
    """The same sign-in lives through a restart with another key, and says so while nobody is there."""
    port = free_port()

    async def scenario(http: OutboundClient) -> list[Claims]:
        sign_in, now, seen = OidcClient(at(f"http://localhost:{port}"), http), datetime.now(UTC), []
        for _ in range(2):
            with certified(port):
                url, pending = await sign_in.begin(REDIRECT, now)
                params = await asyncio.to_thread(walk_through, url, "ada")
                seen.append(await sign_in.finish(REDIRECT, pending, params, now))
        url, pending = await sign_in.begin(REDIRECT, now)  # what it publishes is still remembered
        with pytest.raises(ProviderDown) as down:
            await sign_in.finish(REDIRECT, pending, {**params, "state": pending.state}, now)
        assert "try again" in down.value.message.lower()
        return seen

    first, second = told(scenario)
    assert first == second


class Tale:
    """A sign-in at the forger, up to the token that it sends."""

    def __init__(self, forger: Forger, http: OutboundClient) -> None:
        self.forger, self.now = forger, datetime.now(UTC)
        self.sign_in = OidcClient(at(forger.issuer), http)

    def claims(self, pending: AuthorizationRequest, **changed: Any) -> dict[str, Any]:
        seconds = int(self.now.timestamp())
        whole = {"iss": self.forger.issuer, "aud": "basic", "sub": "ada", "iat": seconds, "exp": seconds + 60,
                 "nonce": pending.nonce, "email": "ada@example.org", "email_verified": True, **changed}  # fmt: skip
        return {name: value for name, value in whole.items() if value is not ...}

    async def with_claims(self, **changed: Any) -> Claims:
        _, pending = await self.sign_in.begin(REDIRECT, self.now)
        self.forger.tokens = {"access_token": "a-token", "token_type": "Bearer",
                              "id_token": self.forger.sign(self.claims(pending, **changed))}  # fmt: skip
        return await self.finished(pending)

    async def with_token(self, make: Callable[[dict[str, Any]], Any]) -> Claims:
        _, pending = await self.sign_in.begin(REDIRECT, self.now)
        self.forger.tokens = {"access_token": "a-token", "id_token": make(self.claims(pending))}
        return await self.finished(pending)

    async def finished(self, pending: AuthorizationRequest) -> Claims:
        params = {"state": pending.state, "code": "code"}
        return await self.sign_in.finish(REDIRECT, pending, params, self.now)


def _half(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).decode().rstrip("=")


def test_only_the_token_that_was_asked_for_is_believed(told: Told, forger: Forger) -> None:
    async def scenario(http: OutboundClient) -> None:
        tale = Tale(forger, http)
        now = int(tale.now.timestamp())
        good: list[dict[str, Any]] = [
            {}, {"exp": now - 50}, {"iat": now + 50}, {"nbf": now + 50}, {"aud": ["basic"]},
            {"aud": ["basic", "other"], "azp": "basic"}, {"at_hash": _half("a-token")},
        ]  # fmt: skip
        for changed in good:
            assert (await tale.with_claims(**changed)).subject == "ada", changed
        bad: list[tuple[dict[str, Any], str]] = [
            ({"exp": now - 61}, "exp"), ({"exp": ...}, "exp"), ({"exp": "soon"}, "exp"),
            ({"exp": float("nan")}, "exp"),
            ({"iat": now + 61}, "iat"), ({"iat": ...}, "iat"), ({"nbf": now + 61}, "nbf"),
            ({"aud": "other"}, "aud"), ({"aud": []}, "aud"), ({"aud": ...}, "aud"),
            ({"aud": ["basic", "other"]}, "azp"), ({"azp": "other"}, "azp"),
            ({"iss": "https://elsewhere.example"}, "iss"), ({"iss": forger.issuer + "/"}, "iss"),
            ({"iss": ...}, "iss"), ({"nonce": "another"}, "nonce"), ({"nonce": ...}, "nonce"),
            ({"sub": ""}, "sub"), ({"sub": 7}, "sub"), ({"sub": ...}, "sub"), ({"sub": "a" * 256}, "sub"),
            ({"at_hash": _half("another")}, "at_hash"),
        ]  # fmt: skip
        for changed, reason in bad:
            with pytest.raises(ProviderRefused) as refused:
                await tale.with_claims(**changed)
            assert reason in refused.value.details["reason"], changed

    told(scenario)


def test_only_the_providers_own_signature_is_believed(told: Told, forger: Forger) -> None:
    other = RSAKey.generate_key(2048, {"kid": "first"})
    pem = forger.key.as_pem(private=False)
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")

    def unsigned(claims: dict[str, Any], tail: str = "") -> str:
        return f"{none}.{forger.sign(claims).split('.')[1]}.{tail}"

    def changed(claims: dict[str, Any]) -> str:
        head, _, tail = forger.sign(claims).split(".")
        body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "eve"}).encode()).decode().rstrip("=")
        return f"{head}.{body}.{tail}"

    def with_public_key_as_secret(claims: dict[str, Any]) -> str:
        return by_secret(claims, pem)

    def with_key_in_header(claims: dict[str, Any]) -> str:
        return forger.sign(
            claims, other, jwk=other.as_dict(private=False), jku="https://elsewhere.example/jwks"
        )

    forgeries: list[Callable[[dict[str, Any]], Any]] = [
        unsigned, lambda claims: unsigned(claims, "c2ln"), changed, with_key_in_header, with_public_key_as_secret,
        lambda claims: forger.sign(claims, other),
        lambda claims: forger.sign(claims, kid="unknown"),
        lambda claims: forger.sign(claims, alg="RS256", typ="logout+jwt"),
        lambda claims: forger.sign(claims, crit=["odd"], odd=1),
        lambda claims: forger.sign(claims) + ".more", lambda claims: "x" * 20_000,
        lambda _: None, lambda _: 7, lambda _: "", lambda _: "a.b.c", lambda _: "e30.e30.e30",
    ]  # fmt: skip

    async def scenario(http: OutboundClient) -> None:
        tale = Tale(forger, http)
        assert (await tale.with_token(forger.sign)).subject == "ada"
        for forge in forgeries:
            with pytest.raises(ProviderRefused):
                await tale.with_token(forge)

    told(scenario)


def test_what_is_said_beside_the_token_counts_only_for_the_same_person(told: Told, forger: Forger) -> None:
    async def scenario(http: OutboundClient) -> None:
        tale = Tale(forger, http)
        forger.user_info = {
            "sub": "ada",
            "email": "ada@example.org",
            "email_verified": "true",
            "name": " Ada ",
        }
        found = await tale.with_claims(email=...)
        assert (found.email, found.email_verified, found.name) == ("ada@example.org", True, "Ada")
        forger.user_info = {"sub": "eve", "email": "eve@example.org", "email_verified": True}
        found = await tale.with_claims(email=...)
        assert (found.email, found.email_verified) == (None, False)
        for unsure in (False, "false", 1.5, None, [True]):
            assert not (await tale.with_claims(email_verified=unsure)).email_verified

    told(scenario)


def test_a_provider_that_is_not_what_its_settings_say_is_not_used(told: Told, forger: Forger) -> None:
    whole = dict(forger.metadata)
    unfit: list[dict[str, Any]] = [
        {"issuer": forger.issuer + "/"}, {"issuer": "https://elsewhere.example"}, {"issuer": None},
        {"authorization_endpoint": "javascript:alert(1)"}, {"authorization_endpoint": None},
        {"token_endpoint": "http://elsewhere.example/token"}, {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "http://10.0.0.1/jwks"}, {"userinfo_endpoint": "http://elsewhere.example/me"},
        {"token_endpoint": "https://user:word@elsewhere.example/"},
    ]  # fmt: skip

    async def scenario(http: OutboundClient) -> None:
        now = datetime.now(UTC)
        for changed in unfit:
            forger.metadata = {**whole, **changed}
            with pytest.raises(ProviderUnfit):
                await OidcClient(at(forger.issuer), http).begin(REDIRECT, now)
        forger.metadata, before = whole, len(forger.asked)
        with pytest.raises(ProviderUnfit):  # plain HTTP is for tests only, and then nobody is asked
            await OidcClient(replace(at(forger.issuer), allow_http=False), http).begin(REDIRECT, now)
        assert len(forger.asked) == before
        assert "secret" not in repr(at(forger.issuer)).lower()

    told(scenario)


def test_a_provider_is_asked_in_bounds(told: Told, forger: Forger) -> None:
    """It may be down, slow to end, huge, elsewhere or nonsense: each is a sentence and none is followed."""
    path = "/.well-known/openid-configuration"
    answers: list[tuple[int, dict[str, str], bytes]] = [
        (302, {"location": forger.issuer + "/other"}, b""),
        (200, {}, b"[]"), (200, {}, b"not json"), (200, {}, b"\xff\xfe"), (200, {}, b"[" * 100_000),
        (200, {}, b" " * 300_000 + json.dumps(forger.metadata).encode()),
        (200, {"content-encoding": "gzip"}, b"\x1f\x8b"),
        (404, {}, json.dumps(forger.metadata).encode()), (429, {}, b"{}"), (500, {}, b"{}"),
    ]  # fmt: skip

    async def scenario(http: OutboundClient) -> None:
        for answer in answers:
            forger.raw[path] = answer
            with pytest.raises(ProviderDown):
                await OidcClient(at(forger.issuer), http).begin(REDIRECT, datetime.now(UTC))
        assert "/other" not in forger.asked

    told(scenario)


def test_nothing_that_one_answer_set_is_sent_for_another(told: Told, forger: Forger) -> None:
    path = "/.well-known/openid-configuration"
    forger.raw[path] = (200, {"set-cookie": "whose=ada"}, json.dumps(forger.metadata).encode())

    async def scenario(http: OutboundClient) -> None:
        tale = Tale(forger, http)
        assert (await tale.with_claims()).subject == "ada"
        assert forger.cookies == []

    told(scenario)


def test_what_a_provider_publishes_is_read_seldom(told: Told, forger: Forger) -> None:
    async def scenario(http: OutboundClient) -> None:
        tale = Tale(forger, http)
        start = tale.now
        await asyncio.gather(*(tale.sign_in.begin(REDIRECT, start) for _ in range(20)))
        assert len(forger.asked) == 1
        await tale.sign_in.begin(REDIRECT, start + timedelta(minutes=9))
        assert len(forger.asked) == 1
        forger.down = True
        for minutes in (11, 30, 59):
            await tale.sign_in.begin(REDIRECT, start + timedelta(minutes=minutes))
        with pytest.raises(ProviderDown):
            await tale.sign_in.begin(REDIRECT, start + timedelta(minutes=61))
        asked = len(forger.asked)
        with pytest.raises(ProviderDown):
            await tale.sign_in.begin(REDIRECT, start + timedelta(minutes=61, seconds=5))
        assert len(forger.asked) == asked  # it was down five seconds ago
        forger.down = False
        await tale.sign_in.begin(REDIRECT, start + timedelta(minutes=61, seconds=11))

    told(scenario)
