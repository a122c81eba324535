"""What people type into the pages, checked one field at a time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from email_validator import EmailNotValidError, validate_email
from fastapi import Request

from infra24.bookings import Person
from infra24.errors import Forbidden


class FromElsewhere(Forbidden):
    """This form was sent from another site. Open our page and try again."""


@dataclass(frozen=True, slots=True)
class DetailsForm:
    """Who books: what was typed, and the name of what is wrong with each field."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def person(self, locale: str) -> Person:
        """The person, when there are no errors."""
        return Person(
            self.values["name"],
            self.values["email"].lower(),
            self.values["goal"],
            bool(self.values["consent"]),
            locale,
        )


async def typed(request: Request) -> dict[str, str]:
    """The text fields of a form. Refuses with FromElsewhere when another site sent it."""
    if request.headers.get("sec-fetch-site", "same-origin") == "cross-site":
        raise FromElsewhere()
    form = await request.form(max_files=0, max_fields=50)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def read_details(sent: dict[str, str]) -> DetailsForm:
    """Read the details form. Errors are names of sentences in the template."""
    values = {name: _plain(sent.get(name, "")) for name in ("name", "email", "goal", "consent")}
    errors: dict[str, str] = {}
    if not values["name"]:
        errors["name"] = "name_missing"
    elif len(values["name"]) > 200:
        errors["name"] = "name_long"
    try:
        values["email"] = validate_email(values["email"], check_deliverability=False).normalized
    except EmailNotValidError:
        errors["email"] = "email_wrong" if values["email"] else "email_missing"
    if len(values["goal"]) > 2_000:
        errors["goal"] = "goal_long"
    return DetailsForm(values, errors)


def read_start(sent: dict[str, str]) -> datetime | None:
    """The time that was chosen, or None when none was."""
    try:
        at = datetime.fromisoformat(sent.get("start", ""))
    except ValueError:
        return None
    if at.tzinfo is None or not 2000 <= at.year < 2100 or at.microsecond:
        return None
    return at.astimezone(UTC)


def _plain(text: str) -> str:
    known = text.encode("utf-8", "ignore").decode()
    return "".join(c for c in known if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127)).strip()


def read_number(text: str | None) -> int:
    """A whole number of at most five digits, 0 for anything else."""
    return int(text) if text and len(text) < 6 and text.isascii() and text.isdecimal() else 0
