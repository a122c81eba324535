"""What staff say of a resource as a form and back: prices in major units, lists as lines, layouts as rows."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from pydantic import ValidationError

from infra24.errors import Message
from infra24.resources import Draft
from infra24.web.admin.form_data import FormData
from infra24.web.api.resources import ResourceChange
from infra24.web.presenters.validation import message_of

LAYOUT_PARTS = ("name", "setup", "teardown")
_PLAIN = ("title", "description", "category", "meeting_url")
WORK_WEEK = {
    "windows": [
        {"by": "resource", "days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
         "start": "09:00", "end": "17:00"}
    ]
}  # fmt: skip
"""The hours that a new resource begins with."""


def beginning(type_: str, currency: str) -> Draft:
    """What a new resource of a type most often is."""
    lasting = {"space": 60, "equipment": 60, "person": 30, "other": 30}[type_]
    return Draft(
        type_,
        "",
        capacity=None if type_ == "other" else 1,
        currency=currency,
        availability_rules={"slot_minutes": lasting, **WORK_WEEK},
        is_bookable=type_ != "person",
    )


def shown(draft: Draft, currency: str) -> FormData:
    """The form of a draft."""
    money = draft.currency or currency
    values: dict[str, Any] = {name: getattr(draft, name) for name in _PLAIN}
    values |= {
        "type": draft.type,
        "slug": draft.slug or "",
        "email": draft.email or "",
        "capacity": "" if draft.capacity is None else str(draft.capacity),
        "price": major(draft.price, money),
        "currency": money,
        "location": draft.location or "",
        "requirements": "\n".join(draft.requirements),
        "tags": ", ".join(draft.tags),
        "metadata": json.dumps(draft.metadata, ensure_ascii=False, indent=2) if draft.metadata else "",
        "parts": draft.parts,
        "excludes": draft.excludes,
    }
    if draft.capacity is None:
        values["unoccupied"] = "yes"
    if draft.is_bookable:
        values["is_bookable"] = "yes"
    if draft.is_active:
        values["is_active"] = "yes"
    for number, (name, minutes) in enumerate(draft.layouts.items()):
        values |= {f"layouts-{number}-name": name}
        values |= {f"layouts-{number}-{key}": str(minutes.get(key, 0)) for key in ("setup", "teardown")}
    return FormData.of(values)


def read(typed: FormData) -> tuple[dict[str, Any], dict[str, Message]]:
    """What to change of a resource, and what is wrong by field."""
    wrong: dict[str, Message] = {}
    changes: dict[str, Any] = {name: typed.get(name).replace("\r\n", "\n") for name in _PLAIN}
    changes |= {
        "type": typed.get("type"),
        "slug": typed.get("slug"),
        "email": typed.get("email") or None,
        "capacity": _capacity(typed),
        "currency": typed.get("currency").upper(),
        "location": typed.get("location") or None,
        "requirements": typed.lines("requirements"),
        "tags": typed.several("tags"),
        "is_bookable": typed.ticked("is_bookable"),
        "is_active": typed.ticked("is_active"),
        "parts": typed.all("parts"),
        "excludes": typed.all("excludes"),
        "layouts": _layouts(typed, wrong),
        "metadata": json_object(typed.get("metadata"), "metadata", wrong),
        "price": minor(typed.get("price"), typed.get("currency").upper(), "price", wrong),
    }
    if not changes["slug"]:
        del changes["slug"]
    return changes, wrong


def checked(changes: Mapping[str, Any], wrong: dict[str, Message]) -> dict[str, Any]:
    """The changes as the API would take them; what it would refuse is added to what is wrong."""
    try:
        return ResourceChange.model_validate(changes).model_dump(exclude_unset=True)
    except ValidationError as error:
        for item in error.errors():
            wrong.setdefault(_path(item["loc"]), message_of(item))
        return dict(changes)


def field_of(path: str, typed: FormData) -> str:
    """The name of the field that shows what is wrong at a path of a draft."""
    if path.startswith("layouts."):
        name = path.split(".")[1]
        for number in typed.rows("layouts"):
            if typed.get(f"layouts-{number}-name") == name:
                part = path.rsplit(".", 1)[-1]
                return f"layouts-{number}-{part if part in LAYOUT_PARTS else 'name'}"
    return re.split(r"[.\[]", path)[0]


def major(amount: int, currency: str) -> str:
    """An amount of minor units as people write it: 1500 is 15.00; nothing is 0."""
    digits = get_currency_precision(currency) if currency else 2
    return str(Decimal(amount).scaleb(-digits)) if amount else "0"


def minor(text: str, currency: str, name: str, wrong: dict[str, Message]) -> int:
    """An amount as people write it, in minor units. What is no plain number of it is noted as wrong.

    A comma may stand for the point, but not before three digits: that would as well mark thousands.
    """
    digits = get_currency_precision(currency) if re.fullmatch(r"[A-Z]{3}", currency) else 2
    if not text:
        return 0
    plain = re.fullmatch(r"([0-9]+)(?:([.,])([0-9]+))?", text)
    decimals = (plain[3] or "") if plain else ""
    if plain and len(decimals) <= digits and (plain[2], len(decimals)) != (",", 3):
        return int(Decimal(f"{plain[1]}.{decimals}").scaleb(digits))
    if re.fullmatch(r"[0-9]{1,3}([., '’\u00a0\u202f][0-9]{3})+([.,][0-9]+)?", text):
        wrong[name] = Message(
            "could be read in two ways: write it without thousands separators, such as 1250 or 1250.50"
        )
    elif plain:
        wrong[name] = Message("has more decimals than the currency")
    elif re.fullmatch(r"[-−][0-9.,]+", text):
        wrong[name] = Message("cannot be below zero")
    else:
        wrong[name] = Message("is not an amount: write digits only, such as 1250 or 1250.50")
    return 0


def json_object(text: str, name: str, wrong: dict[str, Message]) -> dict[str, Any]:
    """A JSON object as it was typed; empty for nothing."""
    if not text:
        return {}
    try:
        read_ = json.loads(text)
    except (ValueError, RecursionError) as error:
        wrong[name] = Message("is not JSON")
        if isinstance(error, json.JSONDecodeError):
            wrong[name] = Message(
                "is not JSON (line %(line)s, column %(column)s)", line=error.lineno, column=error.colno
            )
        return {}
    if not isinstance(read_, dict):
        wrong[name] = Message("must be an object")
        return {}
    return read_


def _capacity(typed: FormData) -> Any:
    if typed.get("type") == "person":
        return 1
    if typed.ticked("unoccupied"):
        return None
    text = typed.get("capacity") or "1"
    return int(text) if re.fullmatch(r"\d{1,6}", text) else text


def _layouts(typed: FormData, wrong: dict[str, Message]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number in typed.rows("layouts"):
        row = typed.row("layouts", number, LAYOUT_PARTS)
        if not any(value for value in row.values() if value != "0"):
            continue
        if not row["name"]:
            wrong[f"layouts-{number}-name"] = Message("give it a name")
        elif row["name"] in found:
            wrong[f"layouts-{number}-name"] = Message("appears more than once")
        times = {key: row[key] or "0" for key in ("setup", "teardown")}
        found[row["name"]] = {k: int(v) if re.fullmatch(r"\d{1,6}", v) else v for k, v in times.items()}
    return found


def _path(loc: tuple[int | str, ...]) -> str:
    return str(loc[0]) if loc else "title"
