"""A connection of an organization to a service outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.errors import NotFound


class UnknownConnection(NotFound):
    """There is no such connection, or it was removed."""


@dataclass(frozen=True, slots=True)
class OrgConnection:
    """One service that an organization uses: `kind` says which, `settings` where it is and how it is used.

    Nothing that opens it is in `settings`: that is its secret, read by `secret_of` alone.
    """

    id: UUID
    kind: str
    label: str
    settings: Mapping[str, Any]
    has_secret: bool
    created_at: datetime
    updated_at: datetime
