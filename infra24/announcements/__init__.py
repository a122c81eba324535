"""Notices for the staff: one on each new booking, change and cancellation."""

from infra24.announcements.announcements import TITLES, Announcement, announce_event, newest, of_booking

__all__ = ["TITLES", "Announcement", "announce_event", "newest", "of_booking"]
