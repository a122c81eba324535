"""The fenced blocks of README and guides: what is run, what is sent, and what says why it cannot be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PAGES = (CHECKOUT / "README.md", *sorted((CHECKOUT / "docs" / "guides").glob("*.md")))

_BLOCK = re.compile(r"^(?P<margin> *)```(?P<language>[a-z]*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_NOTE = re.compile(r"<!-- (?P<kind>not run|request|rules): (?P<said>[^\n]+) -->\n$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block, and the comment right above it: `not run: why`, `request: POST …`, `rules: org`."""

    page: Path
    line: int
    language: str
    text: str
    kind: str
    said: str

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(CHECKOUT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page in their order."""
    text = page.read_text()
    for found in _BLOCK.finditer(text):
        note = _NOTE.search(text[: found.start()].rstrip(" "))
        inside = re.sub(rf"^{found['margin']}", "", found["text"], flags=re.MULTILINE)
        line = text.count("\n", 0, found.start()) + 1
        kind, said = (note["kind"], note["said"]) if note else ("", "")
        yield Block(page, line, found["language"], inside, kind, said)


def inline_json(page: Path) -> Iterator[tuple[int, str]]:
    """What a page writes as JSON in the middle of a sentence, with its line."""
    yield from _inline(page, re.compile(r"`(\[?\{\"[^`]*)`"))


def inline_commands(page: Path) -> Iterator[tuple[int, list[str]]]:
    """The words of each command that a page writes in the middle of a sentence, with its line."""
    for line, text in _inline(page, re.compile(r"`(?:[A-Z0-9_]+=\S+ )?infra24 ([a-z][^`]*)`")):
        yield line, text.split()


def _inline(page: Path, wanted: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    text = _BLOCK.sub(lambda found: "\n" * found[0].count("\n"), page.read_text())
    for found in wanted.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found[1]
