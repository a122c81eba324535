"""Who writes which letter, on one page."""

from infra24 import announcements
from infra24.letters import Writers
from infra24.people.letters import LETTERS

WRITERS: Writers = {**LETTERS, **announcements.LETTERS}
"""A kind, once used, stays: waiting jobs remember it."""
