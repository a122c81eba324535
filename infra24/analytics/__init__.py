"""What the bookings of a time add up to: trends, use against open hours, lead time, what did not happen."""

from infra24.analytics.model import (
    LONGEST_DAYS,
    RANGES,
    Bucket,
    Filters,
    Lead,
    Offered,
    Range,
    Report,
    ResourceInfo,
    Step,
    Tally,
    Use,
)
from infra24.analytics.ranges import read_range
from infra24.analytics.reports import ReportRequest, report, things
from infra24.analytics.tables import TABLES, table, tables

__all__ = [
    "LONGEST_DAYS",
    "RANGES",
    "TABLES",
    "Bucket",
    "Filters",
    "Lead",
    "Offered",
    "Range",
    "Report",
    "ReportRequest",
    "ResourceInfo",
    "Step",
    "Tally",
    "Use",
    "read_range",
    "report",
    "table",
    "tables",
    "things",
]
