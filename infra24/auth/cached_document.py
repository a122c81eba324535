"""One document that a provider publishes: read seldom, by one at a time, kept while it is down."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from infra24.auth import http_client
from infra24.auth.model import ProviderDown, ProviderUnfit
from infra24.outbound import OutboundClient

T = TypeVar("T")

AGE = timedelta(minutes=10)
"""Read anew after this."""
STALE = timedelta(hours=1)
"""While the provider is down, what was read is used for this long."""
PAUSE = timedelta(seconds=10)
"""After a failure nobody asks again for this long."""
AGAIN = timedelta(minutes=1)
"""How seldom a document is read early because something was not in it."""


class CachedDocument(Generic[T]):
    """A document at one address, as `understand` reads it."""

    def __init__(self, url: str, understand: Callable[[dict[str, Any]], T]) -> None:
        self.url = url
        self._understand = understand
        self._kept: T | None = None
        self._read_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._again_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def current(self, client: OutboundClient, now: datetime) -> T:
        """The document, at most ten minutes old; at most an hour while its provider is down."""
        kept = self._within(AGE, now)
        if kept is not None:
            return kept
        usable = self._within(STALE, now)
        if usable is not None and self._lock.locked():
            return usable  # another is reading it: no need to wait
        async with self._lock:
            kept = self._within(AGE, now)
            if kept is not None:
                return kept
            try:
                return await self._read(client, now)
            except ProviderDown:
                if usable is None:
                    raise
                return usable

    async def newer(self, client: OutboundClient, now: datetime, than: T) -> T | None:
        """A newer document, because something was not in this one; None when it was asked for just now."""
        async with self._lock:
            if self._kept is not than:
                return self._kept
            if self._again_at is not None and now - self._again_at < AGAIN:
                return None
            self._again_at = now
            return await self._read(client, now)

    async def _read(self, client: OutboundClient, now: datetime) -> T:
        if self._failed_at is not None and now - self._failed_at < PAUSE:
            raise ProviderDown(reason="failed_just_now")
        try:
            status, found = await http_client.fetch(client, self.url)
            if status != 200:
                raise ProviderUnfit(reason="not_published")
            kept = self._understand(found)
        except ProviderDown:
            self._failed_at = now
            raise
        self._kept, self._read_at, self._failed_at = kept, now, None
        return kept

    def _within(self, age: timedelta, now: datetime) -> T | None:
        if self._read_at is None or now - self._read_at >= age:
            return None
        return self._kept
