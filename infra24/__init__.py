"""Infra24 Booking: people, things and classes of many organizations, booked without collisions."""

__version__ = "0.1.0"
