"""Every type of event, by its name: what an organization's sequence can hold."""

from collections.abc import Mapping

from infra24.booking_links import events as links
from infra24.bookings import events as bookings
from infra24.bookings.series import events as series
from infra24.events import EventType
from infra24.organizations import events as organizations
from infra24.people import events as people
from infra24.resources import events as resources
from infra24.webhooks import events as webhooks

EVENT_TYPES: Mapping[str, EventType] = {
    type_.name: type_
    for module in (bookings, series, resources, links, organizations, people, webhooks)
    for type_ in module.TYPES
}
