"""/{org}/admin/analytics: what bookings add up to, as numbers, charts, tables and CSV."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from infra24 import analytics
from infra24.analytics import RANGES, TABLES, Report, ReportRequest, ResourceInfo, Step
from infra24.csv_export import as_csv
from infra24.errors import Message, ValidationFailed
from infra24.organizations import Organization
from infra24.web.caller import caller_of, current_org
from infra24.web.presenters.analytics import Spoken, lying, shown
from infra24.web.rendering import format_for, page, with_query
from infra24.web.services import services

_FIELDS = ("range", "start_date", "end_date", "type", "resource", "host", "by")


async def analytics_page(request: Request) -> Response:
    """The report of the dates and filters in the address; with `?csv=` one table of it as a file."""
    app, here = services(request), current_org(request)
    typed = {name: request.query_params.get(name, "").strip()[:100] for name in _FIELDS}
    zone, now = ZoneInfo(here.time_zone), app.clock()
    context: dict[str, Any] = {
        "section": "analytics",
        "typed": typed,
        "ranges": RANGES,
        "address": lambda **changed: with_query(request, **{"csv": None, **changed}),
        "errors": {},
        "report": None,
        "shown": None,
        "choices": _choices(()),
        "lying": lying,
    }
    try:
        report_request = read_request(typed, now.astimezone(zone).date(), zone)
        wanted = request.query_params.get("csv")
        if wanted is not None and wanted not in TABLES:
            raise ValidationFailed({"csv": Message("is not a table")})
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            report = await analytics.report(tx, report_request, currency=here.currency, now=now)
    except ValidationFailed as refused:
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            context["choices"] = _choices(await analytics.things(tx))
        context["errors"] = refused.errors
        return page(request, "admin/analytics.html", here, context, status=422)
    if wanted is not None:
        return csv_answer(report, here, wanted)
    spoken = Spoken(format_for(request, here))
    context |= {"report": report, "choices": _choices(report.things), "shown": shown(report, spoken)}
    return page(request, "admin/analytics.html", here, context)


def read_request(typed: Mapping[str, str], today: date, zone: ZoneInfo) -> ReportRequest:
    """What the address asks for. Raises ValidationFailed by the name of the field."""
    problems: dict[str, Message] = {}

    def day(name: str) -> date | None:
        try:
            return date.fromisoformat(typed[name]) if typed[name] else None
        except ValueError:
            problems[name] = Message("is not a date; write it as YYYY-MM-DD")
            return None

    first, last = day("start_date"), day("end_date")
    by = typed["by"]
    if by not in ("", *Step):
        problems["by"] = Message("is day or week")
    if problems:
        raise ValidationFailed(problems)
    range_ = analytics.read_range(typed["range"] or None, first, last, today, zone)
    return ReportRequest(range_, Step(by) if by else None, typed["type"], typed["resource"], typed["host"])


def _choices(things: Sequence[ResourceInfo]) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen in each filter: slug and title."""
    return {
        "type": [(thing.slug, thing.title) for thing in things if thing.is_offer],
        "resource": [(t.slug, t.title) for t in things if t.capacity is not None and t.type != "person"],
        "host": [(thing.slug, thing.title) for thing in things if thing.type == "person"],
    }


def csv_answer(report: Report, here: Organization, name: str) -> Response:
    """One table of a report as a file."""
    between = f"{report.range.first}-{report.range.last}"
    headers = {"content-disposition": f'attachment; filename="{here.slug}-{name}-{between}.csv"'}
    text = as_csv(analytics.table(report, name))
    return Response(text, 200, headers, "text/csv; charset=utf-8")
