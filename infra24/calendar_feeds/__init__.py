"""Calendar feeds: private addresses under which calendar programs read an organization's bookings."""

from infra24.calendar_feeds.feeds import create, listed, open_feed, revoke
from infra24.calendar_feeds.model import CalendarFeed, UnknownFeed

__all__ = ["CalendarFeed", "UnknownFeed", "create", "listed", "open_feed", "revoke"]
