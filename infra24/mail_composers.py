"""Who writes which letter, on one page."""

from infra24 import announcements
from infra24.mail import Writers
from infra24.people.emails import LETTERS

WRITERS: Writers = {**LETTERS, **announcements.LETTERS}
"""A kind, once used, stays: waiting jobs remember it."""
