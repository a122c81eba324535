"""What was typed into a form: values by name, and rows by their number."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import Request

from infra24.web.guard import FIELDS, FILES

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class FormData:
    """The values of a form, as typed or as they are kept. A row's fields are named `group-number-part`."""

    values: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, str | Iterable[str]]) -> "FormData":
        """From plain values: a text, or several."""
        return cls({name: [v] if isinstance(v, str) else list(v) for name, v in values.items()})

    def get(self, name: str, default: str = "") -> str:
        """The value of a name without the blanks around it; the default when it was not sent."""
        found = self.values.get(name)
        return found[-1].strip() if found else default

    def all(self, name: str) -> list[str]:
        """Every value of a name that is not blank."""
        return [value.strip() for value in self.values.get(name, ()) if value.strip()]

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.values.get(name))

    def rows(self, group: str) -> list[int]:
        """The numbers of a group's rows, in their order."""
        pattern = re.compile(rf"{re.escape(group)}-(\d{{1,4}})-")
        return sorted({int(found[1]) for name in self.values if (found := pattern.match(name))})

    def row(self, group: str, number: int, parts: Sequence[str]) -> dict[str, str]:
        """One row of a group by its parts."""
        return {part: self.get(f"{group}-{number}-{part}") for part in parts}

    def lines(self, name: str) -> list[str]:
        """The lines of a text that are not blank."""
        return [line.strip() for line in self.get(name).splitlines() if line.strip()]

    def several(self, name: str) -> list[str]:
        """The parts of a text between commas."""
        return [part.strip() for part in self.get(name).split(",") if part.strip()]


async def entries(request: Request) -> FormData:
    """The form of a request. The guard has looked where it came from."""
    form = await request.form(max_files=FILES, max_fields=FIELDS)
    values: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            values.setdefault(name, []).append(_plain(value))
    return FormData(values)


def _plain(text: str) -> str:
    known = text.encode("utf-8", "ignore").decode()
    return "".join(c for c in known if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127))
