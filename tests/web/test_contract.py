"""The OpenAPI document is complete: made from the document itself, operation by operation, field by field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra24.app import create_app
from infra24.settings import Settings

FREE = {"metadata", "availability_rules", "data"}
"""What is free-form in answers on purpose: an organization's own data, the rules JSON, an event's facts."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(
        Settings(data_dir=Path("unused"), secret="a secret of the tests, long enough"), ""
    ).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def bare(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts of a schema that say nothing of what they are."""
    if not {"type", "$ref", "anyOf", "enum", "const"} & set(schema):
        yield schema
    if schema.get("type") == "array":
        yield from bare(schema.get("items", {}))
    if schema.get("type") == "object" and "properties" not in schema:
        more = schema.get("additionalProperties")
        yield from bare(more) if isinstance(more, dict) else iter([schema])
    for part in schema.get("anyOf", ()):
        yield from bare(part)


def named(part: Any) -> Iterator[str]:
    """The schemas that a part of the document names."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from named(inner)


def test_every_operation_has_a_group_a_summary_and_typed_answers(document: dict[str, Any]) -> None:
    groups = {tag["name"] for tag in document["tags"]}
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for name, operation in operations(document):
        (group,) = operation["tags"]
        assert group in groups, name
        assert all((operation["summary"], operation["description"])), name
        for status, answer in operation["responses"].items():
            assert answer["description"], name
            assert answer["content"], (name, status)
            for content in answer["content"].values():
                assert not list(bare(content["schema"])), (name, status)


def test_every_parameter_is_typed_and_described(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        given = [(one["in"], one["name"]) for one in operation.get("parameters", ())]
        assert len(given) == len(set(given)), name
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (name, parameter["name"])
            assert not list(bare(parameter["schema"])), (name, parameter["name"])
        if {"token": []} in operation["security"]:
            assert ("query", "token") in given, name


def test_every_field_is_typed_and_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        assert name.isalnum(), "two schemas of one name"
        assert schema["description"], name
        for field, of in schema.get("properties", {}).items():
            assert of.get("description"), f"{name}.{field}"
    answered = [name for _, operation in operations(document) for name in named(operation["responses"])]
    for name in answered:  # grows while it is read
        answered += [other for other in named(schemas[name]) if other not in answered]
        for field, of in schemas[name].get("properties", {}).items():
            assert field in FREE or not list(bare(of)), f"{name}.{field}"
    assert len(set(answered)) > 50


def test_a_calendar_file_is_declared_as_one(document: dict[str, Any]) -> None:
    answer = document["paths"]["/api/bookings/{id}/ics"]["get"]["responses"]["200"]
    assert list(answer["content"]) == ["text/calendar"]
