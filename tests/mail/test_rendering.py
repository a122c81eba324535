"""What e-mails say, in each language, whatever people call themselves."""

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import infra24.mail
from infra24.i18n import LANGUAGES
from infra24.mail import render

LINK = "https://example.org/x/abc?d=1&e=2"
FACTS: dict[str, dict[str, str | int | None]] = {
    "sign_in": {"name": "Ada", "link": LINK, "minutes": 15},
    "invitation": {"organization": "Oolite", "role": "Keeper", "inviter": "Mo", "link": LINK, "days": 7},
    "email_change": {"link": LINK, "new_email": "new@example.org"},
    "email_changed_notice": {"new_email": "new@example.org"},
    "password_changed": {},
    "factor_changed": {},
    "new_sign_in": {"device": "Firefox", "address": "192.0.2.7", "when": "Friday, 12:00"},
}


def test_every_template_is_tried_here() -> None:
    folder = Path(infra24.mail.__file__).parent / "templates"
    assert {path.stem for path in folder.glob("*.txt")} - {"layout"} == set(FACTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", FACTS)
def test_every_email_says_all_its_facts_in_every_language(kind: str, language: str) -> None:
    mailed = render(kind, "ada@example.org", language, **FACTS[kind])
    assert mailed.language == language
    for fact in FACTS[kind].values():
        assert fact is False or str(fact) in f"{mailed.subject}\n{mailed.text}"
    assert ("link" in FACTS[kind]) == (LINK in mailed.text.splitlines())
    assert not re.search(r"%\(|\{\{|\n\n\n|[ \t]\n", mailed.text)
    if language != "en":
        english = render(kind, "ada@example.org", "en", **FACTS[kind])
        assert mailed.subject != english.subject
        assert not set(mailed.text.splitlines()) & {line for line in english.text.splitlines() if " " in line}


@pytest.mark.parametrize("kind", [kind for kind in FACTS if FACTS[kind]])
def test_an_email_without_a_fact_is_not_written(kind: str) -> None:
    name = next(iter(FACTS[kind]))
    with pytest.raises((UndefinedError, TypeError)):
        render(kind, "ada@example.org", "en", **{n: f for n, f in FACTS[kind].items() if n != name})


def test_one_minute_is_one() -> None:
    assert "for 1 minute." in render("sign_in", "a@example.org", "en", name="A", link=LINK, minutes=1).text
    assert "1 minuto." in render("sign_in", "a@example.org", "es", name="A", link=LINK, minutes=1).text


def test_an_unknown_language_is_english() -> None:
    assert render("password_changed", "a@example.org", "de").subject == "Your password was changed"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("evil.example", "evil. example"),
        ("https://www.evil.example/pay", "https www. evil. example/pay"),
        ("me@evil。example", "me@evil. example"),
        ("J. R. Smith", "J. R. Smith"),
        ("Dr. No", "Dr. No"),
        ("J.R. O'Neil jr.", "J.R. O'Neil jr."),
    ],
)
def test_no_program_makes_a_link_of_a_name(typed: str, said: str) -> None:
    """Programs that read mail link whatever looks like a domain, without https:// too."""
    mailed = render("invitation", "mo@shop.example", "en", **{**FACTS["invitation"], "inviter": typed})
    assert f"{said} invites you" in mailed.text


def test_an_organization_may_be_called_as_its_site_is() -> None:
    mailed = render(
        "invitation", "a@example.org", "en", **{**FACTS["invitation"], "organization": "Yoga.example"}
    )
    assert mailed.subject == "You are invited to join Yoga.example"


@pytest.mark.parametrize(
    "evil", ["Ada\r\nBcc: all@example.org", "100%(name)s %s {{ link }}", "x" * 5_000, "\u202eadA\x00", "\ud800", "Ada\u2028Bob",
             "Win at https://evil.example/now"],
)  # fmt: skip
def test_what_people_type_stays_a_name_on_one_line(evil: str) -> None:
    mailed = render("invitation", "a@example.org", "en", **{**FACTS["invitation"], "organization": evil, "inviter": evil})  # fmt: skip
    assert mailed.subject.isprintable()
    assert len(mailed.subject) < 250
    calm = render("invitation", "a@example.org", "en", **FACTS["invitation"])
    assert len(mailed.text.splitlines()) == len(calm.text.splitlines())
    assert re.findall(r"\w+://\S+", mailed.text) == [LINK]
    assert "\u202e" not in mailed.text
