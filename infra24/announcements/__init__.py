"""Notices for the staff: one on each new booking, change and cancellation."""

from infra24.announcements.announcements import Announcement, announce_event, newest, of_booking

__all__ = ["Announcement", "announce_event", "newest", "of_booking"]
