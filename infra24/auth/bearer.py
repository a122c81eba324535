"""Bearer tokens of outside issuers, session or access tokens, checked against the keys they publish."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwt import ClaimsOption, JWTClaimsRegistry

from infra24.auth.model import BearerRefused, Claims, ProviderRefused
from infra24.auth.token_issuer import TokenIssuer, decode_unverified
from infra24.outbound import OutboundClient

LEEWAY_SECONDS = 10
"""Session tokens may live for a minute only: no more than clocks really differ."""

_KINDS = ("jwt", "at+jwt")


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are taken. Without `jwks_url` its keys are found by discovery.

    A token must be meant for us: by `audience`, or by `azp`, the sites that it may have been issued to.
    `for_anyone` says that every token of this issuer is, as with an emulator.
    """

    issuer: str
    jwks_url: str | None = None
    audience: str | None = None
    azp: tuple[str, ...] = ()
    for_anyone: bool = False
    allow_http: bool = False

    def __post_init__(self) -> None:
        if not (self.audience or self.azp or self.for_anyone):
            raise ValueError("a token that may be meant for another site proves nothing: set audience or azp")


class BearerVerifier:
    """The issuers whose tokens are taken. Keep one while the process runs: it remembers their keys."""

    def __init__(self, issuers: Iterable[Issuer], client: OutboundClient) -> None:
        self._client = client
        self._issuers = {
            issuer.issuer: (
                issuer,
                TokenIssuer(issuer.issuer, jwks_url=issuer.jwks_url, allow_http=issuer.allow_http),
            )
            for issuer in issuers
        }

    async def verify(self, text: str, now: datetime) -> Claims:
        """Who a token speaks for. Refuses every other, and asks nobody about one of another issuer."""
        token = decode_unverified(text)
        if token is None or token.kind not in _KINDS:
            raise BearerRefused(reason="shape")
        issuer, authority = self._issuers.get(token.issuer or "", (None, None))
        if issuer is None or authority is None:
            raise BearerRefused(reason="issuer")
        try:
            signed = await authority.signed(self._client, token, now)
        except ProviderRefused as refusal:
            raise BearerRefused(**refusal.details) from refusal
        _check(issuer, token.kind, signed.claims, now)
        return _claims(signed.claims)


def _check(issuer: Issuer, kind: str, claims: dict[str, Any], now: datetime) -> None:
    wanted: dict[str, ClaimsOption] = {
        "iss": {"essential": True, "value": issuer.issuer},
        "sub": {"essential": True},
        "exp": {"essential": True},
    }
    if issuer.audience is not None:
        wanted["aud"] = {"essential": True, "value": issuer.audience}
    elif "aud" in claims and not issuer.for_anyone:
        raise BearerRefused(reason="aud")  # meant for somebody, and we do not know that it is us
    elif kind == "at+jwt" and not issuer.for_anyone:
        raise BearerRefused(reason="aud")  # RFC 9068 has every access token name its audience
    if issuer.azp:
        wanted["azp"] = {"essential": True, "values": list(issuer.azp)}
        if not isinstance(claims.get("azp"), str):
            raise BearerRefused(reason="azp")
    try:
        JWTClaimsRegistry(int(now.timestamp()), LEEWAY_SECONDS, **wanted).validate(claims)
    except JoseError as error:
        raise BearerRefused(reason=str(getattr(error, "claim", None) or error.error)) from error
    if len(claims["sub"]) > 255 or "\0" in claims["sub"]:
        raise BearerRefused(reason="sub")
    if claims.get("sts") == "pending":  # signed in, but something is still asked of them there
        raise BearerRefused(reason="sts")


def _claims(said: dict[str, Any]) -> Claims:
    email, name, session = (said.get(key) for key in ("email", "name", "sid"))
    return Claims(
        issuer=said["iss"],
        subject=said["sub"],
        email=email if isinstance(email, str) else None,
        email_verified=isinstance(email, str) and said.get("email_verified") is True,
        name=name if isinstance(name, str) else None,
        session=session if isinstance(session, str) else None,
    )
