"""Languages and colours: complete catalogues, and text that can be read on every seed."""

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from io import BytesIO
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

import infra24
from infra24 import theme
from infra24.availability.reasons import SENTENCES, Reason
from infra24.bookings import SlotNotOffered
from infra24.errors import DomainError, Message
from infra24.i18n import LANGUAGES, LOCALES, locale_format, translated

TERMINAL = (
    "auth.keyring", "commands", "embedded", "mail", "message_files", "migrations", "org_config",
    "organizations.deletion", "organizations.export", "rotation", "server", "setup_errors", "sms",
    "web.api.appointments", "web.api.availability", "web.api.bookings", "web.api.cursors", "web.api.system", "web.idempotency",
)  # fmt: skip
"""What is read at a terminal or by a program, in English only."""
COMPOSED = {"errors.py", "availability/reasons.py", "bookings/model.py", "web/presenters/validation.py",
            "commands/owners.py", "org_config/fields.py"}  # fmt: skip
"""Where a message is made of others, or repeats what a library says."""


def _texts(method_map: list[tuple[str, str]], **how: Any) -> set[str]:
    """The texts that the catalogues must have, of some files."""
    texts = set()
    for _, _, message, *_ in extract_from_dir(Path(infra24.__file__).parent, method_map=method_map, **how):
        texts |= {message} if isinstance(message, str) else set(message)
    return texts


def _on_pages() -> set[str]:
    templates = {
        f"**/templates/**.{kind}": {"trimmed": "true", "extensions": "jinja2.ext.i18n"}
        for kind in ("html", "txt")
    }
    return _texts(
        [(pattern, "jinja2") for pattern in templates] + [("**/presenters/**.py", "python")],
        options_map=templates,
    )


def _made() -> Iterator[tuple[str, ast.Call]]:
    """Every place that makes a message, by file."""
    package = Path(infra24.__file__).parent
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func if isinstance(node, ast.Call) and node.args else None
            if isinstance(called, ast.Name) and called.id in ("Message", "InvalidValue"):
                yield path.relative_to(package).as_posix(), node


def _messages() -> set[str]:
    """Every message of the modules that pages call."""
    return set(SENTENCES.values()) | {
        node.args[0].value
        for file, node in _made()
        if isinstance(node.args[0], ast.Constant)
        and not file.removesuffix(".py").replace("/", ".").startswith(TERMINAL)
    }


def _errors() -> set[str]:
    """The message of every error that a page can show."""
    for module in walk_packages(infra24.__path__, "infra24."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    kinds, found = DomainError.__subclasses__(), set()
    while kinds:
        kinds += (kind := kinds.pop()).__subclasses__()
        if kind.__module__.startswith("infra24.") and not kind.__module__.startswith(_TERMINAL_MODULES):
            found.add(" ".join((inspect.getdoc(kind) or "").split()))
    return found


_TERMINAL_MODULES = tuple(f"infra24.{name}" for name in (*TERMINAL, "settings"))


def test_messages_are_written_where_they_are_made() -> None:
    """A message put together from pieces is found by no catalogue: its template is one literal text."""
    for file, node in _made():
        assert file in COMPOSED or isinstance(node.args[0], ast.Constant), f"{file}:{node.lineno}"


def test_text_for_operators_is_made_where_only_they_read_it() -> None:
    """A refusal takes a message, or `operator_text`, which no catalogue has: the types refuse a plain text."""
    package = Path(infra24.__file__).parent
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix().removesuffix(".py").replace("/", ".")
        if "operator_text(" in path.read_text():
            assert name == "errors" or name.startswith(TERMINAL), name


def test_a_message_is_said_in_the_readers_language_with_its_parameters() -> None:
    late = Message(
        "Online rescheduling closes %(notice)s before the start. Contact us to reschedule.",
        notice=timedelta(minutes=2_880),
    )
    assert late == "Online rescheduling closes 2 days before the start. Contact us to reschedule."
    assert translated(late, "es").startswith("El cambio en línea se cierra 2 días antes")
    reason = Reason("week_limit", {"counted": Message("minutes"), "most": 90}).sentence
    assert "minutes: 90" in reason
    assert "minutos: 90" in translated(reason, "es")
    refused = SlotNotOffered([Reason("past"), Reason("too_soon", {"notice": timedelta(minutes=90)})])
    assert refused.message == "This time has passed. Bookings close 90 minutes before the start."
    assert translated(refused.message, "es") == (
        "Esta hora ya pasó. Las reservas cierran 90 minutos antes del comienzo."
    )
    assert translated("100 % unknown", "es") == "100 % unknown"


def test_every_text_of_the_pages_is_in_every_catalogue() -> None:
    wanted = _on_pages() | _messages() | _errors()
    assert len(wanted) > 800
    for language in set(LANGUAGES) - {"en"}:
        catalogue = read_po(BytesIO((LOCALES / language / "LC_MESSAGES/infra24.po").read_bytes()))
        known: set[str] = set()
        for message in catalogue:
            ids, texts = (
                (message.id, message.string)
                if isinstance(message.id, tuple)
                else ((message.id,), (message.string,))
            )
            if all(texts):
                known |= set(ids)
            if message.id:
                assert not list(message.check(catalogue)), message.id
        assert wanted <= known, wanted - known


def test_dates_and_prices_are_written_as_the_territory_does() -> None:
    from datetime import UTC, date, datetime
    from zoneinfo import ZoneInfo

    british, american, spanish = (
        locale_format("en", "en_GB"),
        locale_format("en", "en_US"),
        locale_format("es", "es_ES"),
    )
    on, at = date(2026, 11, 24), datetime(2026, 11, 24, 15, 5, tzinfo=UTC)
    assert british.day(on) == "Tuesday 24 November"
    assert american.day(on) == "Tuesday, November 24"
    assert spanish.full_day(on) == "martes, 24 de noviembre de 2026"
    assert british.time(at, ZoneInfo("Europe/London")) == "15:05"
    assert american.time(at, ZoneInfo("America/New_York")) == "10:05\u00a0AM"
    assert (british.price(5000, "GBP"), american.price(1550, "USD")) == ("£50", "$15.50")
    assert british.weekdays()[0][2] == "Monday"
    assert american.weekdays()[0][2] == "Sunday"


@given(seed=st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}"))
@settings(max_examples=300, deadline=None)
def test_any_seed_gives_text_and_lines_that_can_be_seen(seed: str) -> None:
    """4.5:1 for text, 3:1 for lines, on the least favourable ground of each scheme."""
    sheet = theme.stylesheet(seed, 14)
    values = dict(part.split(":", 1) for part in sheet.removeprefix(":root{").removesuffix("}").split(";"))
    assert theme.contrast(values["--brand"], values["--on-brand"]) >= 4.5
    for name, least in (("--brand-line", 3.0), ("--brand-text", 4.5)):
        light, dark = values[name].removeprefix("light-dark(").removesuffix(")").split(", ")
        assert theme.contrast(light, theme.LIGHT) >= least
        assert theme.contrast(dark, theme.DARK) >= least


def test_a_sentence_in_a_variable_is_never_taken_for_markup() -> None:
    """`_(variable)` would be a format and safe HTML, whoever wrote it: templates say `variable|said`."""
    for template in (Path(infra24.__file__).parent / "web/templates").rglob("*.html"):
        assert not re.search(r"\b_\([^'\"]", template.read_text()), template.name
