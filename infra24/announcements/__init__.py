"""Notices for the staff: one on each new booking, change and cancellation, as kind and facts."""

from infra24.announcements.announcements import (
    ANNOUNCED,
    Announcement,
    Reader,
    announce_event,
    count_unread,
    mark_read,
    newest,
    of_booking,
    readers,
)

__all__ = [
    "ANNOUNCED",
    "Announcement",
    "Reader",
    "announce_event",
    "count_unread",
    "mark_read",
    "newest",
    "of_booking",
    "readers",
]
