"""When is it free, and if not, why not: pure functions over intervals, rules and `now`.

Standard library and the refusals only: no clock, no database, no await. Instants are integers,
seconds since 1970 in UTC; spans are half-open.
"""

from infra24.availability.assignment import Demand, assign
from infra24.availability.booking_rules import Limit, Period, Terms, Whose, period_of
from infra24.availability.contradictions import contradictions
from infra24.availability.inputs import Busy, Explanation, Member, Need, Party, Timetable
from infra24.availability.intervals import Span, intersect, subtract, union
from infra24.availability.pooling import (
    TURN,
    Candidate,
    Decision,
    Replay,
    Standing,
    Turn,
    charges,
    rank,
    replay,
    simulate,
)
from infra24.availability.reasons import CLOSED, CONTENDED, LIMITED, Reason
from infra24.availability.rules import HostTerms, Pooling, Rules, Window, parse
from infra24.availability.schedules import (
    NO_HOLIDAYS,
    Holidays,
    Kind,
    Override,
    Schedule,
    Travel,
    closings,
    hours_open,
    off,
    opening,
)
from infra24.availability.slots import (
    can_host,
    choose,
    entangled,
    explain,
    explain_all,
    free_hosts,
    free_starts,
    nearest,
    staffed,
    why_none,
)

__all__ = [
    "CLOSED",
    "CONTENDED",
    "LIMITED",
    "NO_HOLIDAYS",
    "TURN",
    "Busy",
    "Candidate",
    "Decision",
    "Demand",
    "Explanation",
    "Holidays",
    "HostTerms",
    "Kind",
    "Limit",
    "Member",
    "Need",
    "Override",
    "Party",
    "Period",
    "Pooling",
    "Reason",
    "Replay",
    "Rules",
    "Schedule",
    "Span",
    "Standing",
    "Terms",
    "Timetable",
    "Travel",
    "Turn",
    "Whose",
    "Window",
    "assign",
    "can_host",
    "charges",
    "choose",
    "closings",
    "contradictions",
    "entangled",
    "explain",
    "explain_all",
    "free_hosts",
    "free_starts",
    "hours_open",
    "intersect",
    "nearest",
    "off",
    "opening",
    "parse",
    "period_of",
    "rank",
    "replay",
    "simulate",
    "staffed",
    "subtract",
    "union",
    "why_none",
]
