"""Checks every part of an installation and says what to do about each."""

from collections.abc import Iterator

import psycopg

from infra24 import setup_errors
from infra24.doctor import database, installation
from infra24.doctor.model import Check, Finding
from infra24.errors import DomainError
from infra24.server import Urls
from infra24.settings import Settings
from infra24.setup_errors import SchemaMissing

__all__ = ["Finding", "examine"]


def examine(settings: Settings, urls: Urls) -> Iterator[Finding]:
    """Look at every part; a part that cannot be looked at is a finding, not a crash."""
    for part, check in installation.checks(settings):
        yield _looked_at(part, check)
    answers = _looked_at("Database", lambda: database.database(urls))
    yield answers
    if not answers.well:
        advice = "correct the database first: schema, tenancy, audit, jobs and events are in it"
        yield Finding("All else", False, "not checked", advice)
        return
    for part, check in database.checks(urls):
        yield _looked_at(part, check)


def _looked_at(part: str, check: Check) -> Finding:
    try:
        return check()
    except (DomainError, psycopg.Error, OSError) as error:
        return _failed(part, error)


def _failed(part: str, error: Exception) -> Finding:
    """A part that could not be looked at: what was said, and what it means."""
    seen = (str(error).strip().splitlines() or [type(error).__name__])[0]
    known = setup_errors.explained(error)
    if isinstance(known, SchemaMissing):
        return Finding(part, False, "not migrated yet", "infra24 migrate")
    return Finding(part, False, seen, known.message.splitlines()[0] if known else "see the log")
