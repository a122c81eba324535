"""Proofs of who someone is that touch no database: providers, tokens, passwords, codes, passkeys, seals."""

from infra24.proofs.bearer import Bearers, Issuer
from infra24.proofs.keyring import Keyring, SecretTooShort
from infra24.proofs.model import (
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
from infra24.proofs.oidc import Pending, Provider, SignIn
from infra24.proofs.passwords import Passwords, objection
from infra24.proofs.sealing import Batch, Seals

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
