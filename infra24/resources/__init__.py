"""What can be occupied or offered: spaces, equipment, people and the rest, each with its rules."""

from infra24.resources.catalogue import (
    archive,
    bookable,
    create,
    draft_of,
    get,
    get_by_slug,
    holidays_changed,
    known,
    listed,
    normal,
    page,
    preview,
    slug_of,
    tidy,
    update,
)
from infra24.resources.meeting import meeting_url
from infra24.resources.model import (
    ANYONE,
    Choice,
    Draft,
    Occupant,
    Offer,
    PartsInUse,
    Pool,
    Resource,
    ResourceExists,
    ResourceInUse,
)
from infra24.resources.needs import Directory, Known
from infra24.resources.offers import named_hosts, offer, recall
from infra24.resources.queries import lengthen, lock, turn_catalogue
from infra24.resources.questions import read_answers

__all__ = [
    "ANYONE",
    "Choice",
    "Directory",
    "Draft",
    "Known",
    "Occupant",
    "Offer",
    "PartsInUse",
    "Pool",
    "Resource",
    "ResourceExists",
    "ResourceInUse",
    "archive",
    "bookable",
    "create",
    "draft_of",
    "get",
    "get_by_slug",
    "holidays_changed",
    "known",
    "lengthen",
    "listed",
    "lock",
    "meeting_url",
    "named_hosts",
    "normal",
    "offer",
    "page",
    "preview",
    "read_answers",
    "recall",
    "slug_of",
    "tidy",
    "turn_catalogue",
    "update",
]
