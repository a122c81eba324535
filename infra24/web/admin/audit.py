"""/{org}/admin/audit: every change, newest first, to search."""

from zoneinfo import ZoneInfo

from fastapi import Request, Response

from infra24 import audit
from infra24.audit import Filters
from infra24.web.admin import parsing
from infra24.web.admin.bookings import midnight
from infra24.web.caller import caller_of, current_org
from infra24.web.pages.forms import read_number
from infra24.web.presenters.audit import told
from infra24.web.rendering import format_for, page, with_query
from infra24.web.services import services

PAGE = 50


async def audit_page(request: Request) -> Response:
    """The audit, filtered as the address says."""
    here, who, asked = current_org(request), caller_of(request), request.query_params
    zone = ZoneInfo(here.time_zone)
    first, last = parsing.day(asked.get("from", "")), parsing.day(asked.get("to", ""))
    filters = Filters(
        asked.get("subject") or None,
        asked.get("id", "")[:120] or None,
        asked.get("by", "").strip()[:100] or None,
        asked.get("q", "").strip()[:100] or None,
        midnight(zone, first) if first else None,
        midnight(zone, last.fromordinal(last.toordinal() + 1)) if last else None,
    )
    before = read_number(asked.get("before")) or None
    async with services(request).database.transaction(here.id, who.actor) as tx:
        entries = await audit.page(tx, filters, before=before, limit=PAGE + 1)
        subjects = await audit.subjects(tx)
        shown = await told(tx, entries[:PAGE], format_for(request, here), zone)
    context = {
        "section": "audit",
        "entries": shown,
        "subjects": subjects,
        "zone": zone,
        "asked": {name: asked.get(name, "") for name in ("subject", "id", "by", "q", "from", "to")},
        "next": with_query(request, before=entries[PAGE - 1].seq) if len(entries) > PAGE else None,
    }
    return page(request, "admin/audit.html", here, context)
