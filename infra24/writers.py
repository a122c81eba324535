"""Who writes which letter, on one page."""

from infra24.letters import Writers

WRITERS: Writers = {}
"""A kind, once used, stays: waiting jobs remember it."""
