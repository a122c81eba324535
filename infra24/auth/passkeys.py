"""Passkeys (WebAuthn): making one, and signing in with one. The caller keeps the challenge in between."""

import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from infra24.auth.model import PasskeyCopied, PasskeyRefused, PasskeysImpossible

MILLISECONDS = 120_000
_BAD_ANSWERS = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError)
_TRANSPORTS = {way.value for way in AuthenticatorTransport}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The site that passkeys are for: they are bound to the host of its public address."""

    host: str
    origin: str
    title: str

    @classmethod
    def of(cls, public_url: str, title: str) -> "RelyingParty":
        """The site at an address; refuses a bare number, and no HTTPS: browsers want both."""
        parts = urlsplit(public_url)
        host = (parts.hostname or "").rstrip(".")
        local = host == "localhost" or host.endswith(".localhost")
        if (
            not host
            or _is_number(host)
            or not (parts.scheme == "https" or (parts.scheme == "http" and local))
        ):
            raise PasskeysImpossible
        host = host if host.isascii() else host.encode("idna").decode()
        usual = {"https": 443, "http": 80}[parts.scheme]
        port = "" if parts.port in (None, usual) else f":{parts.port}"
        return cls(host, f"{parts.scheme}://{host}{port}", title)


@dataclass(frozen=True, slots=True)
class Passkey:
    """What is stored of a passkey: nothing here is secret."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...] = ()
    backed_up: bool = False


@dataclass(frozen=True, slots=True)
class Assertion:
    """A passkey that was used: store the count. Without `user_verified` it is one factor, not two."""

    sign_count: int
    user_verified: bool
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Offered:
    """Which passkey an answer says it is, before that is proved: good for looking it up."""

    credential_id: bytes
    user_handle: bytes | None


def registration_options(
    site: RelyingParty, user_id: bytes, address: str, name: str, existing: Iterable[Passkey] = ()
) -> tuple[str, bytes]:
    """The options for the browser as JSON, and the challenge to keep. `existing` ones are not made twice."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.title,
        user_id=user_id,
        user_name=address,
        user_display_name=name or address,
        timeout=MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_described(existing),
    )
    return webauthn.options_to_json(options), options.challenge


def registered(site: RelyingParty, challenge: bytes, answer: dict[str, Any]) -> Passkey:
    """The new passkey to store. Refuses an answer to another challenge, or from another site."""
    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except _BAD_ANSWERS as error:
        raise PasskeyRefused(reason=str(error)[:200]) from error
    listed = answer["response"].get("transports")
    ways = listed if isinstance(listed, list) else []
    return Passkey(
        found.credential_id,
        found.credential_public_key,
        found.sign_count,
        tuple(way for way in ways if isinstance(way, str) and way in _TRANSPORTS),
        found.credential_backed_up,
    )


def authentication_options(site: RelyingParty, allowed: Iterable[Passkey] = ()) -> tuple[str, bytes]:
    """The options for the browser as JSON, and the challenge to keep.

    Without `allowed` the browser offers whatever it has for this site, and nothing is said about any account.
    """
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        timeout=MILLISECONDS,
        allow_credentials=_described(allowed),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(options), options.challenge


def offered(answer: dict[str, Any]) -> Offered:
    """Which passkey to look up for an answer; proves nothing."""
    try:
        handle = answer["response"].get("userHandle")
        return Offered(base64url_to_bytes(answer["rawId"]), base64url_to_bytes(handle) if handle else None)
    except _BAD_ANSWERS as error:
        raise PasskeyRefused(reason="shape") from error


def authenticated(
    site: RelyingParty, challenge: bytes, passkey: Passkey, user_id: bytes, answer: dict[str, Any]
) -> Assertion:
    """Proves that the holder of a passkey of this user is here.

    Refuses another challenge, site, user or key, and a count that did not go up: then there is a copy.
    """
    found = offered(answer)
    if not hmac.compare_digest(found.credential_id, passkey.credential_id):
        raise PasskeyRefused(reason="another passkey")
    if found.user_handle is not None and not hmac.compare_digest(found.user_handle, user_id):
        raise PasskeyRefused(reason="another user")
    try:
        used = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # compared below, once the signature is found good
        )
    except _BAD_ANSWERS as error:
        raise PasskeyRefused(reason=str(error)[:200]) from error
    if (used.new_sign_count or passkey.sign_count) and used.new_sign_count <= passkey.sign_count:
        raise PasskeyCopied(reason="count")
    return Assertion(used.new_sign_count, used.user_verified, used.credential_backed_up)


def _described(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(way) for way in passkey.transports] or None,
        )
        for passkey in passkeys
    ]


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
