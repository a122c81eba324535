"""Bearer tokens of outside issuers: Clerk's shape and access tokens, forged ones, keys that change, and a bad day."""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from infra24.auth import BearerRefused, BearerVerifier, Claims, Issuer, ProviderDown
from infra24.outbound import OutboundClient
from tests.auth.servers import Forger, Scenario, by_secret

Told = Callable[[Scenario], Any]
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SITE = "https://bookings.example"


def session(issuer: str, **changed: Any) -> dict[str, Any]:
    """A session token in the shape of Clerk's: a minute long, and `azp` is the site it was issued to."""
    whole = {"azp": SITE, "exp": SECONDS + 60, "fva": [0, -1], "iat": SECONDS, "iss": issuer, "nbf": SECONDS - 10,
             "sid": "sess_2abc", "sts": "active", "sub": "user_2abc", "v": 2, **changed}  # fmt: skip
    return {name: value for name, value in whole.items() if value is not ...}


def access(issuer: str, **changed: Any) -> dict[str, Any]:
    """An access token as RFC 9068 has it."""
    whole = {"iss": issuer, "aud": "https://api.bookings.example", "sub": "ada", "client_id": "app", "jti": "1",
             "iat": SECONDS, "exp": SECONDS + 300, **changed}  # fmt: skip
    return {name: value for name, value in whole.items() if value is not ...}


def clerks(forger: Forger, **more: Any) -> Issuer:
    return Issuer(forger.issuer, jwks_url=f"{forger.issuer}/jwks", azp=(SITE,), allow_http=True, **more)


async def refused(bearers: BearerVerifier, token: str, now: datetime = NOW) -> str:
    with pytest.raises(BearerRefused) as refusal:
        await bearers.verify(token, now)
    return str(refusal.value.details["reason"])


def test_a_session_token_says_who_and_which_session(told: Told, forger: Forger) -> None:
    async def scenario(http: OutboundClient) -> None:
        token = forger.sign(session(forger.issuer), cat="cl_B7d4PD111AAA")
        bearers = BearerVerifier([clerks(forger)], http)
        found = [await bearers.verify(token, NOW) for _ in range(5)]
        assert set(found) == {Claims(forger.issuer, "user_2abc", session="sess_2abc")}
        assert forger.asked == ["/jwks"]

    told(scenario)


def test_a_session_token_for_another_site_or_time_is_refused(told: Told, forger: Forger) -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({"exp": SECONDS - 10}, "exp"), ({"exp": ...}, "exp"), ({"exp": True}, "exp"),
        ({"nbf": SECONDS + 11}, "nbf"), ({"iat": SECONDS + 11}, "iat"),
        ({"azp": "https://elsewhere.example"}, "azp"), ({"azp": ...}, "azp"), ({"azp": [SITE]}, "azp"),
        ({"aud": "someone else"}, "aud"), ({"sub": ...}, "sub"), ({"sub": ""}, "sub"), ({"sub": 7}, "sub"),
        ({"sts": "pending"}, "sts"), ({"iss": "https://elsewhere.example"}, "issuer"), ({"iss": ...}, "issuer"),
        ({"iss": [forger.issuer]}, "issuer"),
    ]  # fmt: skip

    async def scenario(http: OutboundClient) -> None:
        bearers = BearerVerifier([clerks(forger)], http)
        assert await bearers.verify(forger.sign(session(forger.issuer, exp=SECONDS - 9)), NOW)
        for changed, reason in bad:
            assert reason in await refused(bearers, forger.sign(session(forger.issuer, **changed))), changed
        for kind in ("logout+jwt", "dpop+jwt", "secevent+jwt", "x"):
            assert await refused(bearers, forger.sign(session(forger.issuer), typ=kind)) == "shape"
        assert await refused(bearers, forger.sign(session(forger.issuer), typ="at+jwt")) == "aud"

    told(scenario)


def test_an_access_token_is_taken_by_its_audience(told: Told, forger: Forger) -> None:
    async def scenario(http: OutboundClient) -> None:
        issuer = Issuer(forger.issuer, audience="https://api.bookings.example", allow_http=True)
        bearers = BearerVerifier([issuer], http)
        for kind in ("at+jwt", "application/at+JWT"):
            found = await bearers.verify(forger.sign(access(forger.issuer), typ=kind), NOW)
            assert found.subject == "ada"
        both = ["https://other.example", "https://api.bookings.example"]
        assert await bearers.verify(forger.sign(access(forger.issuer, aud=both)), NOW)
        assert forger.asked == ["/.well-known/openid-configuration", "/jwks"]
        for audience in ("https://other.example", [], ..., 7):
            assert "aud" in await refused(bearers, forger.sign(access(forger.issuer, aud=audience)))

    told(scenario)


def test_a_token_that_is_not_of_our_issuers_costs_no_question(told: Told, forger: Forger) -> None:
    other = RSAKey.generate_key(2048, {"kid": "first"})
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    listed = base64.urlsafe_b64encode(b'{"alg":["RS256"]}').decode().rstrip("=")
    deep = base64.urlsafe_b64encode(b"[" * 9000).decode().rstrip("=")
    body = forger.sign(session(forger.issuer)).split(".")[1]
    pem = forger.key.as_pem(private=False)
    secret = by_secret(session(forger.issuer), pem)
    odd = [
        "", ".", "..", "...", "a.b.c", "i24_a-key-of-an-organization", "x" * 100_000, f"{none}.{body}.",
        f"{none}.{body}.c2ln", f"{listed}.{body}.c2ln", f"{deep}.{body}.c2ln", f"{body}.{body}.{body}",
        "é.é.é", "\0", secret, forger.sign(session("https://elsewhere.example"), other),
        f"{body}.{body}",
    ]  # fmt: skip

    async def scenario(http: OutboundClient) -> None:
        bearers = BearerVerifier([clerks(forger)], http)
        for token in odd:
            assert await refused(bearers, token) in ("shape", "issuer")
        assert forger.asked == []
        assert await refused(bearers, forger.sign(session(forger.issuer), other)) == "signature"

    told(scenario)


def test_a_new_key_is_looked_for_once_a_minute(told: Told, forger: Forger) -> None:
    async def scenario(http: OutboundClient) -> None:
        bearers = BearerVerifier([clerks(forger)], http)
        old = forger.sign(session(forger.issuer, exp=SECONDS + 9999))
        await bearers.verify(old, NOW)
        forger.key = RSAKey.generate_key(2048, {"kid": "second"})
        new = forger.sign(session(forger.issuer, exp=SECONDS + 9999))
        found = await asyncio.gather(*(bearers.verify(new, NOW) for _ in range(20)))
        assert len(found) == 20
        assert forger.asked == ["/jwks"] * 2  # one reader at a time, and the others take what it read
        assert await refused(bearers, old) == "signature"  # a key that was taken back is not believed
        unknown = forger.sign(session(forger.issuer, exp=SECONDS + 9999), kid="made up")
        for seconds in (1, 30, 59):
            assert await refused(bearers, unknown, NOW + timedelta(seconds=seconds)) == "signature"
        assert len(forger.asked) == 2
        assert await refused(bearers, unknown, NOW + timedelta(seconds=61)) == "signature"
        assert len(forger.asked) == 3

    told(scenario)


def test_known_keys_serve_an_hour_while_the_issuer_is_down(told: Told, forger: Forger) -> None:
    async def scenario(http: OutboundClient) -> None:
        bearers, token = (
            BearerVerifier([clerks(forger)], http),
            forger.sign(session(forger.issuer, exp=SECONDS + 9999)),
        )
        forger.down = True
        with pytest.raises(ProviderDown):
            await bearers.verify(token, NOW)
        forger.down = False
        start = NOW + timedelta(seconds=11)
        await bearers.verify(token, start)
        forger.down = True
        for minutes in (9, 11, 59):
            await bearers.verify(token, start + timedelta(minutes=minutes))
        assert await refused(bearers, token[:-4] + "AAAA", start + timedelta(minutes=59)) == "signature"
        with pytest.raises(ProviderDown):
            await bearers.verify(token, start + timedelta(minutes=61))

    told(scenario)


def test_keys_are_taken_for_what_they_are(told: Told, forger: Forger) -> None:
    """Of a set only public keys for signatures count, of the right kind and strong enough."""
    curve = ECKey.generate_key("P-256", {"kid": "curve", "use": "sig", "alg": "ES256"})
    for_secrets = RSAKey.generate_key(2048, {"kid": "secrets", "use": "enc"})
    leaked = RSAKey.generate_key(2048, {"kid": "leaked"})
    shared = {"kty": "oct", "kid": "shared", "k": base64.urlsafe_b64encode(b"a" * 32).decode()}
    forger.published = {"keys": [
        forger.key.as_dict(private=False), curve.as_dict(private=False), for_secrets.as_dict(private=False),
        leaked.as_dict(private=True), shared, 7, {}, {"kty": "RSA"}, {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {"kty": "AKP", "alg": "ML-DSA-44"},
    ]}  # fmt: skip
    claims = session(forger.issuer)

    async def scenario(http: OutboundClient) -> None:
        bearers = BearerVerifier([clerks(forger)], http)
        assert await bearers.verify(forger.sign(claims), NOW)
        assert await bearers.verify(forger.sign(claims, curve, alg="ES256"), NOW)
        without = jwt.encode({"alg": "ES256"}, claims, ECKey.import_key(curve.as_pem(private=True)))
        assert await bearers.verify(without, NOW)  # no key named: the one that fits
        for key in (for_secrets, leaked):
            plain = RSAKey.import_key(key.as_pem(private=True), {"kid": str(key.kid)})
            assert await refused(bearers, forger.sign(claims, plain)) == "signature"
        named = ECKey.import_key(curve.as_pem(private=True), {"kid": "first"})
        assert await refused(bearers, forger.sign(claims, named, alg="ES256")) == "signature"
        for published in ({"keys": []}, {"keys": [shared]}, {"keys": "all"}, {}):
            forger.published = published
            with pytest.raises(ProviderDown):
                await BearerVerifier([clerks(forger)], http).verify(forger.sign(claims), NOW)

    told(scenario)


def test_a_token_that_may_be_for_anyone_is_taken_only_when_that_is_said(told: Told, forger: Forger) -> None:
    with pytest.raises(ValueError, match="proves nothing"):
        Issuer(forger.issuer)

    async def scenario(http: OutboundClient) -> None:
        bearers = BearerVerifier([Issuer(forger.issuer, for_anyone=True, allow_http=True)], http)
        assert await bearers.verify(forger.sign(session(forger.issuer, azp=...)), NOW)
        plain = BearerVerifier([Issuer(forger.issuer, for_anyone=True)], http)
        with pytest.raises(ProviderDown):  # plain HTTP is for tests only
            await plain.verify(forger.sign(session(forger.issuer)), NOW)

    told(scenario)


def test_taking_apart_survives_anything(forger: Forger) -> None:
    from hypothesis import given
    from hypothesis import strategies as st

    from infra24.auth.token_issuer import decode_unverified

    values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3)
    objects = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "iss", "crit", "b64"]), values)

    def part(found: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(found).encode()).decode().rstrip("=")

    @given(objects, objects, st.text())
    def tried(header: dict[str, Any], claims: dict[str, Any], tail: str) -> None:
        decode_unverified(f"{part(header)}.{part(claims)}.{tail}")
        decode_unverified(f"{part({**header, 'alg': 'RS256'})}.{part(claims)}.{tail}")
        decode_unverified(tail)

    tried()
