"""What a description says of an organization, with the path of each part."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from infra24 import organizations
from infra24.availability.documents import Problems
from infra24.booking_links import LinkDraft
from infra24.descriptions.reading import Document
from infra24.errors import Problem
from infra24.organizations import HolidayPlan
from infra24.resources import Draft, slug_of

TOP = ("organization", "name", "zone", "locale", "currency", "theme", "holidays", "locations", "people",
       "resources", "appointment_types", "booking_links")  # fmt: skip
_RENAMED = {"rules": "availability_rules"}
_OWN: dict[str, dict[str, Any]] = {
    "people": {"type": "person", "is_bookable": False, "capacity": 1},
    "resources": {},
    "appointment_types": {"type": "other", "capacity": None, "needs": []},
}
_DRAFT = {f.name for f in fields(Draft)} - {"availability_rules"} | {"rules"}
_LINK = {f.name for f in fields(LinkDraft)}


@dataclass(frozen=True, slots=True)
class Described:
    """One resource of a file: where it stands, and what is said of it."""

    path: str
    draft: Draft

    @property
    def slug(self) -> str:
        """Its name in addresses."""
        return self.draft.slug or slug_of(self.draft.title)


@dataclass(frozen=True, slots=True)
class Description:
    """An organization as a file writes it. `resources` has people first, then things, then types."""

    slug: str
    name: str
    zone: str
    locale: str
    currency: str
    theme: dict[str, Any]
    holidays: HolidayPlan
    locations: dict[str, str]
    resources: list[Described] = field(default_factory=list)
    links: list[tuple[str, LinkDraft]] = field(default_factory=list)


def describe(document: Document) -> Description:
    """Read a document as a description. Refuses with Misread, by line."""
    top = document.content
    problems: Problems = {}
    if not isinstance(top, dict):
        raise document.misread(Problem({"file": "must say organization, name, zone …"}))
    for key in top:
        if key not in TOP:
            problems[key] = f"is not a known key; known are {', '.join(TOP)}"
    for key in ("organization", "name", "zone"):
        if not isinstance(top.get(key), str) or not top.get(key):
            problems[key] = "is missing"
    described = [
        found
        for section, own in _OWN.items()
        for number, item in enumerate(_list(problems, top, section))
        if (found := _resource(problems, f"{section}[{number}]", item, own)) is not None
    ]
    slugs: dict[str, str] = {}
    for one in described:
        if slugs.setdefault(one.slug, one.path) != one.path:
            problems[one.path] = f"has the slug {one.slug!r}, and so has {slugs[one.slug]}"
    links = [
        (f"booking_links[{number}]", link)
        for number, item in enumerate(_list(problems, top, "booking_links"))
        if (link := _link(problems, f"booking_links[{number}]", item)) is not None
    ]
    holidays = _holidays(problems, top.get("holidays") or {})
    places = {
        str(item.get("name")): str(item.get("address") or "")
        for item in _list(problems, top, "locations")
        if isinstance(item, dict)
    }
    if problems:
        raise document.misread(Problem(problems))
    described = _both_ways(described)
    return Description(
        top["organization"],
        top["name"],
        top["zone"],
        str(top.get("locale") or "en_US"),
        str(top.get("currency") or "USD"),
        dict(top.get("theme") or {}),
        holidays,
        places,
        described,
        links,
    )


def _both_ways(described: list[Described]) -> list[Described]:
    """What excludes another is excluded by it, wherever that is written."""
    apart: dict[str, set[str]] = {one.slug: set() for one in described}
    for one in described:
        for other in one.draft.excludes:
            apart[one.slug].add(other)
            apart.setdefault(other, set()).add(one.slug)
    return [replace(one, draft=replace(one.draft, excludes=sorted(apart[one.slug]))) for one in described]


def _list(problems: Problems, top: dict[str, Any], key: str) -> list[Any]:
    found = top.get(key) or []
    if not isinstance(found, list):
        problems[key] = "must be a list"
        return []
    return found


def _resource(problems: Problems, path: str, item: Any, own: dict[str, Any]) -> Described | None:
    if not isinstance(item, dict):
        problems[path] = "must say what it is: title, …"
        return None
    unknown = set(item) - _DRAFT
    for key in unknown:
        problems[f"{path}.{key}"] = f"is not a known key; known are {', '.join(sorted(_DRAFT))}"
    said: dict[str, Any] = {
        **own,
        **{_RENAMED.get(str(key), str(key)): v for key, v in item.items() if key not in unknown},
    }
    if not isinstance(said.get("title"), str) or not said["title"].strip():
        problems[f"{path}.title"] = "give it a title"
        return None
    if "type" not in said:
        problems[f"{path}.type"] = "is missing: space, equipment or other"
        return None
    return Described(path, Draft(**said)) if not unknown else None


def _link(problems: Problems, path: str, item: Any) -> LinkDraft | None:
    if not isinstance(item, dict):
        problems[path] = "must say what it is: slug, kind, title, offers"
        return None
    unknown = set(item) - _LINK
    for key in unknown:
        problems[f"{path}.{key}"] = f"is not a known key; known are {', '.join(sorted(_LINK))}"
    missing = [key for key in ("slug", "kind", "title", "offers") if not item.get(key)]
    for key in missing:
        problems[f"{path}.{key}"] = "is missing"
    said: dict[str, Any] = {**item}
    if said.get("expires_at") is not None:
        try:
            said["expires_at"] = datetime.fromisoformat(str(said["expires_at"]))
            if said["expires_at"].tzinfo is None:
                raise ValueError
        except ValueError:
            problems[f"{path}.expires_at"] = "is an instant such as 2026-12-31T18:00:00Z"
    return None if unknown or missing else LinkDraft(**said)


def _holidays(problems: Problems, said: Any) -> HolidayPlan:
    try:
        days: dict[str, tuple[str, bool]] = {
            str(day.get("date")): (str(day.get("name") or ""), bool(day.get("is_closed", True)))
            for day in said.get("days") or []
        }
        countries = [str(code) for code in said.get("countries") or []]
        return organizations.read_plan(countries, days)
    except Problem as wrong:
        for path, sentence in wrong.problems.items():
            problems[f"holidays.{path}"] = sentence
    except AttributeError:
        problems["holidays"] = "says countries and days"
    return HolidayPlan()
