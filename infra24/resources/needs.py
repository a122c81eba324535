"""What an appointment type needs: pools named by slug and e-mail, kept by id, found by tag and skill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from infra24.availability import HostTerms, Pooling
from infra24.availability.json_reader import Problems, Reader, boolean, email, shown, text, whole
from infra24.availability.rules_reader import host_terms, pooling_named
from infra24.errors import InvalidValue, Message

WAYS = ("hosts", "skill", "resource", "any_of", "tag")
MOST_NEEDS = 10
MOST_COUNTED = 40


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """A resource as needs may name it. `is_type`: it is an appointment type itself.

    `setup_anywhere`: it has layouts.
    """

    id: UUID
    slug: str
    email: str | None
    type: str
    title: str
    capacity: int | None
    is_active: bool
    tags: tuple[str, ...]
    is_type: bool
    setup_anywhere: bool = False
    is_bookable: bool = True


ResourceIndex = Sequence[ResourceRef]


def parse_needs(problems: Problems, document: Any, directory: ResourceIndex) -> list[dict[str, Any]]:
    """Read what a type needs and write it with ids. What is wrong is noted by its path under `needs`."""
    if not isinstance(document, list) or len(document) > MOST_NEEDS:
        problems["needs"] = Message("must be a list of at most %(most)s needs", most=MOST_NEEDS)
        return []
    found = [_need(problems, item, f"needs[{number}]", directory) for number, item in enumerate(document)]
    for known in directory:
        units = [need.get("units", 0) for need in found if need.get("resource") == str(known.id)]
        wanted = sum(units)
        if known.capacity is not None and len(units) > 1 and wanted > known.capacity:
            problems.setdefault(
                "needs",
                Message(
                    "ask for %(wanted)s of %(title)s, which has %(has)s",
                    wanted=wanted,
                    title=known.title,
                    has=known.capacity,
                ),
            )
    if sum(need.get("count", 1) for need in found) > MOST_COUNTED:
        problems.setdefault("needs", Message("ask for more than %(most)s members in all", most=MOST_COUNTED))
    if sum("hosts" in need or "skill" in need for need in found) > 1:
        problems.setdefault(
            "needs",
            Message("has several groups of hosts; write one, and name other people with any_of or tag"),
        )
    return found


def shown_needs(needs: Sequence[Mapping[str, Any]], directory: ResourceIndex) -> list[dict[str, Any]]:
    """Needs as people write them: slugs and e-mails in place of ids."""
    names = {str(known.id): known.email or known.slug for known in directory}
    found: list[dict[str, Any]] = []
    for need in needs:
        said = dict(need)
        if "hosts" in said:
            said["hosts"] = [_shown_host(host, names) for host in said["hosts"]]
        if "resource" in said:
            said["resource"] = names.get(said["resource"], said["resource"])
        if "any_of" in said:
            said["any_of"] = [names.get(id_, id_) for id_ in said["any_of"]]
        found.append({key: value for key, value in said.items() if value != _DEFAULTS.get(key)})
    return found


def resolve(need: Mapping[str, Any], directory: ResourceIndex) -> list[tuple[UUID, HostTerms]]:
    """Who and what a kept need may take now, in its order: what is archived is not there."""
    active = {str(known.id): known for known in directory if known.is_active and not known.is_type}
    if "hosts" in need:
        return [
            (UUID(host["id"]), HostTerms(host.get("priority", 0), host.get("weight", 100)))
            for host in need["hosts"]
            if host["id"] in active
        ]
    if "skill" in need:
        return [(k.id, HostTerms()) for k in directory if k.type == "person" and need["skill"] in k.tags
                and str(k.id) in active]  # fmt: skip
    if "tag" in need:
        return [(k.id, HostTerms()) for k in directory if need["tag"] in k.tags and str(k.id) in active]
    named = need["any_of"] if "any_of" in need else [need["resource"]]
    return [(UUID(id_), HostTerms()) for id_ in named if id_ in active]


_DEFAULTS = {"count": 1, "units": 1, "pooling": "any", "choose": False}


def _need(problems: Problems, document: Any, path: str, directory: ResourceIndex) -> dict[str, Any]:
    reader = Reader(problems, document, path)
    if reader.refused:
        return {}
    need: dict[str, Any] = {}
    way = _way(reader)
    if way == "hosts":
        need["hosts"] = reader.take(
            "hosts", lambda value: _hosts(problems, value, f"{path}.hosts", directory)
        )
    elif way in ("skill", "tag"):
        need[way] = reader.take(way, _tag)
    elif way == "resource":
        need["resource"] = reader.take("resource", lambda value: _id_of(value, directory))
    elif way == "any_of":
        need["any_of"] = reader.take("any_of", lambda value: _ids_of(value, directory))
    allowed = [way, "count"]
    need["count"] = reader.take("count", whole(1, MOST_COUNTED), 1)
    if way in ("hosts", "skill"):
        allowed += _staffing(reader, need)
    if way == "resource":
        need["units"] = reader.take("units", whole(1, 1_000), 1)
        allowed += ["units"]
        _check_units(reader, need, directory)
    if way in ("hosts", "any_of"):
        most = len(need[way] or ())
        if need["count"] > most > 0:
            reader.refuse("count", Message("asks for %(count)s of %(most)s", count=need["count"], most=most))
    reader.finish(allowed)
    return need


def _way(reader: Reader) -> str:
    """How a need says what it takes: exactly one way."""
    ways = [way for way in WAYS if way in reader.left]
    if len(ways) != 1:
        reader.refuse("", Message("needs one of %(ways)s", ways=", ".join(WAYS)))
    return ways[0] if ways else ""


def _staffing(reader: Reader, need: dict[str, Any]) -> list[str]:
    """How hosts are chosen; the keys that say so."""
    need["pooling"] = str(reader.take("pooling", pooling_named, Pooling.ANY))
    need["choose"] = reader.take("choose", boolean, False)
    if need["pooling"] == Pooling.FIXED:
        reader.refuse("pooling", Message("name one host instead"))
    if need["pooling"] == Pooling.COLLECTIVE and (need["count"] > 1 or need["choose"]):
        reader.refuse("pooling", Message("collective takes all hosts: leave count and choose out"))
    if need["choose"] and need["count"] > 1:
        reader.refuse("choose", Message("a visitor can choose one host, not several"))
    return ["pooling", "choose"]


def _check_units(reader: Reader, need: Mapping[str, Any], directory: ResourceIndex) -> None:
    named = next((k for k in directory if str(k.id) == need["resource"]), None)
    if named is None:
        return
    if need["count"] != 1:
        reader.refuse(
            "count", Message("must be 1 for a single resource; use units to take several of its units")
        )
    if named.capacity is None and need["units"] > 1:
        reader.refuse("units", Message("%(title)s is never occupied, so it has no units", title=named.title))
    elif named.capacity is not None and need["units"] > named.capacity:
        reader.refuse(
            "units",
            Message("is more than %(title)s has (%(units)s)", title=named.title, units=named.capacity),
        )


def _hosts(problems: Problems, value: Any, path: str, directory: ResourceIndex) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value:
        raise InvalidValue("must be a list of hosts, by e-mail")
    people = {k.email: k for k in directory if k.type == "person"}
    found: list[dict[str, Any]] = []
    for number, item in enumerate(value):
        at = f"{path}[{number}]"
        reader = Reader(problems, {"host": item} if isinstance(item, str) else item, at)
        if reader.refused:
            continue
        named = reader.take("host", email, "")
        terms = host_terms(reader)
        reader.finish(("host", "priority", "weight"))
        person = people.get(named)
        if person is None:
            reader.refuse(
                "host", Message("%(value)s is not a person of this organization", value=shown(named))
            )
        elif any(host["id"] == str(person.id) for host in found):
            reader.refuse("host", Message("%(value)s is named twice", value=shown(named)))
        else:
            found.append({"id": str(person.id), "priority": terms.priority, "weight": terms.weight})
    return found


def _shown_host(host: Mapping[str, Any], names: Mapping[str, str]) -> Any:
    terms = {key: host[key] for key, default in (("priority", 0), ("weight", 100)) if host[key] != default}
    name = names.get(host["id"], host["id"])
    return {"host": name, **terms} if terms else name


def _tag(value: Any) -> str:
    tag = text(value).strip()
    if not tag:
        raise InvalidValue("cannot be empty")
    return tag


def _id_of(value: Any, directory: ResourceIndex) -> str:
    for known in directory:
        if isinstance(value, str) and value and value in (known.slug, str(known.id), known.email):
            if known.is_type:
                raise InvalidValue(
                    "%(value)s is an appointment type; name what it needs itself", value=shown(value)
                )
            return str(known.id)
    raise InvalidValue("%(value)s is not a resource of this organization", value=shown(value))


def _ids_of(value: Any, directory: ResourceIndex) -> list[str]:
    if not isinstance(value, list) or not value:
        raise InvalidValue("must be a list of resources, by slug")
    found = [_id_of(item, directory) for item in value]
    if len(set(found)) < len(found):
        raise InvalidValue("names a resource twice")
    return found
