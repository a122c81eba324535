"""A served installation with people who can sign in, and the e-mails it writes: for tests of accounts."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pyotp

from infra24 import people
from infra24.auth import Passwords, SecretBox
from infra24.db import Database
from infra24.people import Role
from infra24.settings import Settings
from infra24.worker import Worker
from tests import loopback
from tests.factories import Shop
from tests.mail.reading import link_of, sent_emails
from tests.scenarios import Scenario, tell
from tests.serving import CHEAP, Clock, public_address, serving

PASSWORD = "four horses under water"


@dataclass(frozen=True, slots=True)
class Known:
    """Someone with an account, as they know it themselves."""

    user_id: UUID
    email: str
    name: str
    secret: str | None
    codes: list[str]

    def code(self, clock: Clock) -> str:
        """What their app shows."""
        assert self.secret
        return pyotp.TOTP(self.secret).at(clock())


@dataclass(frozen=True, slots=True)
class Installation:
    """The installation: where it is, and what it is made of."""

    base: str
    settings: Settings
    url: str
    clock: Clock

    def browser(self, **headers: str) -> httpx2.Client:
        """A browser that keeps cookies, and follows nothing by itself."""
        return loopback.Client(base_url=self.base, timeout=30, headers={"user-agent": "a test", **headers})

    def tell(self, scenario: Scenario) -> Any:
        """Run a scenario against the database, beside the server."""
        return tell(self.url, scenario, self.settings, self.clock)

    def someone(
        self, email: str = "", *, password: bool = True, app: bool = False, shop: Shop | None = None,
        role: Role = Role.MEMBER,
    ) -> Known:  # fmt: skip
        """Someone with an account: with or without the password, an app for codes, a membership."""
        address, name = email or f"p-{uuid4().hex[:10]}@people.example", "Pat Person"
        secret = pyotp.random_base32() if app else None

        async def make(database: Database, _: Worker) -> Known:
            now, codes = self.clock(), []
            async with database.accounts() as tx:
                user_id = await people.accounts.ensure(tx, address, name, now)
                if password:
                    await people.accounts.set_password(tx, user_id, _hash(), None)
                if secret is not None:
                    code = pyotp.TOTP(secret).at(now)
                    seals = SecretBox(self.settings.keyring())
                    codes = await people.factors.add_app(tx, user_id, secret, code, seals, now)
                tx.jobs.clear()  # the account stood before: nobody is told
            if shop is not None:
                async with database.transaction(shop.org_id) as tx:
                    await people.memberships.add(tx, user_id, role, name, address, now)
            return Known(user_id, address, name, secret, codes)

        found: Known = self.tell(make)
        if app:
            self.clock.forward(seconds=60)  # the code that proved the app is spent
        return found

    def invite(self, shop: Shop, email: str, role: Role = Role.STAFF, name: str = "") -> UUID:
        """Invite someone; the e-mail says how to come in."""

        async def invite(database: Database, worker: Worker) -> UUID:
            async with database.transaction(shop.org_id) as tx:
                made = await people.memberships.invite(
                    tx, email, name, role, by="Olive Owner", giver=Role.OWNER, now=self.clock()
                )
            return made.id

        found: UUID = self.tell(invite)
        return found

    def emails_to(self, email: str, subject: str = "") -> list[EmailMessage]:
        """Write what is to be written; the e-mails to an address, the oldest first."""

        async def drain(_: Database, worker: Worker) -> None:
            await worker.run_until_idle()

        self.tell(drain)
        found = [one for one in sent_emails(self.settings) if one["to"] == email]
        return [one for one in found if subject in one["subject"]]

    def link_to(self, email: str, subject: str = "") -> str:
        """The path of the link in the last e-mail to an address."""
        found = self.emails_to(email, subject)
        assert found, f"no e-mail to {email}"
        return link_of(found[-1]).removeprefix(self.settings.base_url)

    def owner(self, query: str, *args: Any) -> list[tuple[Any, ...]]:
        """Ask the database as its owner."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), args)
            return cursor.fetchall() if cursor.description else []

    def forget_tries(self) -> None:
        """As if a quarter of an hour had gone by."""
        self.owner("DELETE FROM attempts")

    @contextmanager
    def signed_in(self, who: Known, **headers: str) -> Iterator[httpx2.Client]:
        """Their browser, signed in by the password and, where there is one, the code."""
        with self.browser(**headers) as browser:
            answer = browser.post("/sign-in", data={"email": who.email, "password": PASSWORD})
            if who.secret:
                answer = browser.post("/sign-in/code", data={"code": who.code(self.clock)})
            assert answer.status_code == 303, answer.text
            assert answer.headers["location"] == "/account"
            yield browser


@contextmanager
def installation(settings: Settings, url: str, clock: Clock) -> Iterator[Installation]:
    """Serve an installation."""
    with serving(settings, url, clock) as base:
        public = public_address(settings, int(base.rpartition(":")[2]))
        here = settings.model_copy(update={"public_url": public})
        yield Installation(public if public.startswith("http://localhost") else base, here, url, clock)


def csrf_in(text: str) -> str:
    """What the forms of a page carry."""
    return text.split('name="csrf" value="', 1)[1].split('"', 1)[0]


@lru_cache
def _hash() -> str:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, Passwords(**CHEAP).hash(PASSWORD)).result()
