"""What a description says of an organization, with the path of each part."""

from dataclasses import dataclass, field, replace
from typing import Any

from infra24 import organizations
from infra24.availability import parse
from infra24.availability.json_reader import Problems
from infra24.booking_links import LinkDraft
from infra24.errors import Message, ValidationFailed
from infra24.org_config import fields
from infra24.org_config.reading import Document
from infra24.organizations import HolidayPlan
from infra24.resources import Draft, hosts_named_in, slug_of

_RENAMED = {"rules": "availability_rules"}
_OWN: dict[str, dict[str, Any]] = {
    "people": {"type": "person", "capacity": 1},
    "resources": {},
    "appointment_types": {"type": "other", "capacity": None},
}
_NEEDED = {
    "people": ("title", "email"),
    "resources": ("title", "type"),
    "appointment_types": ("title", "needs"),
}


@dataclass(frozen=True, slots=True)
class ResourceConfig:
    """One resource of a file: where it stands, and what is said of it."""

    path: str
    draft: Draft

    @property
    def slug(self) -> str:
        """Its name in addresses."""
        return self.draft.slug or slug_of(self.draft.title)


@dataclass(frozen=True, slots=True)
class OrgConfig:
    """An organization as a file writes it. `resources` has people first, then things, then types."""

    slug: str
    name: str
    zone: str
    locale: str
    currency: str
    theme: dict[str, Any]
    holidays: HolidayPlan
    locations: dict[str, str]
    resources: list[ResourceConfig] = field(default_factory=list)
    links: list[tuple[str, LinkDraft]] = field(default_factory=list)


def describe(document: Document) -> OrgConfig:
    """Read a document as a description. Raises ConfigError, by line, all that is wrong with its form."""
    problems: Problems = {}
    top = fields.take_all(problems, document.content, "", fields.TOP, ("organization", "name", "zone"))
    theme = fields.take_all(problems, top.get("theme") or {}, "theme", fields.THEME)
    described = [
        found
        for section, own in _OWN.items()
        for number, item in enumerate(top.get(section) or [])
        if (found := _resource(problems, f"{section}[{number}]", item, own, _NEEDED[section])) is not None
    ]
    _check_slugs(problems, described)
    links = _links(problems, top.get("booking_links") or [])
    holidays = _holidays(problems, top.get("holidays") or {})
    places = [
        fields.take_all(problems, item, f"locations[{number}]", fields.LOCATION, ("name",))
        for number, item in enumerate(top.get("locations") or [])
    ]
    if problems:
        raise document.misread(ValidationFailed(problems))
    return OrgConfig(
        top["organization"],
        top["name"],
        top["zone"],
        top.get("locale") or "en_US",
        top.get("currency") or "USD",
        theme,
        holidays,
        {place["name"]: place.get("address", "") for place in places},
        _both_ways(described),
        links,
    )


def _check_slugs(problems: Problems, described: list[ResourceConfig]) -> None:
    slugs: dict[str, str] = {}
    for one in described:
        if slugs.setdefault(one.slug, one.path) != one.path:
            problems.setdefault(
                one.path,
                Message(
                    "has the slug %(slug)s, and so has %(slugs)s", slug=repr(one.slug), slugs=slugs[one.slug]
                ),
            )


def _both_ways(described: list[ResourceConfig]) -> list[ResourceConfig]:
    """What excludes another is excluded by it, wherever that is written."""
    apart: dict[str, set[str]] = {one.slug: set() for one in described}
    for one in described:
        for other in one.draft.excludes:
            apart[one.slug].add(other)
            apart.setdefault(other, set()).add(one.slug)
    return [replace(one, draft=replace(one.draft, excludes=sorted(apart[one.slug]))) for one in described]


def _resource(
    problems: Problems, path: str, item: Any, own: dict[str, Any], needed: tuple[str, ...]
) -> ResourceConfig | None:
    before = len(problems)
    said = fields.take_all(problems, item, path, fields.RESOURCE, needed)
    if len(problems) > before:
        return None
    rules = said.get("rules") or {}
    try:  # the form of the rules; whether those they name are there is seen when they are kept
        parse(rules, zone="UTC", people=hosts_named_in(rules))
    except ValidationFailed as wrong:
        for inner, sentence in wrong.errors.items():
            problems[f"{path}.rules.{inner}"] = sentence
    except (AttributeError, TypeError):
        problems[f"{path}.rules"] = Message("has windows or overrides that are no objects")
    return ResourceConfig(path, Draft(**{**own, **{_RENAMED.get(k, k): v for k, v in said.items()}}))


def _links(problems: Problems, items: list[Any]) -> list[tuple[str, LinkDraft]]:
    links: list[tuple[str, LinkDraft]] = []
    for number, item in enumerate(items):
        path = f"booking_links[{number}]"
        found = _link(problems, path, item)
        if found is None:
            continue
        if found.slug in {other.slug for _, other in links}:
            problems[f"{path}.slug"] = Message("%(value)s appears more than once", value=repr(found.slug))
        links.append((path, found))
    return links


def _link(problems: Problems, path: str, item: Any) -> LinkDraft | None:
    before = len(problems)
    said = fields.take_all(problems, item, path, fields.LINK, ("slug", "kind", "title", "offers"))
    return LinkDraft(**said) if len(problems) == before else None


def _holidays(problems: Problems, said: dict[str, Any]) -> HolidayPlan:
    before = len(problems)
    read = fields.take_all(problems, said, "holidays", fields.HOLIDAYS)
    days: dict[str, tuple[str, bool]] = {}
    for number, item in enumerate(read.get("days") or []):
        own = fields.take_all(problems, item, f"holidays.days[{number}]", fields.DAY, ("date", "name"))
        if own.get("date") in days:
            problems[f"holidays.days[{number}].date"] = Message("appears more than once")
        days[str(own.get("date"))] = (own.get("name") or "", own.get("is_closed", True))
    if len(problems) > before:
        return HolidayPlan()
    try:
        return organizations.read_plan(read.get("countries") or [], days)
    except ValidationFailed as wrong:
        for path, sentence in wrong.errors.items():
            problems[f"holidays.{path}"] = sentence
    return HolidayPlan()
