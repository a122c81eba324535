"""How the API reads the names of things: an id, or a slug where it is known whose."""

from uuid import UUID

from infra24 import resources
from infra24.db import Tx
from infra24.errors import Message, NotFound, ValidationFailed
from infra24.organizations import UnknownResource
from infra24.resources import ANYONE, HostPreference
from infra24.web.services import Services


class UnknownHost(NotFound):
    """There is no host with this staff_id. Use the id or slug of a person, or leave it out."""


async def organization_meant(app: Services, field: str, resource: str, org: str | None) -> UUID:
    """The organization in which a resource is meant: the one that is named, else that of the id.

    Raises UnknownOrganization and UnknownResource, and ValidationFailed for a slug without an organization.
    """
    id_, org_id = _id(resource), _id(org)
    if org is not None and (id_ is None or org_id is None):
        return (await app.directory.find(org)).id
    if id_ is None:
        raise ValidationFailed({field: Message("is a slug, so the organization is needed too: send org")})
    belongs = await app.directory.org_of_resource(id_)  # remembered, so that ids cost no question
    if org_id not in (None, belongs):
        raise UnknownResource()
    return belongs


async def with_host(tx: Tx, named: str | None) -> HostPreference:
    """The choice of one host by id or slug, or of anyone. Raises UnknownHost."""
    found = await host_id(tx, named)
    return HostPreference((found,)) if found else ANYONE


async def host_id(tx: Tx, named: str | None) -> UUID | None:
    """The id of a host that is named by id or slug, if one is. Raises UnknownHost."""
    try:
        return await resources.id_of(tx, named) if named else None
    except UnknownResource:
        raise UnknownHost() from None


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
