"""Commands that reckon again what is kept: whose turn it is, which zones changed."""

from typing import Annotated

import typer
from rich.table import Table

from infra24 import bookings, clock, resources, round_robin
from infra24.availability import ONE_TURN, Replay
from infra24.bookings import Shifted
from infra24.commands.database import in_organization, organization_named
from infra24.commands.terminal import console, opened, read_settings
from infra24.db import Tx
from infra24.errors import Conflict, operator_text
from infra24.round_robin import LedgerCheck


class LedgerWrong(Conflict):
    """The ledger of turns does not add up: someone changed the database by hand. Compare it with a backup."""


def fairness(
    slug: Annotated[str, typer.Argument(help="The organization.")],
    offer: Annotated[str, typer.Argument(help="The offer whose hosts take turns.")],
    weights: Annotated[
        str, typer.Option(help="Try other weights: mo@oolite.org=150,carla@oolite.org=50")
    ] = "",
) -> None:
    """Verify the round-robin ledger; with --weights, show what other weights would have given."""
    settings = read_settings()

    async def added_up(tx: Tx) -> tuple[LedgerCheck, Replay | None]:
        resource = await resources.get_by_slug(tx, offer)
        audit = await round_robin.check_ledger(tx, resource.id)
        if not weights:
            return audit, None
        hosts = {known.email: known.id for known in await resources.index(tx) if known.email}
        return audit, round_robin.simulate_weights(audit, round_robin.read_weights(weights, hosts))

    with opened(settings) as urls:
        audit, tried = in_organization(settings, urls, organization_named(urls, slug), added_up)
    _print_ledger(audit, tried)
    if not audit.holds:
        raise LedgerWrong(
            operator_text(
                f"{LedgerWrong.__doc__} "
                f"Wrong lines: {audit.replayed.wrong or 'none, but the balances differ'}."
            )
        )
    console.print(f"{len(audit.ledger)} lines verified.")


def _print_ledger(audit: LedgerCheck, tried: Replay | None) -> None:
    """A line for each host, and what other weights would have given."""
    table = Table(box=None, pad_edge=False)
    for heading in ("host", "given", "owed", "balance", *(["would have had"] if tried else [])):
        table.add_column(heading, justify="left" if heading == "host" else "right")
    for key, standing in audit.replayed.standings.items():
        other = [str(tried.standings[key].given)] if tried and key in tried.standings else []
        owed, balance = standing.owed / ONE_TURN, standing.balance / ONE_TURN
        name = audit.names.get(key, str(key))
        table.add_row(name, str(standing.given), f"{owed:.2f}", f"{balance:+.2f}", *other)
    console.print(table)


def zones(slug: Annotated[str, typer.Argument(help="The organization.")]) -> None:
    """List upcoming bookings whose time zone rules have changed since they were made."""
    settings = read_settings()

    async def shifted(tx: Tx) -> list[Shifted]:
        return await bookings.shifted_by_law(tx, clock.now())

    with opened(settings) as urls:
        moved = in_organization(settings, urls, organization_named(urls, slug), shifted)
    for one in moved:
        console.print(
            f"{one.booking.reference}  {one.booking.time_zone}  agreed {one.agreed:%Y-%m-%d %H:%M}, "
            f"the clock will show {one.shows:%H:%M}; to keep it: {one.instant_of_agreed:%Y-%m-%dT%H:%MZ}"
        )
    if not moved:
        console.print("No booking to come is affected.")
