"""What can be occupied or offered: spaces, equipment, people and the rest, each with its rules."""

from infra24.resources import events
from infra24.resources.blackouts import Blackout, BlackoutGone, add_blackout, blackouts, remove_blackout
from infra24.resources.catalogue import (
    archive,
    bookable,
    create,
    get,
    get_by_slug,
    holidays_changed,
    id_of,
    index,
    listed,
    page,
    preview,
    restore,
    several,
    update,
    update_if_version,
)
from infra24.resources.catalogue_queries import (
    bump_catalogue_version,
    catalogue_version,
    lock,
    raise_longest_claim,
)
from infra24.resources.drafts import canonical, draft_of, normalize, slug_of
from infra24.resources.meeting import meeting_url
from infra24.resources.model import (
    Draft,
    PartsInUse,
    Resource,
    ResourceChanged,
    ResourceExists,
    ResourceInUse,
)
from infra24.resources.needs import ResourceIndex, ResourceRef
from infra24.resources.offers import cached_offer, hosts_named_in, offer, schedules
from infra24.resources.pools import ANYONE, HostPreference, Offer, Pool, PoolMember
from infra24.resources.questions import read_answers
from infra24.resources.search import PAGE, ResourceFilter, count, counts_by_location, search

__all__ = [
    "ANYONE",
    "PAGE",
    "Blackout",
    "BlackoutGone",
    "Draft",
    "HostPreference",
    "Offer",
    "PartsInUse",
    "Pool",
    "PoolMember",
    "Resource",
    "ResourceChanged",
    "ResourceExists",
    "ResourceFilter",
    "ResourceInUse",
    "ResourceIndex",
    "ResourceRef",
    "add_blackout",
    "archive",
    "blackouts",
    "bookable",
    "bump_catalogue_version",
    "cached_offer",
    "canonical",
    "catalogue_version",
    "count",
    "counts_by_location",
    "create",
    "draft_of",
    "events",
    "get",
    "get_by_slug",
    "holidays_changed",
    "hosts_named_in",
    "id_of",
    "index",
    "listed",
    "lock",
    "meeting_url",
    "normalize",
    "offer",
    "page",
    "preview",
    "raise_longest_claim",
    "read_answers",
    "remove_blackout",
    "restore",
    "schedules",
    "search",
    "several",
    "slug_of",
    "update",
    "update_if_version",
]
