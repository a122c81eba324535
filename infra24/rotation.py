"""Another secret for the installation, and what is sealed under earlier ones sealed anew."""

import asyncio
from collections.abc import Mapping

from infra24.app import open_database
from infra24.auth import Batch, SecretBox
from infra24.errors import Conflict
from infra24.sealed import SEALED
from infra24.server import Urls
from infra24.settings import Settings, new_secret


class SecretSetElsewhere(Conflict):
    """INFRA24_SECRET is set in the environment, where this command cannot change it. Follow "Secrets" in
    docs/guides/administration.md."""


def new_current(settings: Settings) -> None:
    """Make a secret the current one; the former still opens what it made. Raises SecretSetElsewhere."""
    if settings.secret is not None:
        raise SecretSetElsewhere()
    settings.keyring()  # makes the first one, and refuses one that is too short
    settings.put_secret_first(new_secret())


def reseal(settings: Settings, urls: Urls) -> Mapping[str, Batch]:
    """Seal anew whatever an earlier secret sealed, by column. Begun again, it goes on where it was."""
    return asyncio.run(_reseal(settings, urls))


async def _reseal(settings: Settings, urls: Urls) -> dict[str, Batch]:
    database = open_database(settings, urls.app)
    seals, done = SecretBox(settings.keyring()), {}
    await database.open()
    try:
        for column, seal_anew in SEALED.items():
            sealed = broken = 0
            async for batch in seal_anew(database, seals):
                sealed, broken = sealed + batch.sealed, broken + batch.broken
            done[column] = Batch(sealed, broken)
    finally:
        await database.close()
    return done
