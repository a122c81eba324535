"""/docs: the API's own reference, drawn from its OpenAPI document; nothing is fetched from elsewhere."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import Request, Response

from infra24.web.rendering import page

Piece = tuple[str, str]
"""A piece of a text, and what it is: empty for plain text, code, strong, or the schema that it names."""

_MARKS = re.compile(r"\*\*(?P<strong>.+?)\*\*|`(?P<code>.+?)`", re.DOTALL)


async def reference_page(request: Request) -> Response:
    """Every operation by its group, then every schema that goes in or out."""
    document: dict[str, Any] = request.app.openapi()
    schemas = document["components"]["schemas"]
    context = {
        "version": document["info"]["version"],
        "about": [pieces(text) for text in paragraphs(document["info"]["description"])],
        "groups": groups(document),
        "schemas": [schema_view(name, schema) for name, schema in sorted(schemas.items())],
    }
    return page(request, "reference.html", None, context)


def groups(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The operations by tag, in the document's order."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            found[said["tags"][0]].append(operation(method, path, said))
    return [{**tag, "operations": found[tag["name"]]} for tag in document["tags"]]


def operation(method: str, path: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """One operation as the page shows it."""
    body = said.get("requestBody", {}).get("content", {})
    return {
        "id": said["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": said["summary"],
        "about": [pieces(text) for text in paragraphs(said["description"])],
        "scope": said.get("x-scope", ""),
        "parameters": [
            {"name": one["name"], "where": one["in"], "required": one.get("required", False),
             "kind": kind(one["schema"]), "about": pieces(one["description"])}
            for one in said.get("parameters", ())
        ],
        "body": [kind(media["schema"]) for media in body.values()],
        "answers": [
            {"status": status, "media": media, "kind": kind(content["schema"])}
            for status, answer in said["responses"].items() if status < "300"
            for media, content in answer.get("content", {}).items()
        ],
        "refusals": [status for status in said["responses"] if status >= "400"],
    }  # fmt: skip


def schema_view(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """One schema: its fields, or the values that it can have."""
    required = set(schema.get("required", ()))
    return {
        "name": name,
        "about": [pieces(text) for text in paragraphs(schema.get("description", ""))],
        "values": schema.get("enum", ()),
        "fields": [
            {"name": field, "kind": kind(of), "required": field in required,
             "about": pieces(of.get("description", ""))}
            for field, of in schema.get("properties", {}).items()
        ],
    }  # fmt: skip


def kind(schema: Mapping[str, Any]) -> list[Piece]:
    """What a value is, in a few words; schemas are named."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [(name, name)]
    if "anyOf" in schema:
        return _joined([kind(one) for one in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema["const"]]
        return _joined([[(str(value) or '""', "code")] for value in values])
    if schema.get("type") == "array":
        return [("list of ", ""), *kind(schema["items"])]
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return [("object of ", ""), *kind(schema["additionalProperties"])]
    return [(schema.get("format") or schema.get("type", "anything"), "")]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each on one line."""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def pieces(text: str) -> list[Piece]:
    """A text with its `code` and its **strong** parts told apart."""
    return list(_pieces(text))


def _pieces(text: str) -> Iterator[Piece]:
    at = 0
    for found in _MARKS.finditer(text):
        if found.start() > at:
            yield text[at : found.start()], ""
        name = found.lastgroup or ""
        yield found[name], name
        at = found.end()
    if at < len(text):
        yield text[at:], ""


def _joined(parts: Sequence[Sequence[Piece]]) -> list[Piece]:
    found: list[Piece] = []
    for number, part in enumerate(parts):
        found += [(" or ", ""), *part] if number else part
    return found
