"""When is it free, and if not, why not: pure functions over intervals, rules and `now`.

Standard library and the refusals only: no clock, no database, no await. Instants are integers,
seconds since 1970 in UTC; spans are half-open.
"""

from infra24.availability.assignment import Demand, assign
from infra24.availability.booking_rules import BookingRules, Limit, LimitScope, Period, period_of
from infra24.availability.contradictions import contradictions
from infra24.availability.inputs import AvailabilityInput, Busy, Explanation, Member, Need, NeedStatus
from infra24.availability.intervals import Span, intersect, subtract, union
from infra24.availability.joint_search import are_interdependent
from infra24.availability.pooling import (
    ONE_TURN,
    Candidate,
    Decision,
    LedgerTurn,
    Replay,
    Standing,
    charges,
    rank,
    replay,
    simulate,
)
from infra24.availability.reasons import CLOSED, CONTENDED, LIMITED, Reason
from infra24.availability.rules import HostTerms, Pooling, Rules, Window
from infra24.availability.rules_reader import parse
from infra24.availability.schedules import (
    NO_HOLIDAYS,
    Holidays,
    Kind,
    Override,
    Schedule,
    TravelPeriod,
    closings,
    hours_open,
    off,
    opening,
)
from infra24.availability.slots import (
    can_host,
    explain,
    explain_all,
    free_hosts,
    free_starts,
    nearest,
    pick_members,
    staffed,
    why_none,
)

__all__ = [
    "CLOSED",
    "CONTENDED",
    "LIMITED",
    "NO_HOLIDAYS",
    "ONE_TURN",
    "AvailabilityInput",
    "BookingRules",
    "Busy",
    "Candidate",
    "Decision",
    "Demand",
    "Explanation",
    "Holidays",
    "HostTerms",
    "Kind",
    "LedgerTurn",
    "Limit",
    "LimitScope",
    "Member",
    "Need",
    "NeedStatus",
    "Override",
    "Period",
    "Pooling",
    "Reason",
    "Replay",
    "Rules",
    "Schedule",
    "Span",
    "Standing",
    "TravelPeriod",
    "Window",
    "are_interdependent",
    "assign",
    "can_host",
    "charges",
    "closings",
    "contradictions",
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
    "pick_members",
    "rank",
    "replay",
    "simulate",
    "staffed",
    "subtract",
    "union",
    "why_none",
]
