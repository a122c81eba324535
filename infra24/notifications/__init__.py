"""Who is told what by e-mail when something happens to a booking."""

from infra24.notifications.bookings import COMPOSERS, notify_approvers, notify_booker, notify_cancelled

__all__ = ["COMPOSERS", "notify_approvers", "notify_booker", "notify_cancelled"]
