"""One request to an endpoint, and what its answer means."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import perf_counter

from infra24.errors import DomainError
from infra24.outbound import OutboundAnswer, OutboundClient, OutboundRequest
from infra24.webhooks.model import GIVE_UP_AFTER, RETRY_SECONDS, Attempt, Delivery, DeliveryState

_SECONDS = 15.0
_ANSWER_BYTES = 4_000
_FEWEST = 5
"""It is tried so often at least, however long no worker ran or it waited for an earlier one."""
_LONGEST_WAIT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. With `due_at` it is tried again; `wait_until` is when the endpoint asked to be
    left alone until; `is_gone`: it wants nothing any more."""

    attempt: Attempt
    state: DeliveryState
    reason: str = ""
    due_at: datetime | None = None
    wait_until: datetime | None = None
    is_gone: bool = False


async def post(
    outside: OutboundClient, url: str, headers: dict[str, str], body: bytes, now: datetime
) -> tuple[Attempt, OutboundAnswer | None]:
    """Send a message, follow no redirect; what was answered, or why nothing was."""
    began = perf_counter()
    answer, error = None, ""
    try:
        answer = await outside.send(
            OutboundRequest(
                url,
                "POST",
                {"content-type": "application/json", "user-agent": "Infra24-Booking-Webhooks/1", **headers},
                body,
                seconds=_SECONDS,
                most_bytes=_ANSWER_BYTES,
                may_cut=True,
            )
        )
    except DomainError as failure:
        error = str(failure.details.get("reason") or failure.code)
    took = round(1_000 * (perf_counter() - began))
    text = answer.body.decode("utf-8", "replace").replace("\0", "") if answer else ""
    return Attempt(now, answer.status if answer else None, error, text[:_ANSWER_BYTES], took), answer


def outcome_of(delivery: Delivery, attempt: Attempt, answer: OutboundAnswer | None, now: datetime) -> Outcome:
    """What an answer means: 2xx is delivered, 410 ends the endpoint, anything else is tried again, for three
    days; not before the Retry-After of 429 and 503.

    `delivery` is as it is after the attempt.
    """
    if answer is not None and 200 <= answer.status < 300:
        return Outcome(attempt, DeliveryState.DELIVERED)
    reason = attempt.error or f"status_{attempt.status}"
    if answer is not None and answer.status == 410:
        return Outcome(attempt, DeliveryState.FAILED, reason, is_gone=True)
    over = delivery.attempts >= _FEWEST and now - delivery.queued_at >= GIVE_UP_AFTER
    if over or delivery.attempts > len(RETRY_SECONDS):
        return Outcome(attempt, DeliveryState.FAILED, reason)
    seconds = RETRY_SECONDS[delivery.attempts - 1] * random.SystemRandom().uniform(0.8, 1.2)
    due_at = now + timedelta(seconds=seconds)
    asked = _retry_after(answer, now)
    return Outcome(attempt, DeliveryState.QUEUED, reason, max(due_at, asked or due_at), asked)


def _retry_after(answer: OutboundAnswer | None, now: datetime) -> datetime | None:
    """Until when an endpoint asks to be left alone (RFC 9110, 10.2.3), a day at most."""
    if answer is None or answer.status not in (429, 503):
        return None
    written = answer.headers.get("retry-after", "").strip()
    try:
        if written.isdecimal():
            until = now + timedelta(seconds=min(int(written[:9]), 10**8))
        else:
            until = parsedate_to_datetime(written)
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return min(until, now + _LONGEST_WAIT) if until > now else None
