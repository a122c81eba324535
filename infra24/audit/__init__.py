"""The audit: who changed what, from where, before and after. The database writes it; nobody can change it."""

from infra24.audit.model import Entry, Filters
from infra24.audit.queries import of_subject, subjects
from infra24.audit.trail import page
from infra24.audit.verification import Broken, verify

__all__ = ["Broken", "Entry", "Filters", "of_subject", "page", "subjects", "verify"]
