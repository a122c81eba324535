"""A draft of a resource: read, checked, and brought into the one form that is kept."""

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from infra24 import organizations
from infra24.availability import Rules, contradictions, parse
from infra24.availability.json_reader import Problems, Reader, whole
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.resources import queries
from infra24.resources.meeting import wrong_template
from infra24.resources.model import (
    AS_THE_TYPE_SUGGESTS,
    Draft,
    Resource,
)
from infra24.resources.needs import ResourceIndex, parse_needs, shown_needs
from infra24.resources.offers import hosts_named_in
from infra24.resources.questions import parse_questions

TYPES = ("space", "equipment", "person", "other")
MEETS = ("", "place", "phone", "link")
ROLES = ("owner", "admin", "staff", "host", "instructor", "resident_artist", "member", "public")


def draft_of(resource: Resource, directory: ResourceIndex) -> Draft:
    """What is said of a resource now, to change a part of it or to write it down."""
    return Draft(
        type=resource.type,
        title=resource.title,
        slug=resource.slug,
        description=resource.description,
        category=resource.category,
        email=resource.email,
        capacity=resource.capacity,
        price=resource.price,
        currency=resource.currency,
        location=resource.location,
        meeting_url=resource.meeting_url,
        requirements=resource.requirements,
        metadata=resource.metadata,
        availability_rules=resource.availability_rules,
        is_active=resource.is_active,
        is_bookable=resource.is_bookable,
        tags=resource.tags,
        layouts=resource.layouts,
        parts=resource.parts,
        excludes=resource.excludes,
        needs=None if resource.needs is None else shown_needs(resource.needs, directory),
        questions=resource.questions,
        prices=resource.prices,
        meets=resource.meets,
        layout=resource.layout,
    )


def canonical(draft: Draft, directory: ResourceIndex) -> Draft:
    """A draft as it would read once it was kept: to be compared with one that is."""
    problems: Problems = {}
    draft = normalize(draft)
    needs = None if draft.needs is None else parse_needs(problems, draft.needs, directory)
    questions = parse_questions(problems, draft.questions)
    if problems:
        return draft
    return replace(
        draft,
        needs=None if needs is None else shown_needs(needs, directory),
        questions=questions,
        parts=sorted(draft.parts),
        excludes=sorted(draft.excludes),
    )


def slug_of(title: str) -> str:
    """A title as the last part of an address."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "resource"


def normalize(draft: Draft) -> Draft:
    """A draft as it is kept: e-mail in small letters, the capacity that its type suggests, no tag twice."""
    email = draft.email.strip().lower() if draft.email else None
    capacity = draft.capacity
    if capacity == AS_THE_TYPE_SUGGESTS:
        capacity = None if draft.type == "other" else 1
    return replace(
        draft,
        title=draft.title.strip(),
        email=email,
        capacity=capacity,
        tags=list(dict.fromkeys(tag.strip() for tag in draft.tags if tag.strip())),
        is_bookable=draft.type != "person" if draft.is_bookable is None else draft.is_bookable,
    )


@dataclass(frozen=True, slots=True)
class ParsedDraft:
    """What a draft means: its rules, its hosts by id, its needs with ids."""

    rules: Rules
    hosts: list[UUID]
    needs: list[dict[str, Any]] | None


async def parse_draft(
    tx: Tx,
    draft: Draft,
    former: dict[str, Any],
    directory: ResourceIndex,
    kept: list[dict[str, Any]] | None = None,
) -> ParsedDraft:
    """Read a draft. Who the former rules named may stay in them, even if they have left.

    So may whatever those rules said, where nobody changes it.
    """
    organization = await organizations.get(tx)
    people = {k.email: k for k in directory if k.type == "person" and k.email}
    problems = _validate(draft)
    known = [email for email, person in people.items() if person.is_active] + hosts_named_in(former)
    try:
        rules = parse(draft.availability_rules, zone=organization.time_zone, people=known)
    except ValidationFailed as refused:
        problems |= {f"availability_rules.{path}": said for path, said in refused.errors.items()}
    else:
        told = contradictions(rules) if draft.availability_rules != former else {}
        problems |= {f"availability_rules.{path}": said for path, said in told.items()}
    needs = None if draft.needs is None else parse_needs(problems, draft.needs, directory)
    if needs is not None and not problems and rules.hosts:
        problems["availability_rules.windows"] = Message("an appointment type names its hosts in its needs")
    if needs is not None and "pooling" in draft.availability_rules and "pooling" not in former:
        said = Message("an appointment type says how its hosts are chosen in its needs: write pooling there")
        problems.setdefault("availability_rules.pooling", said)
    if kept is not None and needs is None:
        problems["needs"] = Message("an appointment type stays one: archive it and make another")
    if problems:
        raise ValidationFailed(problems)
    return ParsedDraft(rules, [people[email].id for email in rules.hosts if email in people], needs)


def _validate(draft: Draft) -> Problems:
    """What is wrong with a draft whatever else there is in the organization."""
    problems: Problems = {}
    if draft.type not in TYPES:
        problems["type"] = Message(
            "%(type)s is not a type of resource; known are %(known)s",
            type=repr(draft.type),
            known=", ".join(TYPES),
        )
    if not draft.title:
        problems["title"] = Message("give it a title")
    if (draft.type == "person") != (draft.email is not None):
        problems["email"] = Message("is required for a person and not allowed for any other type")
    if draft.type == "person" and draft.capacity != 1:
        problems["capacity"] = Message("a person holds one booking at a time")
    wrong = wrong_template(draft.meeting_url)
    if wrong:
        problems["meeting_url"] = wrong
    _read_layouts(problems, draft)
    if draft.needs is None:
        for field in ("questions", "prices", "meets", "layout"):
            if getattr(draft, field):
                problems[field] = Message("is allowed only on an appointment type, which has needs")
    else:
        _read_type(problems, draft)
    return problems


def _read_layouts(problems: Problems, draft: Draft) -> None:
    for name, minutes in draft.layouts.items():
        reader = Reader(problems, minutes, f"layouts.{name}")
        for key in ("setup", "teardown"):
            reader.take(key, whole(0, 1_440), 0)
        reader.finish(("setup", "teardown"))


def _read_type(problems: Problems, draft: Draft) -> None:
    """What is wrong with what only an appointment type has."""
    if draft.type != "other" or draft.capacity is not None:
        problems["type"] = Message("an appointment type is of type other and has no capacity of its own")
    if draft.meets not in MEETS:
        problems["meets"] = Message(
            "must be one of %(known)s", known=", ".join(name for name in MEETS if name)
        )
    elif draft.meets == "link" and not draft.meeting_url:
        problems["meeting_url"] = Message("give the template of the meeting's link")
    for role, price in draft.prices.items():
        if role not in ROLES:
            problems[f"prices.{role}"] = Message("is not a role; known are %(known)s", known=", ".join(ROLES))
        elif isinstance(price, bool) or not isinstance(price, int) or not 0 <= price <= 10**12:
            problems[f"prices.{role}"] = Message(
                "must be a whole number of minor units, such as 1500 for 15.00"
            )
    parse_questions(problems, draft.questions)


async def row_values(tx: Tx, draft: Draft) -> dict[str, object]:
    """A draft as the columns of its row. Raises ValidationFailed for a location that is not there."""
    organization = await organizations.get(tx)
    location = None
    if draft.location is not None:
        location = await queries.location_id(tx, draft.location)
        if location is None:
            raise ValidationFailed(
                {
                    "location": Message(
                        "%(value)s is not a location of this organization", value=repr(draft.location)
                    )
                }
            )
    return queries.values_of(
        tx,
        draft,
        slug=draft.slug or slug_of(draft.title),
        currency=draft.currency or organization.currency,
        location=location,
    )
