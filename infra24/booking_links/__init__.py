"""Booking links: pages of one's own for some offers and hosts, with an end, a number of uses, a look."""

from infra24.booking_links.links import (
    archive,
    change,
    check_open,
    choice_of,
    create,
    draft_of,
    get,
    get_by_id,
    listed,
    org_of_link,
)
from infra24.booking_links.model import KINDS, BookingLink, LinkDraft, LinkExists, LinkOver, UnknownLink
from infra24.booking_links.private import Prefilled, read_private, write_private
from infra24.booking_links.uses import lock, use

__all__ = [
    "KINDS",
    "BookingLink",
    "LinkDraft",
    "LinkExists",
    "LinkOver",
    "Prefilled",
    "UnknownLink",
    "archive",
    "change",
    "check_open",
    "choice_of",
    "create",
    "draft_of",
    "get",
    "get_by_id",
    "listed",
    "lock",
    "org_of_link",
    "read_private",
    "use",
    "write_private",
]
