"""Languages and colours: complete catalogues, and text that can be read on every seed."""

import inspect
import re
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

import infra24
from infra24 import auth, people, rate_limits
from infra24.auth import passwords
from infra24.bookings import BookerLimit, HoldOver
from infra24.errors import Conflict, DomainError, Forbidden, NotFound, TooMany, Unavailable
from infra24.i18n import LANGUAGES, LOCALES, locale_format
from infra24.web import caller, guard, theme
from infra24.web.account import passkeys, providers, security


def _said() -> set[str]:
    package = Path(infra24.__file__).parent
    found = extract_from_dir(
        package,
        method_map=[
            ("**/presenters/**.py", "python"),
            ("**/templates/**.html", "jinja2"),
            ("**/templates/**.txt", "jinja2"),
        ],
        options_map={
            f"**/templates/**.{kind}": {"trimmed": "true", "extensions": "jinja2.ext.i18n"}
            for kind in ("html", "txt")
        },
    )
    texts = set()
    for _, _, message, *_ in found:
        texts |= {message} if isinstance(message, str) else set(message)
    refused = {
        BookerLimit,
        HoldOver,
        NotFound,
        Forbidden,
        Conflict,
        Unavailable,
        TooMany,
        *_refusals_of_accounts(),
    }
    return texts | _OBJECTIONS | {" ".join((inspect.getdoc(kind) or "").split()) for kind in refused}


_OBJECTIONS = {
    passwords.TOO_SHORT,
    passwords.TOO_LONG,
    passwords.TOO_COMMON,
    passwords.TOO_CLOSE,
    security.NOT_YOURS,
}


def _refusals_of_accounts() -> set[type[DomainError]]:
    """What is said to people about who they are: each module's own refusals."""
    modules = (
        rate_limits.model,
        people.model,
        people.factors,
        auth.model,
        guard,
        caller,
        passkeys,
        providers,
    )
    return {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, DomainError) and kind.__module__ == module.__name__
    }


def test_every_text_of_the_pages_is_in_every_catalogue() -> None:
    wanted = _said()
    assert len(wanted) > 80
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
