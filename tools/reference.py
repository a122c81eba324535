"""Writes what the guides say of settings, roles, scopes and error codes from where the program has it.

`python -m tools.reference` writes docs/guides/settings.md, and the parts of other guides between the comments
`generated: …` and `end`. A test fails when one of them says anything else than the program.
"""

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import infra24
from infra24 import bookings
from infra24.errors import DomainError, Invalid, TooMany, Unauthenticated
from infra24.event_catalogue import EVENT_TYPES
from infra24.events import Field
from infra24.mail_settings import MailSettings
from infra24.people import KEY_SCOPES, SCOPES, Role, Scope
from infra24.people.permissions import ROLE_NAMES
from infra24.rate_limits import RateLimited
from infra24.settings import CHECKOUT, Settings, variable_of
from infra24.web.errors import STATUS
from infra24.web.routes import API

GUIDES = CHECKOUT / "docs" / "guides"

ALLOWS = {
    Scope.BOOKINGS_READ: "see all bookings and *Today*, export them",
    Scope.BOOKINGS_WRITE: "book for others, move, hand over, cancel; notes; series",
    Scope.BOOKINGS_APPROVE: "approve and decline",
    Scope.BOOKINGS_HOST: "see and handle the bookings that they host; *Calendar*",
    Scope.CATALOGUE_READ: "look at what is offered: resources, types, rules, links, closings, holidays",
    Scope.CATALOGUE_WRITE: "change what is offered",
    Scope.PEOPLE_READ: "see who works here",
    Scope.PEOPLE_WRITE: "invite, give roles, take someone out",
    Scope.SETTINGS_WRITE: "change the settings, make and revoke keys",
    Scope.AUDIT_READ: "read the audit",
    Scope.ANALYTICS_READ: "read the analytics",
    Scope.EVENTS_READ: "read the events (API)",
    Scope.WEBHOOKS_WRITE: "add, change and read webhooks, which send bookings with names to other systems",
    Scope.OWN: "see and change their own bookings",
}
"""What each scope lets one do, as the guides say it."""

_OF_THE_API = (
    "availability", "booking_links", "bookings", "db", "organizations", "resources", "turns",
    "web.api", "web.caller", "web.guard", "web.idempotency", "web.key_access", "auth.model.BearerRefused",
    "webhooks",
)  # fmt: skip
"""Where the refusals are that addresses of the API answer with; and every one of too many requests."""

_OF_COMMANDS = ("organizations.deletion", "organizations.export")
"""What only the command line asks for."""


def settings_page() -> str:
    """docs/guides/settings.md: every setting, by its environment variable."""
    lines = [
        "# Settings",
        "",
        "Settings are environment variables, read once at the start. Each has a default that works on a",
        "laptop. One that is not valid is named, and nothing starts. This page is written from",
        "`infra24/settings.py` by `python -m tools.reference`.",
    ]
    own = [name for name in Settings.model_fields if name not in MailSettings.model_fields]
    for name in (*own, *MailSettings.model_fields):
        field = Settings.model_fields[name]
        default = "none" if field.default in (None, (), "") else f"`{_shown(field.default)}`"
        example = str((field.examples or [""])[0])
        lines += ["", f"## {variable_of(name)}", "", str(field.description), ""]
        lines += [f"- Default: {default}", f"- Example: `{variable_of(name)}={_quoted(example)}`"]
    return "\n".join(lines) + "\n"


def roles_table() -> str:
    """Who may do what: the scopes of each role."""
    roles = [role for role in Role if role is not Role.PUBLIC]
    lines = ["| may | " + " | ".join(ROLE_NAMES[role].lower() for role in roles) + " |"]
    lines.append("|---" * (len(roles) + 1) + "|")
    for scope, allows in ALLOWS.items():
        marks = ["yes" if scope in SCOPES[role] else "–" for role in roles]
        lines.append(f"| {allows} | {' | '.join(marks)} |")
    return "\n".join(lines)


def scopes_table() -> str:
    """What a key's scopes open in the API."""
    lines = ["| scope | opens |", "|---|---|"]
    for scope in KEY_SCOPES:
        paths = [f"`{one.method} {one.path.removeprefix('/api')}`" for one in API if one.requires is scope]
        lines.append(f"| `{scope}` | {'; '.join((ALLOWS[scope], *paths))} |")
    return "\n".join(lines)


def codes_table() -> str:
    """The error codes that the API answers with."""
    rows = set()
    for kind in _refusals():
        status = next(status for base, status in STATUS if issubclass(kind, base))
        named = RateLimited if issubclass(kind, RateLimited) else kind  # its kinds share a code
        code = re.sub(r"(?<!^)(?=[A-Z])", "_", named.__name__).lower()
        sentence = re.sub(r"%\(\w+\)s|\{\w+\}", "…", " ".join((kind.__doc__ or "").split()))
        rows.add((status, code, sentence))
    lines = [f"| {status} | `{code}` | {sentence} |" for status, code, sentence in sorted(rows)]
    return "\n".join(["| status | code | meaning |", "|---|---|---|", *lines])


def events_table() -> str:
    """The types of events, when they happen and what they say."""
    lines = ["| type | when | facts |", "|---|---|---|"]
    for type_ in EVENT_TYPES.values():
        whole = set(bookings.events.FACTS) <= set(type_.fields)
        facts = [_fact(one) for one in type_.fields if not (whole and one in bookings.events.FACTS)]
        told = ", ".join((["the booking's"] if whole else []) + facts)
        lines.append(f"| `{type_.name}` | {type_.when} | {told} |")
    lines += ["", f"The booking's facts: {', '.join(map(_fact, bookings.events.FACTS))}."]
    return "\n".join(lines)


def _fact(field: Field) -> str:
    return f"`{field.name}`" + ("\\*" if field.personal else "") + ("?" if field.optional else "")


def event_facts_table() -> str:
    """What each fact of an event is."""
    meanings: dict[str, dict[str, list[str]]] = {}
    for type_ in EVENT_TYPES.values():
        for one in type_.fields:
            meanings.setdefault(one.name, {}).setdefault(one.meaning, []).append(type_.subject)
    lines = ["| fact | meaning |", "|---|---|"]
    for name, found in sorted(meanings.items()):
        told = [
            meaning if len(found) == 1 else f"{', '.join(dict.fromkeys(subjects))}: {meaning}"
            for meaning, subjects in found.items()
        ]
        lines.append(f"| `{name}` | {'; '.join(told)} |")
    return "\n".join(lines)


def _refusals() -> Iterator[type[DomainError]]:
    """Every refusal that an address of the API can answer with."""
    for module in pkgutil.walk_packages(infra24.__path__, "infra24."):
        if module.name != "infra24.__main__":
            importlib.import_module(module.name)
    yield from (Invalid, Unauthenticated)
    waiting = DomainError.__subclasses__()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        place = f"{kind.__module__}.{kind.__name__}".removeprefix("infra24.")
        if place.startswith(_OF_COMMANDS):
            continue
        if place.startswith(_OF_THE_API) or (issubclass(kind, TooMany) and kind is not TooMany):
            yield kind


PARTS: dict[str, Callable[[], str]] = {
    "roles": roles_table,
    "scopes": scopes_table,
    "error codes": codes_table,
    "events": events_table,
    "event facts": event_facts_table,
}


def pages() -> dict[Path, str]:
    """Every page that is generated, or has parts that are, as it should be."""
    wanted = {GUIDES / "settings.md": settings_page()}
    for page in sorted(GUIDES.glob("*.md")):
        text = page.read_text()
        for name, part in PARTS.items():
            edges = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
            if edges.search(text):
                text = wanted[page] = edges.sub(
                    lambda found, part=part: f"{found[1]}{part()}\n{found[2]}", text
                )
    return wanted


def _shown(default: object) -> str:
    text = str(default)
    return text.replace(f"{CHECKOUT}/", "")


def _quoted(example: str) -> str:
    return f"'{example}'" if re.search(r"[\s<\[]", example) else example


def main() -> int:
    """Write them."""
    for page, text in pages().items():
        page.write_text(text)
        sys.stderr.write(f"{page.relative_to(CHECKOUT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
