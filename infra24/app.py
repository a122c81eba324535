"""The composition root: settings, pool, queue, routes. The only file that puts parts together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from infra24 import __version__, clock, events
from infra24.bookings import Tokens
from infra24.clock import Clock
from infra24.db import APP_ROLE, Database, Statement, Tx
from infra24.letters import Desk, Office, Post, Writers
from infra24.letters.folder import FolderPost
from infra24.letters.paper import sender
from infra24.letters.smtp import Server, SmtpPost
from infra24.organizations import Directory
from infra24.proofs.bearer import Bearers
from infra24.proofs.oidc import SignIn
from infra24.proofs.passwords import Passwords
from infra24.proofs.sealing import Seals
from infra24.rate_limits import Buckets, Locks
from infra24.settings import Settings
from infra24.web import addresses, errors, rendering, routes
from infra24.web.api.fields import ProblemView
from infra24.web.envelope import Envelope
from infra24.web.live import Watcher
from infra24.web.services import Proofs, Services
from infra24.worker import Queue
from infra24.writers import WRITERS


def post(settings: Settings) -> Post:
    """The post that the settings name: a mail server, or files beside the embedded database."""
    host = urlsplit(settings.base_url).hostname or ""
    home = f"Infra24 Booking <booking@{host if host and ':' not in host else 'localhost'}>"
    if settings.smtp_url is None:
        return FolderPost(settings.data_dir / "letters", sender(settings.mail_from or home))
    server = Server.of(settings.smtp_url.get_secret_value())
    return SmtpPost(server, sender(settings.mail_from or server.by or home))


def compose(
    settings: Settings, url: str, now: Clock = clock.now, writers: Writers = WRITERS
) -> tuple[Database, Queue]:
    """The database and the queue of an installation, each knowing of the other."""
    role = None if settings.owner_database_url else APP_ROLE
    queue = Queue(url, now, role=role)

    async def flush(tx: Tx) -> Statement:
        return await events.write(tx, queue.defer)

    async def send(tx: Tx) -> None:
        for kind, facts in tx.letters:
            await queue.letter(tx.connection, kind, facts)

    database = Database(url, flush=flush, send=send, size=settings.pool_size, role=role)
    queue.database = database
    tokens, carrier = Tokens(settings.secret_key()), post(settings)
    queue.office = Office(writers, carrier, lambda at: Desk(database, settings.base_url, tokens, at))
    return database, queue


def create_app(settings: Settings, url: str, now: Clock = clock.now) -> FastAPI:
    """The web application on a database that is already migrated."""
    database, queue = compose(settings, url, now)
    watcher = Watcher(database)
    outside = httpx2.AsyncClient(timeout=10, follow_redirects=False)
    proofs = Proofs(
        Passwords(),
        Seals(settings.secret_key()),
        Bearers(settings.issuers, outside),
        {provider.slug: SignIn(provider, outside) for provider in settings.providers},
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await database.open()
        yield
        await watcher.close()
        await outside.aclose()
        await database.close()

    app = FastAPI(
        title="Infra24 Booking",
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.services = Services(
        settings, database, Directory(database), Tokens(settings.secret_key()), now, watcher, queue, proofs,
        Buckets(), Locks(),
    )  # fmt: skip
    rendering.install(app)
    errors.install(app)
    addresses.install(app, routes.API, routes.PAGES)
    app.add_middleware(Envelope)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            parts = schema.setdefault("components", {})
            parts.setdefault("schemas", {})["ProblemView"] = ProblemView.model_json_schema()
            parts["securitySchemes"] = {
                "key": {"type": "http", "scheme": "bearer"},
                "token": {"type": "apiKey", "in": "query", "name": "token"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session"},
            }
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app
