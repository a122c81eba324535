"""What is wrong with a field is said in our words: in none of pydantic's, whatever is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from infra24.web import routes  # noqa: F401  all bodies are known then
from infra24.web.api.fields import Body
from infra24.web.presenters.validation import message_of

WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 3.5, 10**30, float("nan"), "", "x", "x" * 70_000, "\ud800", "a\x00b", "2026-02-30",
    "2026-02-30T12:00:00Z", "2026-11-23T12:00:00\u221205:00", "2026-11-23T12:00:00 05:00", "2026-11-23T12:00:00", "2026-11-23T12:00:00+99:00", [], ["x"], ["x"] * 5_000, {},
    {"x": 1}, [{"x": 1}], [None],
)  # fmt: skip


def _bodies(kind: type[Body] = Body) -> Iterator[type[Body]]:
    for body in kind.__subclasses__():
        yield body
        yield from _bodies(body)


@pytest.mark.parametrize("body", sorted(set(_bodies()), key=lambda body: body.__name__))
def test_no_sentence_is_pydantics(body: type[Body]) -> None:
    for field in body.model_fields:
        for value in WRONG:
            with pytest.raises(ValidationError) as refused:
                body.model_validate({field: value, "is_not_a_field": 1})
            for found in refused.value.errors():
                told = message_of(found)
                assert told != found["msg"], (field, value, found["type"])
                assert "^" not in told, (field, value, told)
