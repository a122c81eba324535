"""What pydantic finds wrong, as messages that the catalogues have."""

from pydantic_core import ErrorDetails

from infra24.errors import InvalidValue, Message

_MESSAGES = {
    "string_too_long": Message("must be a text of at most %(max_length)s characters", max_length=""),
    "string_too_short": Message("cannot be empty"),
    "string_type": Message("must be a text"),
    "string_pattern_mismatch": Message("is not written as it must be: %(pattern)s", pattern=""),
    "less_than_equal": Message("must be at most %(le)s", le=""),
    "greater_than_equal": Message("must be at least %(ge)s", ge=""),
    "int_parsing": Message("must be a whole number"),
    "int_type": Message("must be a whole number"),
    "too_long": Message("must have at most %(max_length)s entries", max_length=""),
}
"""By pydantic's name of the mistake; it gives the parameters."""


def message_of(found: ErrorDetails) -> Message:
    """What is wrong with one field; in pydantic's English where we have no message for it."""
    facts = found.get("ctx", {})
    error = facts.get("error")
    if isinstance(error, InvalidValue):
        return error.message
    if "email" in found["msg"]:
        return Message("is not an e-mail address")
    known = _MESSAGES.get(found["type"])
    if known is None:
        return Message(found["msg"])
    return Message(known.template, **{name: facts[name] for name in known.parameters})
