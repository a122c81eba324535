"""The composition root: settings, pool, queue, routes. The only file that puts parts together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI

from infra24 import __version__, clock, events, jobs, notifications, webhooks
from infra24.auth.bearer import BearerVerifier
from infra24.auth.encryption import SecretBox
from infra24.auth.oidc import OidcClient
from infra24.auth.passwords import Passwords
from infra24.auth.tokens import Tokens
from infra24.capacity import Capacity, open_files
from infra24.clock import Clock
from infra24.db import Database, Statement, Tx
from infra24.mail import ComposeContext, Composers, Mailer
from infra24.mail_composers import COMPOSERS
from infra24.mailbox import ImapMailbox, MailboxReader
from infra24.notifications import NotificationDelivery
from infra24.organizations import Directory
from infra24.outbound import OutboundClient
from infra24.rate_limits import Buckets, Locks
from infra24.senders import SenderResolver, home_senders
from infra24.settings import Settings
from infra24.subscribers import SUBSCRIBERS
from infra24.web import errors, openapi, rendering, routes, routing
from infra24.web.change_stream import ChangeStream
from infra24.web.health import Health
from infra24.web.security_headers import HeadAsGet, SecurityHeaders
from infra24.web.services import AuthServices, Services
from infra24.webhooks import WebhookDelivery
from infra24.worker import Worker


def side_effects(tx: Tx) -> list[Statement]:
    """What goes with the COMMIT of a transaction: last statements, jobs, and the events at the end."""
    return [*tx.final_statements, *jobs.statements(tx.jobs), *events.statements(tx)]


def open_database(settings: Settings, url: str) -> Database:
    """The pool of an installation, not yet open."""
    return Database(url, flush=side_effects, size=settings.pool_size, timeout=settings.pool_timeout)


def compose(
    settings: Settings, url: str, now: Clock = clock.now, composers: Composers = COMPOSERS
) -> tuple[Database, Worker]:
    """The database and the worker of an installation."""
    database = open_database(settings, url)
    return database, _worker(settings, url, database, now, composers)


def _worker(settings: Settings, url: str, database: Database, now: Clock, composers: Composers) -> Worker:
    tokens, seals = Tokens(settings.keyring()), SecretBox(settings.keyring())
    outside = OutboundClient(settings.outbound_networks, at_once=webhooks.AT_ONCE)
    senders = _senders(settings, outside, now)
    home = senders.home

    def context(at: datetime) -> ComposeContext:
        return ComposeContext(database, settings.base_url, home.mail.address, tokens, at)

    delivery = NotificationDelivery(database, notifications.COMPOSERS, senders, context, now)
    mailer = Mailer(composers, home.mail.transport, context)
    hooks = WebhookDelivery(database, outside, seals, tokens, settings.base_url, now)
    mailboxes = [
        MailboxReader(database, ImapMailbox.of(named.get_secret_value()), now)
        for named in (settings.imap_url,)
        if named is not None
    ]
    return Worker(url, database, mailer, delivery, hooks, outside, SUBSCRIBERS, now, mailboxes)


def _senders(settings: Settings, outside: OutboundClient, now: Clock) -> SenderResolver:
    ring, home = settings.keyring(), home_senders(settings, outside, now)
    return SenderResolver(settings, SecretBox(ring), Tokens(ring).sign, outside, home)


def create_app(
    settings: Settings,
    url: str,
    now: Clock = clock.now,
    capacity: Capacity | None = None,
    passwords: Passwords | None = None,
) -> FastAPI:
    """The web application on a database that is already migrated; for as many as this process can carry."""
    database = open_database(settings, url)
    watcher = ChangeStream(database, capacity or Capacity.of(open_files(), settings.pool_size))
    outside = OutboundClient(settings.outbound_networks)
    worker = _worker(settings, url, database, now, COMPOSERS)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await database.open()
        yield
        await watcher.close()
        await outside.aclose()
        await worker.aclose()
        await database.close()

    app = FastAPI(
        title=openapi.TITLE,
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    auth = _auth_services(settings, outside, passwords or Passwords())
    app.state.services = Services(
        settings, database, Directory(database), Tokens(settings.keyring()), now, watcher, auth,
        Health(database), Buckets(), Locks(), worker.run_until_idle, _senders(settings, outside, now),
    )  # fmt: skip
    _install(app, settings)
    return app


def _auth_services(settings: Settings, outside: OutboundClient, passwords: Passwords) -> AuthServices:
    """How people prove who they are here."""
    return AuthServices(
        passwords,
        SecretBox(settings.keyring()),
        BearerVerifier(settings.issuers, outside),
        {provider.slug: OidcClient(provider, outside) for provider in settings.providers},
    )


def _install(app: FastAPI, settings: Settings) -> None:
    """Pages, errors, addresses and what is around every answer."""
    rendering.install(app)
    errors.install(app)
    routing.install(app, routes.API, routes.PAGES)
    openapi.install(app)
    app.add_middleware(SecurityHeaders, tls=settings.base_url.startswith("https:"))
    app.add_middleware(HeadAsGet)
