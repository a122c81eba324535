"""The analytics API: the same figures as the page, as JSON or one table of them as CSV."""

from datetime import UTC
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response

from infra24 import analytics
from infra24.analytics import RANGES, TABLES, Report, ReportRequest, Step
from infra24.errors import Message, ValidationFailed
from infra24.web.admin.analytics import csv_answer
from infra24.web.api.fields import Day, Org
from infra24.web.api.responses import json_response
from infra24.web.caller import caller_of, current_org
from infra24.web.services import services

Said = Annotated[str, Query(max_length=100)]


async def read_analytics(
    request: Request,
    org: Org,
    range: Annotated[str, Query(max_length=20, description=f"One of {', '.join(RANGES)}.")] = "",
    start_date: Annotated[
        Day | None, Query(description="The first date, in the organization's zone.")
    ] = None,
    end_date: Annotated[Day | None, Query(description="The last, included; two years later at most.")] = None,
    by: Annotated[Literal["day", "week"] | None, Query(description="The steps of the trend.")] = None,
    type: Annotated[Said, Query(description="Only this offer, by slug or id.")] = "",
    resource: Annotated[Said, Query(description="Only what takes this resource, by slug or id.")] = "",
    host: Annotated[Said, Query(description="Only what this person hosts, by slug or id.")] = "",
    format: Annotated[Literal["json", "csv"] | None, Query(description="Else as Accept says.")] = None,
    table: Annotated[str, Query(max_length=20, description=f"Of CSV: {', '.join(TABLES)}.")] = "trend",
) -> Response:
    """Booking analytics for a range of dates. Defaults to the last 30 days."""
    app, here = services(request), current_org(request)
    zone, now = ZoneInfo(here.time_zone), app.clock()
    if table not in TABLES:
        raise ValidationFailed({"table": Message("must be one of %(known)s", known=", ".join(TABLES))})
    dates = analytics.read_range(range or None, start_date, end_date, now.astimezone(zone).date(), zone)
    report_request = ReportRequest(dates, Step(by) if by else None, type, resource, host)
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        report = await analytics.report(tx, report_request, currency=here.currency, now=now)
    if format == "csv" or (format is None and _asks_for_csv(request.headers.get("accept", ""))):
        return csv_answer(report, here, table)
    return json_response(_view(report))


def _view(report: Report) -> dict[str, Any]:
    dates = report.range
    return {
        "timezone": dates.zone.key,
        "start_date": dates.first,
        "end_date": dates.last,
        "before_start_date": dates.before.first,
        "before_end_date": dates.before.last,
        "step": report.step.value,
        "made_at": report.made_at.astimezone(UTC),
        **{table.name: table.as_json() for table in analytics.tables(report)},
    }


def _asks_for_csv(accept: str) -> bool:
    """Whether CSV is the first of the two that the caller names."""
    named = [kind.split(";")[0].strip() for kind in accept.split(",")]
    wanted = [kind for kind in named if kind in ("text/csv", "application/json", "*/*")]
    return wanted[:1] == ["text/csv"]
