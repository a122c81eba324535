"""The one layout of e-mails: in both forms, in both languages, safe, and readable in the dark."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import infra24.mail
from infra24 import theme
from infra24.i18n import LANGUAGES
from infra24.mail import Brand, Content, render_content, wording

CONTENT = Content(
    "Booked: Printmaking, Thu, Dec 10, 2:00 PM",
    "You\u2019re booked, Ada",
    "Printmaking",
    "Thursday, December 10, 2:00 PM\u20134:00 PM (New York)",
    "Print Room, 924 Lincoln Road",
    (("With", "Mo"), ("Reason", "")),
    (("Open your booking", "https://example.org/b/1?a=1&b=2"),),
    (("Cancel", "https://example.org/c/1"),),
    ("Wear closed shoes.", ""),
    "You get this because you booked.",
)
FOLDER = Path(infra24.mail.__file__).parent / "templates" / "bookings"


class _Reader(HTMLParser):
    """Collects the elements, the addresses and the text of an HTML e-mail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.opened: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_forms_say_the_same(language: str) -> None:
    mailed = render_content(CONTENT, Brand("Oolite Arts"), "ada@example.org", language)
    html = _Reader(mailed.html or "")
    for said in ("You\u2019re booked, Ada", "Printmaking", CONTENT.when, CONTENT.place, "Mo", "closed shoes"):
        assert said in html.text
        assert said in mailed.text
    addresses = [attrs["href"] for tag, attrs in html.opened if tag == "a"]
    assert addresses == ["https://example.org/b/1?a=1&b=2", "https://example.org/c/1"]
    assert all(str(one) in mailed.text.splitlines() for one in addresses)
    assert "Reason" not in mailed.text, "a row without a value is left out"


def test_the_first_line_says_what_when_and_where() -> None:
    mailed = render_content(CONTENT, Brand("Oolite Arts"), "ada@example.org", "en")
    first = mailed.text.splitlines()[0]
    assert first == f"Printmaking: {CONTENT.when}, {CONTENT.place}"
    shown_beside_the_subject = _Reader(mailed.html or "").text.split("@media")[-1].split("}")[-1].split()
    assert shown_beside_the_subject[:2] == ["Thursday,", "December"]


def test_clients_that_drop_style_sheets_still_show_it_and_others_know_the_dark() -> None:
    html = render_content(CONTENT, Brand("Oolite"), "ada@example.org", "en").html or ""
    reader = _Reader(html)
    assert all(attrs.get("style") for tag, attrs in reader.opened if tag in ("h1", "p", "a"))
    assert html.count("<style") == 1
    assert "prefers-color-scheme: dark" in html
    assert not [tag for tag, _ in reader.opened if tag in ("script", "link", "form", "svg", "iframe")]
    assert len(html.encode()) < 60_000, "mail programs cut what is longer than 102 kB"


@pytest.mark.parametrize("seed", ["#ffe600", "#1f6f54", "#000000", "#ffffff", "#7a0019"])
def test_a_brand_of_any_colour_can_be_read(seed: str) -> None:
    html = render_content(CONTENT, Brand("Oolite", seed), "ada@example.org", "en").html or ""
    button = next(
        a["style"] or "" for tag, a in _Reader(html).opened if tag == "a" and "button" in (a["class"] or "")
    )
    styles = dict(re.findall(r"([\w-]+): ([^;]+)", button))
    assert theme.contrast(styles["background"], styles["color"]) >= 4.5
    link = next(a["style"] or "" for tag, a in _Reader(html).opened if tag == "a" and a["class"] == "link")
    assert theme.contrast(re.findall(r"color: (#\w+)", link)[-1], "#fffdf9") >= 4.5
    dark = re.findall(r"\.link { color: (#\w+)", html)[-1]
    assert theme.contrast(dark, "#1e2128") >= 4.5


@pytest.mark.parametrize(
    "evil",
    ["<img src=x>", "{{ 7*7 }}", "x" * 9_000, "\u202eAda\x00", "\ud800", "a\r\nBcc: all@example.org"],
)
def test_what_people_type_is_text_on_one_line(evil: str) -> None:
    content = replace(
        CONTENT, title=evil, rows=(("With", evil),), headline=evil, subject=f"Booked: {evil}"[:190]
    )
    mailed = render_content(content, Brand(evil), "ada@example.org", "en")
    tags = [tag for tag, _ in _Reader(mailed.html or "").opened]
    assert "img" not in tags
    assert "49" not in mailed.text
    assert mailed.subject.isprintable()
    assert "\u202e" not in (mailed.html or "") + mailed.text


@pytest.mark.parametrize("template", sorted(path.name for path in FOLDER.glob("*.txt")))
def test_each_kind_is_worded_in_each_language(template: str) -> None:
    facts: dict[str, str | int] = {"title": "Room", "when": "Friday", "name": "Ada", "booker": "Ada", "count": 3,
                                   "organization": "The Shop", "by_staff": 1, "waiting": 1, "for_booker": 1}  # fmt: skip
    said = {language: wording(f"bookings/{template}", language, **facts) for language in LANGUAGES}
    for words in said.values():
        assert "Room" in words["subject"]
        assert words["headline"]
        assert not re.search(r"%\(|{{", str(words))
    assert said["en"].keys() == said["es"].keys()
    assert all(said["en"][name] != said["es"][name] for name in said["en"])


def test_a_logo_stands_beside_the_name_where_there_is_one() -> None:
    with_logo = Brand("Oolite", logo_url="https://example.org/oolite/logo")
    html = render_content(CONTENT, with_logo, "ada@example.org", "en").html or ""
    assert 'src="https://example.org/oolite/logo"' in html
    assert "<img" not in (render_content(CONTENT, Brand("Oolite"), "ada@example.org", "en").html or "")
