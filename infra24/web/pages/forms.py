"""What people type into the pages, checked one field at a time."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from email_validator import EmailNotValidError, validate_email
from fastapi import Request

from infra24.booking_links import Prefilled
from infra24.bookings import BookerDetails
from infra24.errors import ValidationFailed
from infra24.resources import Resource, read_answers
from infra24.sms import InvalidNumber, region_of, to_e164
from infra24.web.guard import FIELDS, FILES

_FIELDS = ("name", "email", "goal", "consent", "phone", "texts")


@dataclass(frozen=True, slots=True)
class DetailsForm:
    """Who books: what was typed, and the name of what is wrong with each field.

    `answers` are to the questions of the offer; what is wrong with them is named in `unanswered`.
    """

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)

    @property
    def wrong(self) -> bool:
        """Whether anything is."""
        return bool(self.errors or self.unanswered)

    def person(self, locale: str, zone: str = "") -> BookerDetails:
        """The person, when there are no errors, who sees times in a zone."""
        return BookerDetails(
            self.values["name"],
            self.values["email"].lower(),
            self.values["goal"],
            bool(self.values["consent"]),
            locale,
            phone=self.values["phone"],
            wants_texts=bool(self.values["texts"]),
            zone=zone,
            answers={name: value for name, value in self.answers.items() if value},
        )


async def read_form(request: Request) -> dict[str, str]:
    """The text fields of a form, the last of each name. The guard has looked where it came from."""
    form = await request.form(max_files=FILES, max_fields=FIELDS)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def empty_details(brings: Prefilled | None) -> DetailsForm:
    """The form before anything is typed, with what a private link brings along."""
    values = dict.fromkeys(_FIELDS, "")
    if brings is not None:
        values |= {"name": brings.name, "email": brings.email, "goal": brings.goal_text}
    return DetailsForm(values)


def read_details(sent: dict[str, str], resource: Resource, zone: str) -> DetailsForm:
    """Read the details form of an offer in a time zone. Errors are names of sentences in the template."""
    values = {name: _plain(sent.get(name, "")) for name in _FIELDS}
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
    if resource.meets == "phone" and not values["phone"]:
        errors["phone"] = "phone_missing"
    elif values["phone"] and not re.fullmatch(r"[+0-9 ()./-]{5,40}", values["phone"]):
        errors["phone"] = "phone_wrong"
    elif values["texts"] and not _takes_texts(values["phone"], zone):
        errors["phone"] = "phone_no_texts"
    answers = {q["id"]: _plain(sent.get(f"q-{q['id']}", "")) for q in resource.questions}
    return DetailsForm(values, errors, answers, _unanswered(resource, answers))


def _takes_texts(phone: str, zone: str) -> bool:
    try:
        return bool(to_e164(phone, region_of(zone)))
    except InvalidNumber:
        return False


def _unanswered(resource: Resource, answers: dict[str, str]) -> dict[str, str]:
    """What is wrong with the answers, by question."""
    kinds = {question["id"]: question["kind"] for question in resource.questions}
    wrong: dict[str, str] = {}
    try:
        read_answers(resource.questions, {name: value for name, value in answers.items() if value})
    except ValidationFailed as problem:
        for path in problem.errors:
            name = path.removeprefix("answers.")
            wrong[name] = f"{kinds.get(name, 'text')}_wrong" if answers.get(name) else "missing"
    return wrong


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
