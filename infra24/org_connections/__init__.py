"""An organization's connections to services outside, and the secrets that open them, sealed."""

from infra24.org_connections.connections import (
    change,
    connect,
    disconnect,
    get,
    listed,
    seal_secrets_anew,
    secret_of,
)
from infra24.org_connections.model import OrgConnection, UnknownConnection

__all__ = [
    "OrgConnection",
    "UnknownConnection",
    "change",
    "connect",
    "disconnect",
    "get",
    "listed",
    "seal_secrets_anew",
    "secret_of",
]
