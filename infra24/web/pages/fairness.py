"""/{org}/fairness/{slug}: the ledger of turns as a page, with a simulator. For staff, by their key."""

from typing import Any

from fastapi import Request, Response

from infra24 import resources, turns
from infra24.availability import TURN, Replay
from infra24.errors import Unauthenticated
from infra24.turns import Audit
from infra24.web.caller import Credentials, require_key
from infra24.web.pages.forms import read_number, typed
from infra24.web.rendering import page
from infra24.web.services import services


async def fairness_page(request: Request) -> Response:
    """GET asks for the key; POST shows who was given what, and what other weights would have given."""
    found = services(request)
    here = await found.directory.find(request.path_params["org"])
    empty: dict[str, Any] = {"shown": False, "wrong": False, "slug": request.path_params["slug"]}
    if request.method == "GET":
        return page(request, "fairness.html", here, empty)
    sent = await typed(request)
    key = sent.get("key", "").strip()
    try:
        async with found.database.transaction(here.id) as tx:
            await require_key(tx, Credentials(key, None))
            offer = await resources.get_by_slug(tx, request.path_params["slug"])
            audit = await turns.audit(tx, offer.id)
    except Unauthenticated:
        return page(request, "fairness.html", here, {**empty, "wrong": True}, status=401)
    weights = {
        name.removeprefix("w-"): min(1_000, max(1, read_number(value)))
        for name, value in sent.items()
        if name.startswith("w-")
    }
    tried = turns.simulated(audit, weights) if weights else None
    context = {
        **empty,
        "shown": True,
        "key": key,
        "offer": offer,
        "audit": audit,
        "turns": sum(-1 if turn.returned else 1 for turn in audit.ledger),
        "rows": [_row(audit, key_, tried, weights) for key_ in _hosts(audit)],
        "tried": tried is not None,
    }
    return page(request, "fairness.html", here, context)


def _hosts(audit: Audit) -> list[Any]:
    return sorted(audit.replayed.standings, key=lambda key: audit.names.get(key, ""))


def _row(audit: Audit, key: Any, tried: Replay | None, weights: dict[str, int]) -> dict[str, Any]:
    now, most = audit.replayed.standings[key], max(s.given for s in audit.replayed.standings.values())
    other = tried.standings.get(key) if tried else None
    recorded = [c.weight for turn in audit.ledger for c in turn.candidates if c.key == key]
    return {
        "id": str(key),
        "name": audit.names.get(key, ""),
        "given": now.given,
        "owed": now.owed / TURN,
        "balance": now.balance / TURN,
        "part": now.given / most if most else 0,
        "weight": weights.get(str(key), recorded[-1] if recorded else 100),
        "tried": other.given if other else None,
    }
