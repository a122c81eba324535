"""Signing in at any OpenID Connect provider, found by discovery: code flow with PKCE, state, nonce."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from infra24.auth import http_client
from infra24.auth.model import (
    Claims,
    ProviderDown,
    ProviderRefused,
    ProviderUnfit,
    SignInDeclined,
)
from infra24.auth.token_issuer import Metadata, TokenIssuer, decode_unverified
from infra24.outbound import OutboundClient

LEEWAY_SECONDS = 60
_DECLINED = ("access_denied", "login_required", "interaction_required", "consent_required")


@dataclass(frozen=True, slots=True)
class Provider:
    """Where people may sign in. `issuer` is exactly what the provider calls itself.

    `client_auth` is how this site proves itself there, where the provider wants one way only:
    client_secret_basic or client_secret_post.
    """

    slug: str
    title: str
    issuer: str
    client_id: str
    client_secret: str | None = None
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    client_auth: str | None = None
    allow_http: bool = False

    def __repr__(self) -> str:
        return f"Provider({self.slug!r}, {self.issuer!r})"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A sign-in that has begun. Keep it sealed in the browser that began it, and use it once."""

    provider: str
    state: str
    nonce: str
    verifier: str


class OidcClient:
    """Signing in at one provider. Keep one while the process runs: it remembers what it read."""

    def __init__(self, provider: Provider, client: OutboundClient) -> None:
        self.provider = provider
        self._client = client
        self._authority = TokenIssuer(provider.issuer, allow_http=provider.allow_http)

    async def discover(self, now: datetime) -> Metadata:
        """What the provider publishes; refuses when it is down or not what the settings say."""
        return await self._authority.metadata(self._client, now)

    async def begin(
        self, redirect_uri: str, now: datetime, *, login_hint: str | None = None
    ) -> tuple[str, AuthorizationRequest]:
        """Where to send the browser, and what to keep until it comes back to `redirect_uri`."""
        found = await self.discover(now)
        pending = AuthorizationRequest(self.provider.slug, *(secrets.token_urlsafe(32) for _ in range(3)))
        url = prepare_grant_uri(
            found.authorization_endpoint,
            self.provider.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=" ".join(dict.fromkeys(("openid", *self.provider.scopes))),
            state=pending.state,
            nonce=pending.nonce,
            code_challenge=create_s256_code_challenge(pending.verifier),
            code_challenge_method="S256",
            login_hint=login_hint,
        )
        return str(url), pending

    async def finish(
        self, redirect_uri: str, pending: AuthorizationRequest, params: Mapping[str, str], now: datetime
    ) -> Claims:
        """Who came back. Refuses another's answer, another provider's, and a bad token."""
        found = await self.discover(now)
        code = self._code(found, pending, params)
        tokens = await self._exchange(found, redirect_uri, code, pending.verifier)
        said = await self._id_token(tokens, pending.nonce, now)
        if said.get("email") is None and "email" in self.provider.scopes:
            said |= await self._user_info(found, tokens, said["sub"])
        return _claims(self.provider.issuer, said)

    def _code(self, found: Metadata, pending: AuthorizationRequest, params: Mapping[str, str]) -> str:
        if pending.provider != self.provider.slug or not _same(params.get("state", ""), pending.state):
            raise ProviderRefused(reason="state")
        issuer = params.get("iss")
        if issuer != self.provider.issuer and (issuer is not None or found.names_itself):
            raise ProviderRefused(reason="issuer")
        error = params.get("error")
        if error in _DECLINED:
            raise SignInDeclined(reason="declined")
        if error in ("server_error", "temporarily_unavailable"):
            raise ProviderDown(reason="failing")
        code = params.get("code", "")
        if error or not 0 < len(code) <= 4096:
            raise ProviderRefused(reason="no_code")
        return code

    async def _exchange(self, found: Metadata, redirect_uri: str, code: str, verifier: str) -> dict[str, Any]:
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier
        )
        _, headers, form = self._client_auth(found).prepare("POST", found.token_endpoint, {}, body)
        headers = {str(name): str(value) for name, value in headers.items()}
        status, tokens = await http_client.fetch(
            self._client, found.token_endpoint, form=form, headers=headers
        )
        if status == 200:
            return tokens
        if tokens.get("error") == "invalid_grant":  # used already, too late, or another's
            raise ProviderRefused(reason="code")
        raise ProviderUnfit(reason="token_endpoint", says=str(tokens.get("error"))[:100])

    def _client_auth(self, found: Metadata) -> ClientAuth:
        known, secret = self.provider.client_id, self.provider.client_secret
        if not secret:
            return ClientAuth(known, None, "none")
        way = self.provider.client_auth or (
            "client_secret_basic" if "client_secret_basic" in found.client_auth else "client_secret_post"
        )
        if way == "client_secret_basic":  # RFC 6749 section 2.3.1: encoded as in a form, then joined
            return ClientAuth(quote_plus(known), quote_plus(secret), way)
        return ClientAuth(known, secret, way)

    async def _id_token(self, tokens: dict[str, Any], nonce: str, now: datetime) -> dict[str, Any]:
        text = tokens.get("id_token")
        token = decode_unverified(text) if isinstance(text, str) else None
        if token is None:
            raise ProviderRefused(reason="id_token")
        if token.kind != "jwt":
            raise ProviderRefused(reason="kind")
        signed = await self._authority.signed(self._client, token, now)
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            {
                "iss": {"essential": True, "value": self.provider.issuer},
                "aud": {"essential": True, "value": self.provider.client_id},
                "sub": {"essential": True},
            },
            {
                "nonce": nonce,
                "client_id": self.provider.client_id,
                "access_token": tokens.get("access_token"),
            },
        )
        try:
            claims.validate(int(now.timestamp()), LEEWAY_SECONDS)
        except JoseError as error:
            raise ProviderRefused(reason=str(getattr(error, "claim", None) or error.error)) from error
        except (TypeError, ValueError) as error:
            raise ProviderRefused(reason="claims") from error
        if len(claims["sub"]) > 255 or "\0" in claims["sub"]:
            raise ProviderRefused(reason="sub")
        return dict(claims)

    async def _user_info(self, found: Metadata, tokens: dict[str, Any], subject: str) -> dict[str, Any]:
        """What the provider says besides the token; nothing, when it does not say it of the same person."""
        access = tokens.get("access_token")
        if found.userinfo_endpoint is None or not isinstance(access, str) or not access.isascii():
            return {}
        headers = {"authorization": f"Bearer {access}"}
        try:
            status, said = await http_client.fetch(self._client, found.userinfo_endpoint, headers=headers)
        except ProviderUnfit:  # it answers signed or encrypted: not asked for, not needed
            return {}
        if status != 200 or said.get("sub") != subject:
            return {}
        return {name: said[name] for name in ("email", "email_verified", "name") if name in said}


def _claims(issuer: str, said: dict[str, Any]) -> Claims:
    email, name = said.get("email"), said.get("name")
    email = email.strip() if isinstance(email, str) and 3 <= len(email) <= 254 else None
    return Claims(
        issuer=issuer,
        subject=said["sub"],
        email=email,
        # Some providers write the word instead of the value.
        email_verified=email is not None and said.get("email_verified") in (True, "true"),
        name=name.strip()[:200] or None if isinstance(name, str) else None,
    )


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())
