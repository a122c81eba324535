"""Idempotency-Key: the same key and body get the first answer again."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request, Response

from infra24 import bookings, idempotency, rate_limits
from infra24.bookings import BookingRequest
from infra24.db import Database, DatabaseDown, OutcomeUnknown, Tx
from infra24.errors import Conflict, DomainError, Invalid, Message, TooMany, Unavailable
from infra24.idempotency import StoredResponse
from infra24.web.api.responses import add_alternatives
from infra24.web.caller import address_of, caller_of
from infra24.web.errors import problem_of
from infra24.web.limiting import one_at_a_time
from infra24.web.services import Services, services

_GIVEN_UP = timedelta(seconds=60)

_UNGUESSABLE = 22
"""Characters of a visitor's key: 128 random bits in base64 have so many, a UUID more."""

_SECRET = ("token", "links")
"""What is left out of an answer that is kept: it opens the booking."""


class KeyReused(Invalid):
    """This Idempotency-Key was used with another request. Use a fresh one."""


class KeyGuessable(Invalid):
    """Without credentials, an Idempotency-Key needs 22 characters that nobody can guess. Use a UUID."""


class SentFromElsewhere(Conflict):
    """This request was sent before, from another network, so its answer is not repeated here. Ask the
    organization for the booking, or book again with a fresh Idempotency-Key."""


class KeyNotTaken(DatabaseDown):
    """The connection to the database was lost before anything was done. Repeat this in a minute with the same
    Idempotency-Key."""


class StillRunning(Conflict):
    """The first request with this Idempotency-Key is still running. Ask again in a moment."""


class Attempt:
    """One request that makes bookings, done once per Idempotency-Key.

    When it was answered `earlier`, return that and do nothing. Else do the work in `transaction()`, call
    `answer` there, and return the `response` afterwards. `wanted` is the booking that is asked for: a refusal
    then names the nearest free times.
    """

    def __init__(self, request: Request, org_id: UUID, key: "_KeyClaim | None" = None) -> None:
        self.request, self.org_id, self.key = request, org_id, key
        self.wanted: BookingRequest | None = None
        self.earlier: Response | None = None
        self.response: Response
        self._status, self._body = 500, dict[str, Any]()

    def answer(self, status: int, body: dict[str, Any]) -> None:
        """Answer this, once the transaction is committed."""
        self._status, self._body = status, body

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """The transaction of the work; with a key, its answer is written in it.

        So neither can be without the other: after an OutcomeUnknown the same key finds the answer if it was
        done, else does it. With a key a refusal is an answer too, but for Unavailable and TooMany.
        """
        app, key = services(self.request), self.key
        try:
            async with (
                one_at_a_time(self.request, self.org_id),
                app.database.transaction(self.org_id, caller_of(self.request).actor) as tx,
            ):
                yield tx
                if key is not None:
                    await key.store(tx, self._status, _json(without_secrets(self._body)))
            self.response = _response(self._status, _json(self._body))
        except DomainError as refusal:
            if self.wanted is not None:
                await add_alternatives(app, self.org_id, self.wanted, refusal)
            if key is None or isinstance(refusal, Unavailable | TooMany):
                raise
            self.response = problem_of(refusal)
            async with app.database.transaction(self.org_id) as tx:
                await key.store(tx, self.response.status_code, bytes(self.response.body))
        finally:
            if key is not None:
                await key.release()


async def attempt(request: Request, org_id: UUID) -> Attempt:
    """The attempt at what a request asks for, answered earlier if its Idempotency-Key was.

    A request that vanished half way is given up after a minute. Raises KeyReused, KeyGuessable,
    SentFromElsewhere, StillRunning and KeyNotTaken.
    """
    given = request.headers.get("idempotency-key")
    if given is None:
        return Attempt(request, org_id)
    if not 1 <= len(given) <= 255:
        raise Invalid(Message("An Idempotency-Key has 1 to 255 characters."))
    app = services(request)
    key, fingerprint = await _known_by(request, given)
    claim = _KeyClaim(app.database, org_id, key, fingerprint, app.clock())
    made = Attempt(request, org_id, claim)
    earlier = await claim.take()
    if earlier is not None:
        _check_same(earlier.fingerprint, fingerprint)
        if earlier.status is None:
            raise StillRunning(retry_after=1)
        made.earlier = _replay(app, org_id, earlier.status, earlier.answer or "")
    return made


@dataclass(frozen=True, slots=True)
class _KeyClaim:
    """A key that one request has taken, until there is an answer to keep with it."""

    database: Database
    org_id: UUID
    key: bytes
    fingerprint: bytes
    claimed_at: datetime

    async def take(self) -> StoredResponse | None:
        """Take the key, or how it was used before. Nothing else was begun when this fails."""
        given_up = self.claimed_at - _GIVEN_UP
        try:
            async with self.database.transaction(self.org_id) as tx:
                return await idempotency.claim_key(tx, self.key, self.fingerprint, self.claimed_at, given_up)
        except OutcomeUnknown as lost:
            await self.release()
            raise KeyNotTaken(retry_after=int(_GIVEN_UP.total_seconds()) + 1) from lost

    async def store(self, tx: Tx, status: int, answer: bytes) -> None:
        """Keep the answer in the transaction of its effect."""
        if not await idempotency.store_response(tx, self.key, self.claimed_at, status, answer.decode()):
            raise StillRunning(retry_after=1)  # we were given up, and another request took over

    async def release(self) -> None:
        """Give the key back if it came to no answer; when that fails, the key is given up in a minute."""
        with suppress(Unavailable):
            async with self.database.transaction(self.org_id) as tx:
                await idempotency.release_key(tx, self.key, self.claimed_at)


async def _known_by(request: Request, given: str) -> tuple[bytes, bytes]:
    """The key's hash among those of its sender, and the fingerprints of the request and of where it is from.

    A visitor is nobody, so whoever sends a visitor's key and request again could be anybody: they are known
    by a key that cannot be guessed and by the network that the first request came from.
    """
    actor = caller_of(request).actor
    space, place = f"{actor.kind} {actor.id}", ""
    if not actor.id:
        if len(given) < _UNGUESSABLE:
            raise KeyGuessable()
        space, place = "visitor", rate_limits.network_prefix(address_of(request))
    seen = f"{request.method} {request.url.path}\n".encode() + await request.body()
    key = hashlib.sha256(f"{space}\n{given}".encode()).digest()
    return key, hashlib.sha256(seen).digest() + hashlib.sha256(place.encode()).digest()


def _check_same(earlier: bytes, now: bytes) -> None:
    """Refuses another request with the same key, and the same request from another network."""
    if earlier[:32] != now[:32]:
        raise KeyReused()
    if earlier != now:
        raise SentFromElsewhere()


def _replay(app: Services, org_id: UUID, status: int, kept: str) -> Response:
    """The answer again: what was not kept of it, the token and its links, is made again."""
    body = orjson.loads(kept)
    if status < 400:
        for made in body.get("bookings", [body]):
            token = app.tokens.of(org_id, UUID(made["id"]))
            made |= {"token": token, "links": bookings.holder_links(app.settings.base_url, token)}
    answer = _response(status, _json(body))
    answer.headers["idempotency-replayed"] = "true"
    return answer


def without_secrets(body: dict[str, Any]) -> dict[str, Any]:
    """An answer without what opens a booking: of one, or of each of a series."""
    if "bookings" in body:
        return {**body, "bookings": [without_secrets(booking) for booking in body["bookings"]]}
    return {**body, **dict.fromkeys(_SECRET)}


def _response(status: int, body: bytes) -> Response:
    kind = "application/json" if status < 400 else "application/problem+json"
    return Response(body, status, media_type=kind)


def _json(body: dict[str, Any]) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)
