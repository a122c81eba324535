"""What each field of a description may be: the limits of the API, said by path."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email

from infra24.availability.json_reader import (
    Problems,
    Reader,
    boolean,
    day,
    has_large_number,
    optional,
    shown,
    whole,
)
from infra24.errors import InvalidValue, Message

Read = Callable[[Any], Any]


def words(most: int, *, needed: bool = False) -> Read:
    """Reads a text of at most so many characters that can be written."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > most:
            raise InvalidValue("must be a text of at most %(most)s characters", most=most)
        if any((ord(letter) < 32 and letter not in "\n\r\t") or ord(letter) == 127 for letter in value):
            raise InvalidValue("contains control characters; remove them")
        if needed and not value.strip():
            raise InvalidValue("cannot be empty")
        return value.strip()

    return read


def pattern(shape: str, wrong: str) -> Read:
    """Reads a text of one shape."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(shape, value):
            raise InvalidValue(wrong)
        return value

    return read


def texts(value: Any) -> list[str]:
    """Reads a list of short texts."""
    if not isinstance(value, list) or len(value) > 100:
        raise InvalidValue("must be a list of at most 100 texts")
    return [words(200, needed=True)(item) for item in value]


def mapping(value: Any) -> dict[str, Any]:
    """Reads an object."""
    if not isinstance(value, dict):
        raise InvalidValue("must be an object")
    if has_large_number(value):
        raise InvalidValue("contains a number that is too large; write it as a text")
    return value


def objects(value: Any) -> list[Any]:
    """Reads a list of objects."""
    if not isinstance(value, list) or len(value) > 500:
        raise InvalidValue("must be a list of at most 500 objects")
    return value


def address(value: Any) -> str:
    """Reads an e-mail."""
    try:
        return validate_email(words(254)(value), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise InvalidValue("%(value)s is not an e-mail address", value=shown(value)) from None


def moment(value: Any) -> datetime:
    """Reads an instant."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidValue("must be a date and time with an offset, such as 2026-12-31T18:00:00Z")
    return at


SLUG = pattern(
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "must contain only lowercase letters, digits and hyphens"
)
COLOUR = pattern(r"#[0-9a-fA-F]{6}", "must be a colour, such as #1f6f54")

RESOURCE: Mapping[str, Read] = {
    "type": words(20),
    "title": words(200, needed=True),
    "slug": SLUG,
    "description": words(2_000),
    "category": words(2_000),
    "email": address,
    "capacity": optional(whole(1, 1_000)),
    "price": whole(0, 10**12),
    "currency": pattern("[A-Z]{3}", "must be three capital letters, such as EUR"),
    "location": words(200, needed=True),
    "meeting_url": words(2_000),
    "requirements": texts,
    "metadata": mapping,
    "rules": mapping,
    "is_active": boolean,
    "is_bookable": boolean,
    "tags": texts,
    "layouts": mapping,
    "parts": texts,
    "excludes": texts,
    "needs": objects,
    "questions": objects,
    "prices": mapping,
    "meets": words(20),
    "layout": words(200),
}

LINK: Mapping[str, Read] = {
    "slug": SLUG,
    "kind": words(20),
    "title": words(200, needed=True),
    "offers": texts,
    "hosts": texts,
    "description": words(2_000),
    "theme": mapping,
    "expires_at": moment,
    "max_uses": optional(whole(1, 1_000_000)),
    "is_private": boolean,
    "is_active": boolean,
    "sites": texts,
}

LOCATION: Mapping[str, Read] = {"name": words(200, needed=True), "address": words(2_000)}
HOLIDAYS: Mapping[str, Read] = {"countries": texts, "days": objects}
DAY: Mapping[str, Read] = {
    "date": lambda value: day(value).isoformat(),
    "name": words(200, needed=True),
    "is_closed": boolean,
}
THEME: Mapping[str, Read] = {"seed": COLOUR, "radius": whole(0, 40)}
TOP: Mapping[str, Read] = {
    "organization": SLUG,
    "name": words(200, needed=True),
    "zone": words(64, needed=True),
    "locale": words(20),
    "currency": words(3),
    "theme": mapping,
    "holidays": mapping,
    "locations": objects,
    "people": objects,
    "resources": objects,
    "appointment_types": objects,
    "booking_links": objects,
}


def take_all(
    problems: Problems, item: Any, path: str, known: Mapping[str, Read], needed: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What an object says, each field read; what is wrong, unknown or missing is noted by its path."""
    reader = Reader(problems, item, path, called="file")
    if reader.refused:
        return {}
    for key in needed:
        if key not in reader.left:
            reader.refuse(key, Message("is missing"))
    said = {key: reader.take(key, known[key]) for key in known if key in reader.left}
    reader.finish(tuple(known))
    return said
