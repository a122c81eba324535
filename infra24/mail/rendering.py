"""Renders the text of e-mails: a template for each kind, in the reader's language."""

import re
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from infra24.i18n import LANGUAGES, catalogue
from infra24.mail.model import CONTROL_CHARACTERS, Email

_LONGEST = 200
_OURS = frozenset({"link", "new_email"})
_STAFFS = frozenset({"organization"})
"""Names that may look like a domain: the e-mail is sent for them."""
_IN_DOMAINS = re.compile(r"(?<=\w)[.。．｡](?=[^\W\d_]{2})")


def render(
    kind: str, to: str, language: str, *, reply_to: str | None = None, **facts: str | int | None
) -> Email:
    """The e-mail of a kind. Each fact of its template must be given; what people typed is kept to one line.

    Names and titles are typed by strangers, who could make our e-mail carry their text: they are cut at
    200 characters and an address in them loses what makes it a link: "https://" its slashes, and in a
    person's name a dot that a domain could follow gets a space. "J. R. Smith" stays as it is.
    """
    spoken = language if language in LANGUAGES else "en"
    template = templates_in(spoken).get_template(f"{kind}.txt")
    context = template.new_context({name: _plain(name, fact) for name, fact in facts.items()})
    parts = {name: "".join(block(context)) for name, block in template.blocks.items()}
    subject = " ".join(parts["subject"].split())
    return Email(to, subject, _paragraphs(parts["text"]), reply_to=reply_to, language=spoken)


def _plain(name: str, fact: str | int | None) -> str | int | None:
    if not isinstance(fact, str) or name in _OURS:
        return fact
    return without_links(one_line(fact, _LONGEST), domains=name in _STAFFS)


def one_line(text: str, longest: int) -> str:
    """A text without line ends and control characters, cut."""
    return " ".join(CONTROL_CHARACTERS.sub(" ", text).split())[:longest]


def without_links(text: str, *, domains: bool = False) -> str:
    """A text that no mail program turns into a link. `domains`: what looks like a domain may stay."""
    plain = text.replace("://", " ")
    return plain if domains else _IN_DOMAINS.sub(". ", plain)


def _paragraphs(text: str) -> str:
    """Without the lines that templates leave empty."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


@lru_cache(maxsize=8)
def templates_in(language: str) -> Environment:
    """The templates of e-mails in a language; those in HTML escape what they are given."""
    environment = Environment(
        loader=PackageLoader("infra24.mail"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return environment
