"""Proofs of who someone is that touch no database: providers, tokens, passwords, codes, passkeys, seals."""

from infra24.auth.bearer import Bearers, Issuer
from infra24.auth.encryption import Batch, Seals
from infra24.auth.keyring import Keyring, SecretTooShort
from infra24.auth.model import (
    BearerRefused,
    Claims,
    PasskeyCopied,
    PasskeyRefused,
    PasskeysImpossible,
    PasswordsBusy,
    ProviderDown,
    ProviderRefused,
    ProviderUnfit,
    SealBroken,
    SealExpired,
    SignInDeclined,
)
from infra24.auth.oidc import Pending, Provider, SignIn
from infra24.auth.passwords import Passwords, objection

__all__ = [
    "Batch",
    "BearerRefused",
    "Bearers",
    "Claims",
    "Issuer",
    "Keyring",
    "PasskeyCopied",
    "PasskeyRefused",
    "PasskeysImpossible",
    "Passwords",
    "PasswordsBusy",
    "Pending",
    "Provider",
    "ProviderDown",
    "ProviderRefused",
    "ProviderUnfit",
    "SealBroken",
    "SealExpired",
    "Seals",
    "SecretTooShort",
    "SignIn",
    "SignInDeclined",
    "objection",
]
