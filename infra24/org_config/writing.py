"""Writes an organization down as the file that would make it."""

from dataclasses import MISSING, fields
from typing import Any

import yaml

from infra24 import booking_links, organizations, resources
from infra24.booking_links import LinkDraft
from infra24.db import Tx
from infra24.resources import Draft

_FIRST = ("slug", "type", "email", "title", "description", "category")


async def show(tx: Tx) -> dict[str, Any]:
    """The organization of this transaction, as a description says it."""
    here = await organizations.get(tx)
    plan = await organizations.holiday_plan(tx)
    directory = await resources.index(tx)
    drafts = [resources.draft_of(r, directory) for r in await resources.listed(tx, limit=1_000)]
    links = [booking_links.draft_of(link) for link in await booking_links.listed(tx)]
    said: dict[str, Any] = {
        "organization": here.slug,
        "name": here.name,
        "zone": here.time_zone,
        "locale": here.locale,
        "currency": here.currency,
        "theme": here.theme,
        "holidays": {
            "countries": [country.code for country in plan.countries],
            "days": [_day(d) for d in plan.days],
        },
        "locations": [
            {"name": place.name, "address": place.address} for place in await organizations.locations(tx)
        ],
        "people": [_said(d, here.currency, hide=("type", "capacity"))
                   for d in drafts if d.type == "person"],
        "resources": [_said(d, here.currency) for d in drafts if d.type != "person" and d.needs is None],
        "appointment_types": [_said(d, here.currency, hide=("type", "capacity"))
                              for d in drafts if d.needs is not None],
        "booking_links": [_link(link) for link in links],
    }  # fmt: skip
    said["holidays"] = {key: value for key, value in said["holidays"].items() if value}
    return {key: value for key, value in said.items() if value not in ({}, [])}


def _day(own: organizations.Day) -> dict[str, Any]:
    said: dict[str, Any] = {"date": own.held_on.isoformat(), "name": own.name}
    return said if own.is_closed else {**said, "is_closed": False}


def to_yaml(said: dict[str, Any]) -> str:
    """A description as YAML."""
    text: str = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100)
    return text


def _said(draft: Draft, currency: str, hide: tuple[str, ...] = ()) -> dict[str, Any]:
    """A draft without what goes without saying."""
    said: dict[str, Any] = {}
    names = [*_FIRST, *(f.name for f in fields(draft) if f.name not in _FIRST)]
    defaults = _defaults(draft)
    for name in names:
        value = getattr(draft, name)
        if name in hide:
            continue
        if value == defaults.get(name) or (name == "currency" and value == currency):
            continue
        said["rules" if name == "availability_rules" else name] = value
    return said


def _defaults(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = {
        "capacity": None if draft.type == "other" else 1,
        "is_bookable": draft.type != "person",
    }
    for f in fields(draft):
        if f.name in ("capacity", "is_bookable", "type", "title", "needs"):
            continue
        found[f.name] = f.default_factory() if f.default_factory is not MISSING else f.default
    return found


def _link(link: LinkDraft) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for f in fields(link):
        value = getattr(link, f.name)
        default = f.default_factory() if f.default_factory is not MISSING else f.default
        if value != default:
            said[f.name] = value.isoformat() if f.name == "expires_at" else value
    return said
