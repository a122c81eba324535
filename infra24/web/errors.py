"""Refusals as HTTP: problem+json (RFC 9457) for the API, a page for people."""

from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from infra24.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Refusal,
    Unauthenticated,
    Unavailable,
)
from infra24.web.rendering import error_page

STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (Unauthenticated, 401),
    (NotFound, 404),
    (Forbidden, 403),
    (Invalid, 422),
    (Conflict, 409),
    (Unavailable, 503),
)
_TITLES = {
    400: "Bad request",
    401: "Credentials needed",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    422: "Not valid",
    500: "Our mistake",
    503: "Not available",
}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return next(status for kind, status in STATUS if isinstance(refusal, kind))


def problem(status: int, code: str, detail: str, **facts: Any) -> Response:
    """A problem+json answer with a stable code."""
    body = {
        "type": f"urn:infra24:problem:{code}",
        "title": _TITLES.get(status, "Problem"),
        "status": status,
        "code": code,
        "detail": detail,
        **facts,
    }
    headers = {"retry-after": "2"} if status == 503 else {}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status, headers, "application/problem+json")


def problem_of(refusal: Refusal) -> Response:
    """A refusal as problem+json; field errors as a list of path and sentence."""
    facts = dict(refusal.facts)
    if isinstance(refusal, Problem):
        facts = {"errors": [{"path": p, "sentence": s} for p, s in refusal.problems.items()]}
    return problem(status_of(refusal), refusal.code, refusal.sentence, **facts)


def install(app: FastAPI) -> None:
    """Answer refusals, invalid requests and crashes."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        if _wants_json(request):
            return problem_of(error)
        return await error_page(request, status_of(error), error.code, error.sentence)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [
            {
                "path": ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0]),
                "sentence": str(item["msg"]),
            }
            for item in error.errors()
        ]
        said = "; ".join(f"{item['path']}: {item['sentence']}" for item in errors)
        if _wants_json(request):
            return problem(422, "invalid", said, errors=errors)
        return await error_page(request, 404, "not_found", "")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
            error.status_code, "bad_request"
        )
        if _wants_json(request) and error.status_code == 400:  # a body that cannot be read
            return problem(422, "invalid", str(error.detail))
        if _wants_json(request):
            answer = problem(error.status_code, code, str(error.detail))
        else:
            answer = await error_page(request, error.status_code, code, "")
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    async def crashed(request: Request, _: Exception) -> Response:  # the server logs it
        if _wants_json(request):
            return problem(500, "our_mistake", "Something went wrong here. Nothing was changed.")
        return await error_page(request, 500, "our_mistake", "")


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith(("/api", "/health", "/openapi"))
