"""An issuer of tokens: what it publishes about itself, and whether it signed a token."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from joserfc.jws import JWSRegistry

from infra24.auth.cached_document import CachedDocument
from infra24.auth.model import ProviderRefused, ProviderUnfit
from infra24.outbound import OutboundClient, is_allowed_url

ALGORITHMS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSAKey),
    **dict.fromkeys(("ES256", "ES384", "ES512"), ECKey),
    "Ed25519": OKPKey,
}
"""What a signature may be made with, and the kind of key it takes. Never `none`, never a shared secret."""

LONGEST = 16 * 1024
"""Characters in a token."""
_MOST_KEYS = 50


class _Registry(JWSRegistry):
    """Headers of our issuers are long, and carry names of their own."""

    max_header_length = 4096


_REGISTRY = _Registry(algorithms=list(ALGORITHMS), strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an issuer publishes about itself, as far as it is used here."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    client_auth: tuple[str, ...]
    names_itself: bool  # sends `iss` with its answer (RFC 9207)


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """A token taken apart and not yet believed: only good for choosing whom to ask."""

    text: str
    algorithm: str
    key_id: str | None
    kind: str
    issuer: str | None


def decode_unverified(text: str) -> UnverifiedToken | None:
    """A token's header and issuer, or None when it does not have a signed token's shape."""
    parts = text.split(".")
    if len(text) > LONGEST or len(parts) != 3 or not all(parts):
        return None
    header, claims = _object(parts[0]), _object(parts[1])
    if header is None or claims is None:
        return None
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        return None
    key_id, kind, issuer = header.get("kid"), header.get("typ", "JWT"), claims.get("iss")
    if not isinstance(kind, str) or not isinstance(key_id, str | None):
        return None
    kind = kind.lower().removeprefix("application/")
    return UnverifiedToken(text, algorithm, key_id, kind, issuer if isinstance(issuer, str) else None)


class TokenIssuer:
    """One issuer. Keep one for as long as the process runs: it remembers what it read."""

    def __init__(self, issuer: str, *, jwks_url: str | None = None, allow_http: bool = False) -> None:
        self.issuer = issuer
        self._allow_http = allow_http
        self._metadata = CachedDocument(
            issuer.rstrip("/") + "/.well-known/openid-configuration", self._read_metadata
        )
        self._keys = None if jwks_url is None else CachedDocument(jwks_url, _read_keys)
        self._discovers = jwks_url is None

    async def metadata(self, client: OutboundClient, now: datetime) -> Metadata:
        """What the issuer publishes; refuses another name, and addresses without HTTPS."""
        self._must_be_askable(self._metadata.url)
        return await self._metadata.current(client, now)

    async def signed(self, client: OutboundClient, token: UnverifiedToken, now: datetime) -> jwt.Token:
        """The token, once the issuer's signature on it is found good. Its claims are still to be checked.

        A key that is not known yet is looked for once more, at most once a minute.
        """
        published = await self._published_keys(client, now)
        keys = await published.current(client, now)
        found = _verified(token, keys)
        if found is None and not _has_key(token, keys):
            newer = await published.newer(client, now, than=keys)
            found = None if newer is None else _verified(token, newer)
        if found is None:
            raise ProviderRefused(reason="signature")
        return found

    async def _published_keys(self, client: OutboundClient, now: datetime) -> CachedDocument[tuple[Key, ...]]:
        if self._discovers:
            url = (await self.metadata(client, now)).jwks_uri
            if self._keys is None or self._keys.url != url:
                self._keys = CachedDocument(url, _read_keys)
        assert self._keys is not None
        self._must_be_askable(self._keys.url)
        return self._keys

    def _must_be_askable(self, url: str) -> None:
        if not is_allowed_url(url, allow_http=self._allow_http):
            raise ProviderUnfit(reason="address")

    def _read_metadata(self, found: dict[str, Any]) -> Metadata:
        if found.get("issuer") != self.issuer:
            raise ProviderUnfit(reason="issuer", says=str(found.get("issuer"))[:200])
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            self._must_be_askable(str(found.get(name, "")))
        userinfo = found.get("userinfo_endpoint")
        if userinfo is not None:
            self._must_be_askable(str(userinfo))
        ways = found.get("token_endpoint_auth_methods_supported")
        return Metadata(
            authorization_endpoint=str(found["authorization_endpoint"]),
            token_endpoint=str(found["token_endpoint"]),
            jwks_uri=str(found["jwks_uri"]),
            userinfo_endpoint=None if userinfo is None else str(userinfo),
            client_auth=tuple(map(str, ways)) if isinstance(ways, list) else ("client_secret_basic",),
            names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        )


def _object(part: str) -> dict[str, Any] | None:
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _read_keys(found: dict[str, Any]) -> tuple[Key, ...]:
    """The public keys for signatures that are understood and strong enough; others are passed over."""
    listed = found.get("keys")
    if not isinstance(listed, list):
        raise ProviderUnfit(reason="no_keys")
    keys = [key for item in listed[:_MOST_KEYS] if (key := _public_key(item)) is not None]
    if not keys:
        raise ProviderUnfit(reason="no_keys")
    return tuple(keys)


def _public_key(item: Any) -> Key | None:
    if not isinstance(item, dict) or item.get("kty") not in ("RSA", "EC", "OKP") or "d" in item:
        return None
    if item["kty"] == "RSA" and not 342 <= len(str(item.get("n", ""))) <= 1366:  # 2048 to 8192 bits
        return None
    try:
        key = import_key(item)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None if isinstance(key, OKPKey) and key.curve_name != "Ed25519" else key


def _fits(token: UnverifiedToken, key: Key) -> bool:
    return (
        isinstance(key, ALGORITHMS[token.algorithm])
        and (token.key_id is None or key.get("kid") == token.key_id)
        and key.get("use", "sig") == "sig"
        and key.get("alg", token.algorithm) in (token.algorithm, "EdDSA")
    )


def _has_key(token: UnverifiedToken, keys: tuple[Key, ...]) -> bool:
    return token.key_id is not None and any(_fits(token, key) for key in keys)


def _verified(token: UnverifiedToken, keys: tuple[Key, ...]) -> jwt.Token | None:
    for key in keys:
        if _fits(token, key):
            try:
                return jwt.decode(token.text, key, registry=_REGISTRY)
            except (JoseError, ValueError, TypeError, RecursionError):
                continue
    return None
