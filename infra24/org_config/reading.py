"""Reads YAML as JSON would be read, and remembers on which line each part stands."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra24.errors import Invalid, Problem

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
MOST = 500_000
_DEEPEST = 50
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: fifty times as fast
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Misread(Invalid):
    """The file cannot be read."""

    def __init__(self, wrong: list[tuple[int, str, str]]) -> None:
        self.wrong = sorted(wrong)
        super().__init__("\n".join(f"line {line}: {path}: {said}" for line, path, said in self.wrong))


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and on which line each path of it stands."""

    content: Any
    lines: dict[str, int]

    def line_of(self, path: str) -> int:
        """The line of a path, or of the nearest part around it."""
        while path and path not in self.lines:
            path = re.sub(r"(\.?[^.\[]+|\[[0-9]+\])$", "", path)
        return self.lines.get(path, 1)

    def misread(self, problem: Problem, at: str = "") -> Misread:
        """What is wrong, by line; `at` is the path of the part that was refused."""
        found = []
        for path, said in problem.problems.items():
            named = re.sub(r"^availability_rules", "rules", path)
            whole = ".".join(part for part in (at, named) if part).replace(".[", "[")
            found.append((self.line_of(whole), whole, said))
        return Misread(found)


def read_file(file: Path) -> Document:
    """Read a file in UTF-8, of at most half a million bytes. Refuses with Misread; raises OSError."""
    with file.open("rb") as opened:
        content = opened.read(MOST + 1)
    if len(content) > MOST:
        raise Misread([(1, "file", f"is longer than {MOST:,} bytes")])
    try:
        return read(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Misread([(line, "file", "is not written in UTF-8")]) from None


def read(text: str) -> Document:
    """Read a text. Dates and times stay texts, as in the rules JSON. Refuses with Misread, by line."""
    if len(text) > MOST:
        raise Misread([(1, "file", f"is longer than {MOST:,} characters")])
    try:
        _check_shape(text)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Misread([(line, "file", error.problem or "is not YAML")]) from None
    except yaml.YAMLError as error:
        raise Misread([(1, "file", str(error))]) from None
    lines: dict[str, int] = {}
    wrong: list[tuple[int, str, str]] = []
    content = _value(node, "", lines, wrong)
    if wrong:
        raise Misread(wrong)
    return Document(content, lines)


def _check_shape(text: str) -> None:
    """Refuses with Misread what a person does not write: aliases, and what goes too deep to follow."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise Misread([(event.start_mark.line + 1, "file", "has an alias; write it out")])
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise Misread([(event.start_mark.line + 1, "file", f"goes deeper than {_DEEPEST} levels")])


def _value(node: Any, path: str, lines: dict[str, int], wrong: list[tuple[int, str, str]]) -> Any:
    if node is None:
        return None
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            inner = f"{path}.{key}" if path else key
            lines[inner] = key_node.start_mark.line + 1
            if key in found:
                wrong.append((lines[inner], inner, "is there twice"))
            found[key] = _value(value_node, inner, lines, wrong)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, f"{path}[{number}]", lines, wrong) for number, item in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    number = _NUMBER.fullmatch(text)
    if number:
        return float(text) if number[2] else int(text)
    return text
