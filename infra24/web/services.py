"""What handlers are given by the composition root."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from fastapi import Request

from infra24.auth.bearer import BearerVerifier
from infra24.auth.encryption import SecretBox
from infra24.auth.oidc import OidcClient
from infra24.auth.passwords import Passwords
from infra24.auth.tokens import Tokens
from infra24.clock import Clock
from infra24.db import Database
from infra24.notifications import Tally
from infra24.organizations import Directory
from infra24.rate_limits import Buckets, Locks
from infra24.senders import SenderResolver
from infra24.settings import Settings
from infra24.web.change_stream import ChangeStream
from infra24.web.health import Health


@dataclass(frozen=True, slots=True)
class AuthServices:
    """What proves who someone is: passwords, seals, tokens of outside issuers, providers by slug."""

    passwords: Passwords
    secret_box: SecretBox
    bearers: BearerVerifier
    providers: Mapping[str, OidcClient]


class Work(Protocol):
    """What a worker does, once: deliver events, send what is due, end what is overdue."""

    async def __call__(self, most: int, seconds: float) -> Tally:
        """Of the notifications so many at most, and for so long; what came of them."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """One installation's parts."""

    settings: Settings
    database: Database
    directory: Directory
    tokens: Tokens
    clock: Clock
    watcher: ChangeStream
    auth: AuthServices
    health: Health
    buckets: Buckets
    locks: Locks
    work: Work
    senders: SenderResolver


def services(request: Request) -> Services:
    """The services of the application that serves this request."""
    found: Services = request.app.state.services
    return found
