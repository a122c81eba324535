"""Offers: the rules of a resource read once per version, its hosts beside them."""

from collections import OrderedDict
from uuid import UUID

from infra24 import organizations
from infra24.availability import HostTerms, parse
from infra24.db import Tx
from infra24.organizations import UnknownResource
from infra24.resources import queries
from infra24.resources.model import Host, Offer

_KEPT = 5_000
_remembered: OrderedDict[tuple[UUID, UUID], Offer] = OrderedDict()


def recall(tx: Tx, resource_id: UUID) -> Offer | None:
    """The offer as this process last read it. Compare its version with the database before use."""
    return _remembered.get((tx.org_id, resource_id))


async def offer(tx: Tx, resource_id: UUID) -> Offer:
    """Read an offer: the resource, its rules, its active hosts. Refuses with UnknownResource."""
    resource = await queries.get(tx, resource_id)
    if resource is None:
        raise UnknownResource()
    organization = await organizations.get(tx)
    rows = await queries.hosts(tx, resource_id)
    people = [row[1] for row in rows] + named_hosts(resource.availability_rules)
    rules = parse(resource.availability_rules, zone=organization.time_zone, people=people)
    hosts = []
    for id_, email, name, position, own in rows:
        own_rules = parse(own, zone=organization.time_zone, people=named_hosts(own))
        hosts.append(
            Host(
                id_,
                email,
                name,
                position,
                rules.terms.get(email, HostTerms()),
                own_rules.blackouts,
                own_rules.zone,
            )
        )
    longest = await queries.longest_claim(tx, [resource_id, *(host.id for host in hosts)])
    read = Offer(resource, rules, tuple(hosts), longest)
    if not tx.remembers:
        return read
    _remembered[tx.org_id, resource_id] = read
    _remembered.move_to_end((tx.org_id, resource_id))
    if len(_remembered) > _KEPT:
        _remembered.popitem(last=False)
    return read


def named_hosts(document: dict[str, object]) -> list[str]:
    """The hosts that stored rules name: they were checked when they were saved, and may have left since."""
    windows = document.get("windows", [])
    assert isinstance(windows, list)
    return [str(window["host"]).strip().lower() for window in windows if window.get("host")]
