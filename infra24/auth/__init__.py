"""Proofs of who someone is that touch no database: providers, tokens, passwords, codes, passkeys, seals."""

from infra24.auth.bearer import BearerVerifier, Issuer
from infra24.auth.encryption import Batch, SecretBox
from infra24.auth.keyring import Keyring, SecretTooShort
from infra24.auth.model import (
    BearerRefused,
    Claims,
    DecryptionExpired,
    DecryptionFailed,
    PasskeyCopied,
    PasskeyRefused,
    PasskeysImpossible,
    PasswordsBusy,
    ProviderDown,
    ProviderRefused,
    ProviderUnfit,
    SignInDeclined,
)
from infra24.auth.oidc import AuthorizationRequest, OidcClient, Provider
from infra24.auth.passwords import Passwords, weakness
from infra24.auth.signing import Sign, Signer, ids_of, signed_ids

__all__ = [
    "AuthorizationRequest",
    "Batch",
    "BearerRefused",
    "BearerVerifier",
    "Claims",
    "DecryptionExpired",
    "DecryptionFailed",
    "Issuer",
    "Keyring",
    "OidcClient",
    "PasskeyCopied",
    "PasskeyRefused",
    "PasskeysImpossible",
    "Passwords",
    "PasswordsBusy",
    "Provider",
    "ProviderDown",
    "ProviderRefused",
    "ProviderUnfit",
    "SecretBox",
    "SecretTooShort",
    "Sign",
    "SignInDeclined",
    "Signer",
    "ids_of",
    "signed_ids",
    "weakness",
]
