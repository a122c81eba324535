"""An appointment type as a form and back: what it needs, what it asks, its prices by role."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from infra24.errors import Message
from infra24.resources import Draft
from infra24.web.admin import resource_form
from infra24.web.admin.form_data import FormData
from infra24.web.admin.resource_form import major, minor

WAYS = ("hosts", "skill", "resource", "any_of", "tag")
ROLES = ("public", "member", "resident_artist", "host", "instructor", "staff", "admin", "owner")
KINDS = ("text", "long_text", "choice", "number", "date", "phone", "consent")
MEETS = ("", "place", "phone", "link")
_SIMPLE = ("count", "units", "pooling")
_ASKED = ("id", "label", "kind", "help", "least", "most")


def shown(draft: Draft, currency: str) -> FormData:
    """The form of a type; the parts that every resource has are those of its form."""
    values: dict[str, Any] = dict(resource_form.shown(draft, currency).values)
    values |= {"meets": draft.meets, "layout": draft.layout}
    for role, price in draft.prices.items():
        values[f"prices-{role}"] = major(price, draft.currency or currency)
    for number, need in enumerate(draft.needs or ()):
        values |= {f"needs-{number}-{part}": said for part, said in _shown_need(need).items()}
    for number, question in enumerate(draft.questions):
        row = {part: _text(question.get(part)) for part in _ASKED}
        row["choices"] = "\n".join(question.get("choices", ()))
        values |= {f"questions-{number}-{part}": said for part, said in row.items()}
        if question.get("required"):
            values[f"questions-{number}-required"] = "yes"
    return FormData.of(values)


def read(typed: FormData) -> tuple[dict[str, Any], dict[str, Message]]:
    """What to change of a type, and what is wrong by field."""
    changes, wrong = resource_form.read(typed)
    for key in ("type", "capacity", "parts", "excludes", "layouts", "email"):
        del changes[key]
    currency = typed.get("currency").upper()
    changes |= {
        "meets": typed.get("meets"),
        "layout": typed.get("layout"),
        "needs": [_need(typed, number) for number in needs_in(typed)],
        "questions": [_question(typed, number) for number in questions_in(typed)],
        "prices": {
            role: minor(typed.get(f"prices-{role}"), currency, f"prices-{role}", wrong)
            for role in ROLES
            if typed.get(f"prices-{role}")
        },
    }
    return changes, wrong


def needs_in(typed: FormData) -> list[int]:
    """The numbers of the needs that say what they take."""
    return [number for number in typed.rows("needs") if typed.get(f"needs-{number}-way") in WAYS]


def questions_in(typed: FormData) -> list[int]:
    """The numbers of the questions that ask something, or say so much that one is meant."""
    parts = ("label", "choices", "help")
    return [n for n in typed.rows("questions") if any(typed.get(f"questions-{n}-{part}") for part in parts)]


def field_of(path: str, typed: FormData) -> str:
    """The name of the field that shows what is wrong at a path of a type."""
    found = re.match(r"(needs|questions)\[(\d+)\]\.?(\w*)", path)
    if found:
        there = needs_in(typed) if found[1] == "needs" else questions_in(typed)
        if int(found[2]) < len(there):
            part = found[3] or ("way" if found[1] == "needs" else "label")
            return f"{found[1]}-{there[int(found[2])]}-{part}"
    if path.startswith("prices."):
        return path.replace(".", "-")
    return resource_form.field_of(path, typed)


def _shown_need(need: Mapping[str, Any]) -> dict[str, Any]:
    way = next((name for name in WAYS if name in need), "")
    row: dict[str, Any] = {"way": way, **{key: _text(need.get(key)) for key in _SIMPLE}}
    if need.get("choose"):
        row["choose"] = "yes"
    if way == "hosts":
        hosts = [host if isinstance(host, dict) else {"host": host} for host in need["hosts"]]
        row["hosts"] = [host["host"] for host in hosts]
        for host in hosts:
            row |= {f"{key}:{host['host']}": _text(host.get(key)) for key in ("priority", "weight")}
    elif way:
        row[way] = need[way]
    return row


def _need(typed: FormData, number: int) -> dict[str, Any]:
    """One need as it is written: what is as it always is, is left out."""
    at = f"needs-{number}"
    way = typed.get(f"{at}-way")
    need: dict[str, Any] = {}
    if way == "hosts":
        need["hosts"] = [_host(typed, at, email) for email in typed.all(f"{at}-hosts")]
    elif way == "any_of":
        need["any_of"] = typed.all(f"{at}-any_of")
    else:
        need[way] = typed.get(f"{at}-{way}")
    if way != "resource" and typed.get(f"{at}-count", "1") not in ("", "1"):
        need["count"] = _number(typed.get(f"{at}-count"))
    if way == "resource" and typed.get(f"{at}-units", "1") not in ("", "1"):
        need["units"] = _number(typed.get(f"{at}-units"))
    if way in ("hosts", "skill"):
        if typed.get(f"{at}-pooling") not in ("", "any"):
            need["pooling"] = typed.get(f"{at}-pooling")
        if typed.ticked(f"{at}-choose"):
            need["choose"] = True
    return need


def _host(typed: FormData, at: str, email: str) -> Any:
    terms = {
        key: _number(said)
        for key, default in (("priority", "0"), ("weight", "100"))
        if (said := typed.get(f"{at}-{key}:{email}")) not in ("", default)
    }
    return {"host": email, **terms} if terms else email


def _question(typed: FormData, number: int) -> dict[str, Any]:
    at = f"questions-{number}"
    kind = typed.get(f"{at}-kind") or "text"
    asked: dict[str, Any] = {"label": typed.get(f"{at}-label"), "kind": kind}
    if typed.get(f"{at}-id"):
        asked["id"] = typed.get(f"{at}-id")
    if typed.ticked(f"{at}-required"):
        asked["required"] = True
    if typed.get(f"{at}-help"):
        asked["help"] = typed.get(f"{at}-help")
    if kind == "choice":
        asked["choices"] = typed.lines(f"{at}-choices")
    if kind == "number":
        asked |= {
            key: _number(typed.get(f"{at}-{key}")) for key in ("least", "most") if typed.get(f"{at}-{key}")
        }
    return asked


def numbered(there: Sequence[int], blank: int) -> list[int]:
    """Rows to show: those that are filled in, and some more."""
    after = max(there, default=-1) + 1
    return [*there, *range(after, after + blank)]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(said: str) -> Any:
    if re.fullmatch(r"-?\d{1,9}", said):
        return int(said)
    return float(said) if re.fullmatch(r"-?\d{1,9}\.\d{1,6}", said) else said
