"""What pydantic finds wrong, as messages that the catalogues have."""

from collections.abc import Sequence

from pydantic_core import ErrorDetails

from infra24.errors import InvalidValue, Message

_TEXT = Message("must be a text")
_NUMBER = Message("must be a number")
_WHOLE_NUMBER = Message("must be a whole number")
_YES_OR_NO = Message("must be true or false")
_ID = Message("is not an id: send one as it was given")
_OBJECT = Message("must be an object: names with values")
_DATE = Message("is not a date; write it such as 2026-11-23")
_WALL = Message("is not a date and time without offset; write it such as 2026-11-23T12:00:00")
_TIME = Message("is not a date and time; write it such as 2026-11-23T12:00:00Z")
_ONE_OF = Message("must be one of %(expected)s", expected="")

_MESSAGES = {
    "missing": Message("is required"),
    "extra_forbidden": Message("is not a field of this request: check its name, or leave it out"),
    "enum": _ONE_OF,
    "literal_error": _ONE_OF,
    "bool_type": _YES_OR_NO,
    "bool_parsing": _YES_OR_NO,
    "string_type": _TEXT,
    "string_unicode": Message("must be a text in UTF-8"),
    "string_too_long": Message("must be a text of at most %(max_length)s characters", max_length=""),
    "string_too_short": Message("must have at least %(min_length)s characters", min_length=""),
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "less_than": Message("must be less than %(lt)s", lt=""),
    "less_than_equal": Message("must be at most %(le)s", le=""),
    "greater_than": Message("must be more than %(gt)s", gt=""),
    "greater_than_equal": Message("must be at least %(ge)s", ge=""),
    "uuid_type": _ID,
    "uuid_parsing": _ID,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "timezone_aware": _TIME,
    "timezone_naive": _WALL,
    "list_type": Message("must be a list"),
    "too_long": Message("must have at most %(max_length)s entries", max_length=""),
    "too_short": Message("must have at least %(min_length)s entries", min_length=""),
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
}
"""By pydantic's name of the mistake; it gives the parameters."""


def message_of(found: ErrorDetails) -> Message:
    """What is wrong with one field, and what to write instead."""
    facts = found.get("ctx", {})
    error = facts.get("error")
    if isinstance(error, InvalidValue):
        return error.message
    if "email" in found["msg"]:
        return Message("is not an e-mail address")
    if facts.get("min_length") == 1 and found["type"] == "string_too_short":
        return Message("cannot be empty")
    known = _MESSAGES.get(found["type"])
    if known is None:
        return Message(found["msg"])
    return Message(known.template, **{name: facts[name] for name in known.parameters})


def path_of(place: Sequence[str | int]) -> str:
    """Where a field stands, such as windows[0].start; the body, or the query, as a whole."""
    path = ""
    for part in place[1:]:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part != "[key]":
            path += f".{part}" if path else part
    return path or str(place[0])
