"""Idempotency-Key: the same key and body get the first answer again."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request, Response

from infra24 import answers
from infra24.db import Tx
from infra24.errors import Conflict, Invalid, Refusal, TooMany, Unavailable
from infra24.web.api.views import links
from infra24.web.caller import caller_of
from infra24.web.errors import problem_of
from infra24.web.limiting import one_at_a_time
from infra24.web.services import Services, services

_GIVEN_UP = timedelta(seconds=60)

_SECRET = ("token", "links")
"""What is left out of an answer that is kept: it opens the booking."""


class KeyReused(Invalid):
    """This Idempotency-Key was used with another request. Use a fresh one."""


class StillRunning(Conflict):
    """The first request with this Idempotency-Key is still running. Ask again in a moment."""


Act = Callable[[Tx], Awaitable[tuple[int, dict[str, Any]]]]
"""Does the work inside one transaction; the status and the JSON to answer."""


Refused = Callable[[Refusal], Awaitable[Refusal]]
"""Adds to a refusal what helps, once its transaction is over."""


async def once(request: Request, org_id: UUID, act: Act, refused: Refused) -> Response:
    """Do `act` in a transaction, once per Idempotency-Key. Without a key, just do it.

    The answer is written in the transaction of its effect, so that neither can be without the other.
    A refusal is an answer too. A request that vanished half way is given up after a minute. Refuses with
    KeyReused and StillRunning.
    """
    given = request.headers.get("idempotency-key")
    found = services(request)
    if given is None:
        try:
            async with (
                one_at_a_time(request, org_id),
                found.database.transaction(org_id, caller_of(request).actor) as tx,
            ):
                status, body = await act(tx)
        except Refusal as refusal:
            raise await refused(refusal) from None
        return _answer(status, orjson.dumps(body, option=orjson.OPT_UTC_Z))
    if not 1 <= len(given) <= 255:
        raise Invalid("An Idempotency-Key has 1 to 255 characters.")
    key = hashlib.sha256(given.encode()).digest()
    seen = f"{request.method} {request.url.path}\n".encode() + await request.body()
    fingerprint = hashlib.sha256(seen).digest()
    claimed_at = found.clock()
    async with found.database.transaction(org_id) as tx:
        earlier = await answers.claim_key(tx, key, fingerprint, claimed_at, claimed_at - _GIVEN_UP)
    if earlier is not None:
        if earlier.fingerprint != fingerprint:
            raise KeyReused()
        if earlier.status is None:
            raise StillRunning()
        return _replay(found, org_id, earlier.status, earlier.answer or "")
    try:
        async with (
            one_at_a_time(request, org_id),
            found.database.transaction(org_id, caller_of(request).actor) as tx,
        ):
            status, body = await act(tx)
            text = orjson.dumps(body, option=orjson.OPT_UTC_Z)
            kept = orjson.dumps(_sealed(body), option=orjson.OPT_UTC_Z).decode()
            await _keep(tx, key, claimed_at, status, kept)
    except Refusal as refusal:
        if isinstance(refusal, Unavailable | TooMany):
            raise
        answer = problem_of(await refused(refusal))
        async with found.database.transaction(org_id) as tx:
            await _keep(tx, key, claimed_at, answer.status_code, bytes(answer.body).decode())
        return answer
    finally:
        async with found.database.transaction(org_id) as tx:
            await answers.release_key(tx, key, claimed_at)
    return _answer(status, text)


async def _keep(tx: Tx, key: bytes, claimed_at: datetime, status: int, answer: str) -> None:
    if not await answers.keep_answer(tx, key, claimed_at, status, answer):
        raise StillRunning()  # we were given up, and another request took over


def _replay(found: Services, org_id: UUID, status: int, kept: str) -> Response:
    """The answer again: what was not kept of it, the token and its links, is made again."""
    body = orjson.loads(kept)
    if status < 400:
        for made in body.get("bookings", [body]):
            token = found.tokens.of(org_id, UUID(made["id"]))
            made |= {"token": token, "links": links(found, token)}
    answer = _answer(status, orjson.dumps(body))
    answer.headers["idempotency-replayed"] = "true"
    return answer


def _sealed(body: dict[str, Any]) -> dict[str, Any]:
    """An answer without what opens a booking: of one, or of each of a series."""
    if "bookings" in body:
        return {**body, "bookings": [_sealed(booking) for booking in body["bookings"]]}
    return {**body, **dict.fromkeys(_SECRET)}


def _answer(status: int, body: bytes) -> Response:
    kind = "application/json" if status < 400 else "application/problem+json"
    return Response(body, status, media_type=kind)
