"""Notices for the staff: one on each new booking, change and cancellation."""

from infra24.announcements.board import Announcement, newest, write_for

__all__ = ["Announcement", "newest", "write_for"]
