"""Infra24 Booking: people, things and classes of many organizations, booked without collisions."""

from zoneinfo import reset_tzpath

__version__ = "0.1.0"

# The zones of the package tzdata on every machine: the system's may be years old, and then a law that
# changed the clocks is known to one server and not to the next.
reset_tzpath(to=())
