"""Notices for the staff: one on each new booking, change and cancellation."""

from infra24.announcements.announcements import Announcement, newest, of_booking, write_for
from infra24.announcements.decisions import LETTERS, ask_approvers, tell_booker, tell_cancelled

__all__ = [
    "LETTERS",
    "Announcement",
    "ask_approvers",
    "newest",
    "of_booking",
    "tell_booker",
    "tell_cancelled",
    "write_for",
]
