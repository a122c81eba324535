"""When is it free, and if not, why not: pure functions over intervals, rules and `now`.

Standard library and the refusals only: no clock, no database, no await. Instants are integers,
seconds since 1970 in UTC; spans are half-open.
"""

from infra24.availability.intervals import Span, intersect, subtract, union
from infra24.availability.pooling import Candidate, Decision, rank
from infra24.availability.reasons import CONTENDED, Reason
from infra24.availability.rules import Blackout, HostTerms, Pooling, Rules, Window, parse
from infra24.availability.slots import (
    Busy,
    Explanation,
    Member,
    Timetable,
    explain,
    free_hosts,
    free_starts,
    nearest,
)

__all__ = [
    "CONTENDED",
    "Blackout",
    "Busy",
    "Candidate",
    "Decision",
    "Explanation",
    "HostTerms",
    "Member",
    "Pooling",
    "Reason",
    "Rules",
    "Span",
    "Timetable",
    "Window",
    "explain",
    "free_hosts",
    "free_starts",
    "intersect",
    "nearest",
    "parse",
    "rank",
    "subtract",
    "union",
]
