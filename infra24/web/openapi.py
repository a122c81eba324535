"""The OpenAPI document: what the API is called, how it is grouped, and what all its operations share."""

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from infra24.web.api.fields import ProblemView

TITLE = "Infra24 Booking"
DESCRIPTION = """\
Book people, rooms and things, and look after what can be booked.

**Authentication.** Send an organization's API key in `Authorization: Bearer` or `X-API-Key`, or a booking's
own token in `token` or `X-Booking-Token`, or use the session of a signed-in person. Whatever belongs to
another organization answers 404.

**Identifiers.** Name an organization, resource, appointment type, host or booking link by its id or its slug,
in paths, queries and bodies. A slug also needs the organization: in the path, as `org` or `org_id`, or from
the booking link, key or session. Name a booking by its id or its token.

**Times.** An instant has a date, a time and an offset: `2026-11-23T12:00:00Z`. A date has no time:
`2026-11-23`. Ranges are `start_date` to `end_date`, both included. Fields that begin with `local_` are
wall-clock times without an offset.

**Errors** are `application/problem+json` with a stable `code`. Unknown parameters and fields are errors.

**Pagination.** A list has `next`. Send it back as `cursor` until it is null.
"""

TAGS = (
    ("Availability", "When something is free, and why not.", ("availability",)),
    ("Bookings", "Make, read, change and cancel bookings.", ("bookings",)),
    (
        "Booking by link or type",
        "Appointment types and booking links, as visitors book them.",
        ("appointments",),
    ),
    ("Series", "Bookings that recur.", ("series",)),
    ("Resources", "What can be booked, where it is, and appointment types.", ("resources",)),
    ("Booking links", "Pages of one's own for some offers and hosts.", ("links",)),
    ("Holidays", "Holidays, and what a change would break.", ("holidays",)),
    ("Fairness", "Who was given how many turns.", ("fairness",)),
    ("Calendar", "The staff's calendar.", ("calendar",)),
    ("Analytics", "Figures about bookings and use.", ("analytics",)),
    ("Messages", "E-mails and other messages: have them sent.", ("notifications",)),
    ("Webhooks", "Send events to other systems as they happen.", ("webhooks",)),
    ("System", "Health, the self-test, and what happened.", ("system",)),
)
"""The groups of operations: name, description, and the modules that answer."""


def _parameter(name: str, where: str, description: str, most: int, least: int = 0) -> dict[str, Any]:
    schema = {"type": "string", "minLength": least, "maxLength": most}
    return {"name": name, "in": where, "required": False, "description": description, "schema": schema}


TOKEN = _parameter("token", "query", "The booking's token.", 200)
TOKEN_HEADER = _parameter(
    "X-Booking-Token", "header", "The booking's token, where it should not stand in the address.", 200
)
ORG = _parameter(
    "org", "query", "The organization's slug or id, for who belongs to several. A key knows its own.", 64
)
ONCE = _parameter(
    "Idempotency-Key",
    "header",
    "A unique string, ideally a UUID. The same key with the same request returns the first answer again. "
    "Without credentials it needs at least 22 characters.",
    255,
    1,
)


def summary_and_description(answers: Callable[..., Any]) -> tuple[str, str]:
    """The summary and the description of an operation: the first sentence of its docstring, and all of it."""
    text = inspect.getdoc(answers) or ""
    return " ".join(text.split("\n\n")[0].split()).split(". ")[0].rstrip("."), text


def tag_of(answers: Callable[..., Any]) -> str:
    """The group of an operation."""
    module = answers.__module__.rpartition(".")[2]
    return next(name for name, _, modules in TAGS if module in modules)


def install(app: FastAPI) -> None:
    """Answer /openapi.json; the document is made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    tags = [{"name": name, "description": description} for name, description, _ in TAGS]
    document: dict[str, Any] = get_openapi(
        title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, tags=tags
    )
    parts = document.setdefault("components", {})
    problem = ProblemView.model_json_schema(ref_template="#/components/schemas/{model}")
    parts.setdefault("schemas", {}).update({**problem.pop("$defs"), "ProblemView": problem})
    for schema in parts["schemas"].values():
        for field in schema.get("properties", {}).values():
            _describe(field)
    parts["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "A key of an organization."},
        "token": {"type": "apiKey", "in": "query", "name": "token", "description": "A booking's token."},
        "session": {"type": "apiKey", "in": "cookie", "name": "session", "description": "Who signed in."},
    }
    return document


def _describe(field: dict[str, Any]) -> None:
    """What may be null is described as a whole, not in the part that is not null."""
    for part in field.get("anyOf", ()):
        if "description" in part and "$ref" not in part:
            field.setdefault("description", part.pop("description"))
