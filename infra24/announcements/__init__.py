"""Notices for the staff: one on each new booking, change and cancellation, as kind and facts."""

from infra24.announcements.announcements import ANNOUNCED, Announcement, announce_event, newest, of_booking

__all__ = ["ANNOUNCED", "Announcement", "announce_event", "newest", "of_booking"]
