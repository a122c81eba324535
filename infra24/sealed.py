"""Every column that holds sealed values, on one page: they are sealed anew when the secret changes.

In the schema the comment of each begins with "Sealed"; a test compares the two.
"""

from collections.abc import AsyncIterator, Callable, Mapping

from infra24 import org_connections, people
from infra24.auth import Batch, SecretBox
from infra24.db import Database

SealAnew = Callable[[Database, SecretBox], AsyncIterator[Batch]]
"""Seals a column anew, a batch a transaction."""

SEALED: Mapping[str, SealAnew] = {
    "users.totp_secret": people.factors.seal_apps_anew,
    "org_connections.secret": org_connections.seal_secrets_anew,
}
