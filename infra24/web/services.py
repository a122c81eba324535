"""What the doors are given by the composition root."""

from dataclasses import dataclass

from fastapi import Request

from infra24.bookings import Tokens
from infra24.clock import Clock
from infra24.db import Database
from infra24.letters import Letterbox
from infra24.organizations import Directory
from infra24.settings import Settings
from infra24.web.live import Watcher


@dataclass(frozen=True, slots=True)
class Services:
    """One installation's parts."""

    settings: Settings
    database: Database
    directory: Directory
    tokens: Tokens
    clock: Clock
    watcher: Watcher
    letterbox: Letterbox


def services(request: Request) -> Services:
    """The services of the application that serves this request."""
    found: Services = request.app.state.services
    return found
