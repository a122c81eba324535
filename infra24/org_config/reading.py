"""Reads YAML as JSON would be read, and remembers on which line each part stands."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from infra24.errors import Invalid, ValidationFailed, operator_text

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
MOST = 500_000
_DEEPEST = 50
_KEY_LONGEST = 200
_MOST_WRONG = 100
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: fifty times as fast
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


class ConfigError(Invalid):
    """The file cannot be read."""

    def __init__(self, wrong: Iterable[tuple[int, str, str]]) -> None:
        self.wrong = sorted(wrong)
        super().__init__(
            operator_text("\n".join(f"line {line}: {path}: {said}" for line, path, said in self.wrong))
        )


class Document:
    """What a file says, and on which line each part of it stands."""

    def __init__(self, content: Any, node: Any) -> None:
        self.content = content
        self._node = node
        self._parts: dict[int, dict[str, Any]] = {}

    def line_of(self, path: str) -> int:
        """The line of a path such as `resources[0].tags`, or of the nearest part around it."""
        node, rest, line = self._node, path, 1
        while node is not None and rest:
            key, node, at = self._inner(node, rest)
            rest, line = rest[len(key) :].removeprefix("."), at or line
        return line

    def misread(self, problem: ValidationFailed, at: str = "") -> ConfigError:
        """What is wrong, by line; `at` is the path of the part that was refused."""
        found = []
        for path, said in problem.errors.items():
            named = re.sub(r"^availability_rules", "rules", path)
            whole = ".".join(part for part in (at, named) if part).replace(".[", "[")
            found.append((self.line_of(whole), whole, said))
        return ConfigError(found)

    def _inner(self, node: Any, rest: str) -> tuple[str, Any, int | None]:
        """The part of a node that the rest of a path begins with: as written there, its node and its line."""
        number = re.match(r"\[([0-9]{1,9})\]", rest)
        if isinstance(node, yaml.SequenceNode) and number and int(number[1]) < len(node.value):
            item = node.value[int(number[1])]
            return number[0], item, item.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            parts = self._parts.setdefault(id(node), {})
            if not parts:
                parts.update((str(key.value), (key, value)) for key, value in node.value)
            ends = [*(found.start() for found in re.finditer(r"[.\[]", rest[: _KEY_LONGEST + 1])), len(rest)]
            for end in reversed(ends):
                if rest[:end] in parts:
                    key, value = parts[rest[:end]]
                    return rest[:end], value, key.start_mark.line + 1
        return rest, None, None


def read_file(file: Path) -> Document:
    """Read a file in UTF-8, of at most half a million bytes. Raises ConfigError; raises OSError."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST + 1)
    except OSError as error:
        error.filename = error.filename or str(file)  # where reading fails it says not of what
        raise
    if len(content) > MOST:
        raise ConfigError([(1, "file", f"is longer than {MOST:,} bytes")])
    try:
        return read(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([(line, "file", "is not written in UTF-8")]) from None


def read(text: str) -> Document:
    """Read a text. Dates and times stay texts, as in the rules JSON. Raises ConfigError, by line."""
    if len(text) > MOST:
        raise ConfigError([(1, "file", f"is longer than {MOST:,} characters")])
    try:
        _check_shape(text)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = f"is not YAML here ({error.problem}); check indentation, colons and quotes"
        raise ConfigError([(line, "file", problem)]) from None
    except yaml.YAMLError as error:
        problem = f"is not YAML ({error}); check indentation, colons and quotes"
        raise ConfigError([(1, "file", problem)]) from None
    wrong: list[tuple[int, str, str]] = []
    content = _value(node, wrong)
    if wrong:
        raise ConfigError(wrong)
    return Document(content, node)


def _check_shape(text: str) -> None:
    """Raises ConfigError for what a person does not write: aliases, and what goes too deep to follow."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError([(event.start_mark.line + 1, "file", "has an alias; write it out")])
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ConfigError([(event.start_mark.line + 1, "file", f"goes deeper than {_DEEPEST} levels")])


def _value(node: Any, wrong: list[tuple[int, str, str]]) -> Any:
    if node is None:
        return None
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if len(key) > _KEY_LONGEST:
                raise ConfigError([(line, f"{key[:40]}…", f"is longer than {_KEY_LONGEST} characters")])
            if key in found and len(wrong) < _MOST_WRONG:
                wrong.append((line, key, "appears more than once"))
            found[key] = _value(value_node, wrong)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, wrong) for item in node.value]
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
