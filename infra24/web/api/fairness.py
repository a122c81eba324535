"""The ledger of turns, added up again and tried with other weights: for staff."""

from typing import Annotated, Any

from fastapi import Query, Request, Response

from infra24 import resources, round_robin
from infra24.availability import ONE_TURN, Replay
from infra24.round_robin import LedgerCheck
from infra24.web.api.fields import Org
from infra24.web.api.resources import ResourceNamed
from infra24.web.api.responses import json_response
from infra24.web.caller import caller_of, current_org
from infra24.web.services import services

Weights = Annotated[
    str, Query(max_length=2_000, description="Other weights to try: <e-mail>=150,<e-mail>=50.")
]


async def fairness(request: Request, org: Org, id: ResourceNamed, weights: Weights = "") -> Response:
    """Who was given how many turns of an offer and who is owed some: the ledger, proved by adding it up."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        offer = await resources.get_by_slug(tx, id)
        audit = await round_robin.check_ledger(tx, offer.id)
        hosts = {known.email: known.id for known in await resources.index(tx) if known.email}
    tried = round_robin.simulate_weights(audit, round_robin.read_weights(weights, hosts)) if weights else None
    return json_response(
        {
            "resource_id": offer.id,
            "holds": audit.holds,
            "turns": sum(-1 if turn.returned else 1 for turn in audit.ledger),
            "wrong_lines": audit.replayed.wrong,
            "hosts": standings(audit, audit.replayed),
            "simulated": standings(audit, tried) if tried else None,
        }
    )


def standings(audit: LedgerCheck, of: Replay) -> list[dict[str, Any]]:
    """Each host's turns, what they were owed and their balance, in turns."""
    return [
        {
            "host_id": str(key),
            "name": audit.names.get(key, ""),
            "given": standing.given,
            "owed": round(standing.owed / ONE_TURN, 3),
            "balance": round(standing.balance / ONE_TURN, 3),
        }
        for key, standing in sorted(of.standings.items(), key=lambda item: audit.names.get(item[0], ""))
    ]
