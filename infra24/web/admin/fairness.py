"""/{org}/admin/fairness: who takes turns, the ledger of an offer, what other weights would give."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from infra24 import bookings, resources, round_robin
from infra24.availability import ONE_TURN, LedgerTurn, Replay, charges
from infra24.round_robin import LedgerCheck
from infra24.web.caller import caller_of, current_org
from infra24.web.pages.forms import read_number
from infra24.web.rendering import page, with_query
from infra24.web.services import services

_LINES = 25


async def fairness_page(request: Request) -> Response:
    """The offers whose hosts take turns."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        offers = await round_robin.offers(tx)
    context = {"section": "fairness", "offers": offers, "offer": None, "zone": ZoneInfo(here.time_zone)}
    return page(request, "admin/fairness.html", here, context)


async def ledger_page(request: Request) -> Response:
    """The ledger of one offer, added up again; other weights tried on it; its lines, a page at a time."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        offer = await resources.get_by_slug(tx, request.path_params["slug"])
        audit = await round_robin.check_ledger(tx, offer.id)
    sent = request.query_params
    weights = {
        name.removeprefix("w-"): min(1_000, max(1, read_number(value)))
        for name, value in sent.items()
        if name.startswith("w-")
    }
    tried = round_robin.simulate_weights(audit, weights) if weights else None
    pages = max(1, -(-len(audit.ledger) // _LINES))
    number = min(pages, max(1, read_number(sent.get("page"))))
    context = {
        "section": "fairness",
        "offer": offer,
        "audit": audit,
        "turns": sum(-1 if turn.returned else 1 for turn in audit.ledger),
        "rows": [_row(audit, key, tried, weights) for key in _hosts(audit)],
        "tried": tried is not None,
        "lines": _lines(audit, number),
        "number": number,
        "pages": pages,
        "older": with_query(request, page=number + 1) if number < pages else "",
        "newer": with_query(request, page=number - 1) if number > 1 else "",
        "zone": ZoneInfo(here.time_zone),
    }
    return page(request, "admin/fairness.html", here, context)


def _hosts(audit: LedgerCheck) -> list[Any]:
    return sorted(audit.replayed.standings, key=lambda key: audit.names.get(key, ""))


def _row(audit: LedgerCheck, key: Any, tried: Replay | None, weights: Mapping[str, int]) -> dict[str, Any]:
    now, most = audit.replayed.standings[key], max(s.given for s in audit.replayed.standings.values())
    other = tried.standings.get(key) if tried else None
    recorded = [c.weight for turn in audit.ledger for c in turn.candidates if c.key == key]
    return {
        "id": str(key),
        "name": audit.names.get(key, ""),
        "given": now.given,
        "owed": now.owed / ONE_TURN,
        "balance": now.balance / ONE_TURN,
        "part": now.given / most if most else 0,
        "weight": weights.get(str(key), recorded[-1] if recorded else 100),
        "tried": other.given if other else None,
    }


def _lines(audit: LedgerCheck, number: int) -> list[dict[str, Any]]:
    """One page of the ledger, the newest line first."""
    wrong = set(audit.replayed.wrong)
    numbered = list(enumerate(audit.ledger))[::-1]
    return [_line(audit, turn, place, place in wrong)
            for place, turn in numbered[(number - 1) * _LINES : number * _LINES]]  # fmt: skip


def _line(audit: LedgerCheck, turn: LedgerTurn, place: int, wrong: bool) -> dict[str, Any]:
    sign = -1 if turn.returned else 1
    moved = charges(turn.candidates, turn.chosen)
    return {
        "number": place + 1,
        "at": bookings.instant(turn.at),
        "booking": UUID(str(turn.booking)) if turn.booking else None,
        "chosen": [audit.names.get(key, "") for key in turn.chosen],
        "returned": turn.returned,
        "kept": turn.kept,
        "wrong": wrong,
        "shares": [
            {
                "name": audit.names.get(candidate.key, ""),
                "free": candidate.free,
                "present": candidate.present,
                "balance": candidate.balance / ONE_TURN,
                "change": sign * moved.get(candidate.key, 0) / ONE_TURN,
            }
            for candidate in turn.candidates
        ],
    }
