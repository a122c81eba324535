"""Choosing which messages one wants, and asking what somebody chose."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from infra24.channels import Channel
from infra24.consent import queries
from infra24.consent.model import NotDeclinable, Preference, Purpose, Source, is_wanted_by_default
from infra24.db import Database, Tx

Asked = tuple[Channel, str, Purpose]


async def choose(
    tx: Tx, channel: Channel, address: str, purpose: Purpose, wanted: bool, source: Source, now: datetime
) -> None:
    """Keep what the owner of an address wants. Raises NotDeclinable for e-mail about their own bookings."""
    if not wanted and (channel, purpose) == (Channel.EMAIL, Purpose.BOOKING):
        raise NotDeclinable()
    await queries.put_preference(tx, Preference(channel, _plain(address), purpose, wanted, source), now)


async def wants(tx: Tx, channel: Channel, address: str, purpose: Purpose) -> bool:
    """Whether an address is sent messages of a purpose: what it chose, or the default; suppression aside."""
    chosen = await preferences_of(tx, address)
    return chosen.get((channel, purpose), is_wanted_by_default(channel, purpose))


async def organizations_wanting(database: Database, purpose: Purpose) -> list[UUID]:
    """The organizations where somebody chose to get messages of a purpose."""
    return await queries.organizations_wanting(database, purpose)


async def addresses_wanting(tx: Tx, channel: Channel, purpose: Purpose) -> list[str]:
    """The addresses that chose to get messages of a purpose."""
    return await queries.addresses_wanting(tx, channel, purpose)


async def preferences_of(tx: Tx, address: str) -> dict[tuple[Channel, Purpose], bool]:
    """What an address chose."""
    found = await queries.preferences(tx, [_plain(address)])
    return {(one.channel, one.purpose): one.wanted for one in found}


async def unwanted(tx: Tx, asked: Collection[Asked]) -> tuple[set[Asked], set[Asked]]:
    """Of these messages the ones whose address is sent nothing, and those whose purpose it declined."""
    addresses = {_plain(address) for _, address, _ in asked}
    if not addresses:
        return set(), set()
    blocked = await queries.suppressed(tx, sorted(addresses))
    chosen = {(one.channel, one.address, one.purpose): one.wanted
              for one in await queries.preferences(tx, sorted(addresses))}  # fmt: skip
    barred = {one for one in asked if (one[0], _plain(one[1])) in blocked}
    declined = {
        (channel, address, purpose)
        for channel, address, purpose in asked
        if not chosen.get((channel, _plain(address), purpose), is_wanted_by_default(channel, purpose))
    }
    return barred, declined


def _plain(address: str) -> str:
    return address.strip().lower()
