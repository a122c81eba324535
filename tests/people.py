"""People who sign in, for tests: an account, its membership and a session, made by the verbs that everyone uses."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2

from infra24 import people
from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.people import Role
from infra24.settings import Settings
from infra24.worker import Worker
from tests import loopback
from tests.factories import Shop
from tests.scenarios import tell
from tests.serving import Clock


@dataclass(frozen=True, slots=True)
class Someone:
    """Someone who has signed in: the session's cookie, and what their forms must carry."""

    user_id: UUID
    name: str
    email: str
    role: Role | None
    cookie: str
    csrf: str

    @property
    def headers(self) -> dict[str, str]:
        """What their browser sends: the session, and the proof that one of our pages did it."""
        return {"cookie": f"session={self.cookie}", "x-csrf-token": self.csrf}

    def client(self, base: str) -> httpx2.Client:
        """Their browser, without its pictures."""
        return loopback.Client(base_url=base, timeout=30, headers=self.headers)

    def enter(self, context: Any, base: str) -> None:
        """Give a browser's context their session."""
        context.add_cookies([{"name": "session", "value": self.cookie, "url": base, "httpOnly": True}])


def sign_in(
    url: str,
    settings: Settings,
    clock: Clock,
    shop: Shop | None,
    role: Role | None,
    *,
    email: str | None = None,
    name: str | None = None,
    has_factor: bool = False,
) -> Someone:
    """Someone in a role of an organization (None: an account that belongs nowhere), signed in.

    `settings` are those of the served application: sessions are signed with its secret.
    """
    address = email or f"{role or 'nobody'}-{uuid4().hex[:8]}@people.example"
    called = name or f"{(role or 'nobody').replace('_', ' ').title()} Person"

    async def make(database: Database, _: Worker) -> Someone:
        now = clock()
        async with database.accounts() as tx:
            user_id = await people.accounts.ensure(tx, address, called, now)
            cookie, session_id = await people.sessions.begin(
                tx, user_id, method="test", has_factor=has_factor, address="127.0.0.1", device="a test",
                now=now,
            )  # fmt: skip
            tx.jobs.clear()  # they are signed in already: nobody is told
        if shop is not None and role is not None:
            async with database.transaction(shop.org_id) as tx:
                await people.memberships.add(tx, user_id, role, called, address, now)
        proof = Tokens(settings.keyring()).sign("csrf", session_id.bytes).hex()[:32]
        return Someone(user_id, called, address, role, cookie, proof)

    someone: Someone = tell(url, make)
    return someone
