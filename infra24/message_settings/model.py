"""An organization's words for one kind of message, with variables that are filled in when it is sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra24.errors import InvalidValue
from infra24.mail.rendering import one_line, without_links

VARIABLES = ("name", "title", "when", "place", "host", "organization", "reference")
"""What can stand in braces: who booked, what, when, where, with whom, where one is, what one says on the
telephone."""
MOST = {"subject": 150, "headline": 150, "note": 1_000}
"""How many characters each part may have."""
_IN_BRACES = re.compile(r"\{([^{}]*)\}")
_LONGEST_FACT = 200


@dataclass(frozen=True, slots=True)
class MessageText:
    """The parts of a message that can be worded; what is blank is said as the product says it."""

    subject: str = ""
    headline: str = ""
    note: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is worded."""
        return not (self.subject or self.headline or self.note)


@dataclass(frozen=True, slots=True)
class MessageSetting:
    """What an organization set of one kind. `is_sent` None: as the product does by itself."""

    kind: str
    is_sent: bool | None = None
    texts: Mapping[str, MessageText] = field(default_factory=dict)

    def text(self, language: str) -> MessageText:
        """The words in a language."""
        return self.texts.get(language, MessageText())


def checked(part: str, text: str) -> str:
    """A part as it is kept. Raises InvalidValue for one that is too long or names what there is not."""
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    kept = ("\n" if part == "note" else " ").join(lines)
    if len(kept) > MOST[part]:
        raise InvalidValue("Write at most %(most)s characters.", most=MOST[part])
    for named in _IN_BRACES.findall(kept):
        if named.strip() not in VARIABLES:
            known = ", ".join(f"{{{one}}}" for one in VARIABLES)
            raise InvalidValue("There is no {%(name)s}. Use %(known)s.", name=named[:40], known=known)
    return kept


def filled(text: str, facts: Mapping[str, str]) -> str:
    """A text with its variables filled in. What people typed loses what mail programs turn into links."""

    def value(found: re.Match[str]) -> str:
        fact = facts.get(found[1].strip())
        return found[0] if fact is None else without_links(one_line(fact, _LONGEST_FACT))

    return _IN_BRACES.sub(value, text)
