"""A notice for the staff in words, in the language of whoever reads it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from infra24.announcements import Announcement
from infra24.i18n import LocaleFormat, catalogue
from infra24.web.presenters.booking_events import happened


def title(notice: Announcement, speech: LocaleFormat) -> str:
    """What happened, in a line."""
    _ = catalogue(speech.language).gettext
    return f"{happened(notice.kind, _)}: {notice.facts['title']}"


def lines(notice: Announcement, speech: LocaleFormat) -> list[str]:
    """When, who, with whom, what for, why."""
    _ = catalogue(speech.language).gettext
    facts, zone = notice.facts, ZoneInfo(notice.facts["time_zone"])
    start, end = (datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at"))
    day = speech.full_day(start.astimezone(zone))
    found = [f"{day}, {speech.time(start, zone)}–{speech.time(end, zone)} ({speech.zone(zone)})"]
    if "booker_name" in facts:
        email = facts.get("booker_email")
        found.append(f"{facts['booker_name']} <{email}>" if email else facts["booker_name"])
    if "hosts" in facts:
        found.append(f"{_('With')} {', '.join(facts['hosts'])}")
    if "goal_text" in facts:
        found.append(facts["goal_text"])
    if "reason" in facts:
        found.append(f"{_('Reason')}: {facts['reason']}")
    return found


def view(notice: Announcement, speech: LocaleFormat) -> dict[str, Any]:
    """As the API answers it."""
    return {
        "id": notice.id,
        "kind": notice.kind,
        "title": title(notice, speech),
        "body": "\n".join(lines(notice, speech)),
        "booking_id": notice.booking_id,
        "created_at": notice.created_at,
    }
