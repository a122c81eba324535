"""What an e-mail says, as data: one layout renders it as HTML and as text, whatever the kind."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import css_inline
from markupsafe import escape

from infra24 import theme
from infra24.i18n import LANGUAGES
from infra24.mail.model import Email
from infra24.mail.rendering import one_line, templates_in, without_links

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)
_CARD, _DARK_CARD = "#fffdf9", "#1e2128"
_TEXT_CONTRAST = 4.6
_LONGEST, _NAME_LONGEST = 2_000, 100
_SINGLE = ("subject", "headline", "title", "when", "place", "brand", "footer", "unsubscribe", "logo")
_PAIRS = ("rows", "buttons", "links")
_MARK = re.compile("\ue000([a-z0-9-]+)\ue001")
"""Where a fact goes, in characters that no text of ours has."""


@dataclass(frozen=True, slots=True)
class Brand:
    """Whose e-mail it is: the organization's name, the colour that its pages grow from, and its logo."""

    name: str
    seed: str = theme.SEED
    logo_url: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """One e-mail: what happened (`headline`), to what (`title`), when, where, and what can be done.

    `place` stands with the times in the first line, which mail programs show beside the subject. `rows` are
    labels with values that anybody may have typed: they lose what mail programs turn into links. `buttons`
    and `links` are labels with addresses, `footer` says why it was sent. With an
    `unsubscribe_url` one can decline what it is for.
    """

    subject: str
    headline: str
    title: str
    when: str
    place: str = ""
    rows: Sequence[tuple[str, str]] = ()
    buttons: Sequence[tuple[str, str]] = field(default=(), repr=False)
    links: Sequence[tuple[str, str]] = field(default=(), repr=False)
    paragraphs: Sequence[str] = ()
    footer: str = ""
    unsubscribe_url: str | None = field(default=None, repr=False)


def render_content(content: Content, brand: Brand, to: str, language: str) -> Email:
    """The e-mail of a content, in HTML and in text."""
    spoken = language if language in LANGUAGES else "en"
    facts: dict[str, Any] = {
        "subject": _ours(content.subject),
        "headline": _ours(content.headline),
        "title": _ours(content.title),
        "when": content.when,
        "place": _ours(content.place),
        "rows": [(label, _typed(value)) for label, value in content.rows if value],
        "buttons": content.buttons,
        "links": content.links,
        "paragraphs": [_ours(paragraph) for paragraph in content.paragraphs if paragraph],
        "footer": _ours(content.footer),
        "brand": _ours(brand.name),
        "unsubscribe": content.unsubscribe_url or "",
        "logo": brand.logo_url,
    }
    text = templates_in(spoken).get_template("layout.txt").render(facts)
    plain = re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"
    return Email(
        to,
        facts["subject"],
        plain,
        html=_html(facts, spoken, brand.seed),
        language=spoken,
        sender_name=one_line(brand.name, _NAME_LONGEST),
        unsubscribe_url=content.unsubscribe_url,
    )


def _html(facts: Mapping[str, Any], language: str, seed: str) -> str:
    """The layout with these facts. What takes long is done once for each shape (`_inlined`)."""
    values = {name: facts[name] for name in _SINGLE}
    for name in _PAIRS:
        for number, (label, value) in enumerate(facts[name]):
            values |= {f"{name}-{number}-label": label, f"{name}-{number}-value": value}
    values |= {f"paragraphs-{number}": one for number, one in enumerate(facts["paragraphs"])}
    present = frozenset(name for name in _SINGLE if facts[name])
    counts = tuple(len(facts[name]) for name in (*_PAIRS, "paragraphs"))
    pieces = list(_inlined(language, seed, present, counts))
    pieces[1::2] = [str(escape(values[name])) for name in pieces[1::2]]
    return "".join(pieces)


@lru_cache(maxsize=512)
def _inlined(language: str, seed: str, present: frozenset[str], counts: tuple[int, ...]) -> tuple[str, ...]:
    """The layout with its styles on its elements, for facts of one shape: which are there, and how many of
    each list. Texts, and between them the names of the facts that stand there."""
    marked: dict[str, Any] = {name: _marked(name) if name in present else "" for name in _SINGLE}
    for name, count in zip(_PAIRS, counts, strict=False):
        marked[name] = [(_marked(f"{name}-{n}-label"), _marked(f"{name}-{n}-value")) for n in range(count)]
    marked["paragraphs"] = [_marked(f"paragraphs-{n}") for n in range(counts[-1])]
    marked |= {"colors": _colors(seed), "language": language}
    html = templates_in(language).get_template("layout.html").render(marked)
    return tuple(_MARK.split(_INLINER.inline(html)))


def _marked(name: str) -> str:
    return f"\ue000{name}\ue001"


def wording(template: str, language: str, **facts: str | int | None) -> dict[str, str]:
    """The sentences of a kind: the blocks of its template, by name, each on one line.

    Each fact that the template names must be given. What people typed has no links then.
    """
    found = templates_in(language if language in LANGUAGES else "en").get_template(template)
    cleaned = {name: _typed(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
    context = found.new_context(cleaned)
    return {name: " ".join("".join(block(context)).split()) for name, block in found.blocks.items()}


def _ours(text: str) -> str:
    """What the organization or a template says: it may name a domain."""
    return without_links(one_line(text, _LONGEST), domains=True)


def _typed(text: str) -> str:
    """What anybody may have typed."""
    return without_links(one_line(text, _LONGEST))


@lru_cache(maxsize=512)
def _colors(seed: str) -> dict[str, str]:
    """The brand's colour for buttons, and for links on the card in both schemes."""
    return {
        "brand": seed,
        "on_brand": theme.on_brand(seed),
        "link": theme.shifted(seed, _CARD, _TEXT_CONTRAST),
        "dark_link": theme.shifted(seed, _DARK_CARD, _TEXT_CONTRAST),
    }
