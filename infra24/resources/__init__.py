"""What can be occupied or offered: spaces, equipment, people and the rest, each with its rules."""

from infra24.resources.catalogue import (
    archive,
    bookable,
    create,
    get,
    get_by_slug,
    listed,
    update,
)
from infra24.resources.meeting import meeting_url
from infra24.resources.model import (
    Draft,
    Host,
    Offer,
    Resource,
    ResourceExists,
    ResourceInUse,
)
from infra24.resources.offers import offer, recall
from infra24.resources.queries import lock

__all__ = [
    "Draft",
    "Host",
    "Offer",
    "Resource",
    "ResourceExists",
    "ResourceInUse",
    "archive",
    "bookable",
    "create",
    "get",
    "get_by_slug",
    "listed",
    "lock",
    "meeting_url",
    "offer",
    "recall",
    "update",
]
