"""Refusals as HTTP: problem+json (RFC 9457) for the API, a page for people."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse
from starlette.routing import Match, Route

from infra24.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    Message,
    NotFound,
    TooMany,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)
from infra24.rate_limits import RateLimited
from infra24.web.guard import SecondFactorNeeded, identify_optional
from infra24.web.limiting import charge_unknown
from infra24.web.presenters.validation import message_of, path_of
from infra24.web.rendering import RETRY_AFTER, error_page, in_their_language

_NOT_JSON = Message("must be a JSON object, sent with Content-Type: application/json")
_NO_METHOD = "This address does not take this method. The header Allow lists those that it takes."
_NO_ADDRESS = "The API has no such address. /docs lists those that it has."
_NO_OBJECT = ("model_attributes_type", "dict_type", "model_type")

STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (Unauthenticated, 401),
    (NotFound, 404),
    (Forbidden, 403),
    (Invalid, 422),
    (Conflict, 409),
    (TooMany, 429),
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
    429: "Too many requests",
    500: "Our mistake",
    503: "Not available",
}


def status_of(refusal: DomainError) -> int:
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
    headers = {"retry-after": RETRY_AFTER[status]} if status in RETRY_AFTER else {}
    if "retry_after" in facts:
        headers["retry-after"] = str(facts["retry_after"])
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status, headers, "application/problem+json")


def problem_of(refusal: DomainError, say: Callable[[str], str] = str, **more: Any) -> Response:
    """An error as problem+json; field errors as a list of path and sentence. `say` puts it in a language."""
    facts = {**refusal.details, **more}
    if isinstance(refusal, ValidationFailed):
        facts = {"errors": [{"path": p, "sentence": say(s)} for p, s in refusal.errors.items()]}
    return problem(status_of(refusal), refusal.code, say(refusal.message), **facts)


def install(app: FastAPI) -> None:
    """Answer refusals, invalid requests and crashes."""
    app.add_exception_handler(DomainError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _crashed)  # the server logs it


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return _problem_of(request, error) if _wants_json(request) else await _page_of(request, error)


async def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if not _wants_json(request):
        return await error_page(request, 404, "not_found", "")
    return _invalid(request, error.errors())


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    try:
        charge_unknown(request)
    except RateLimited as refusal:
        return await _refused(request, refusal)
    if error.status_code == 405:
        return await _method_refused(request)
    if error.status_code == 400 and _wants_json(request):  # a body that cannot be read
        return _unreadable()
    return await _refused_by_framework(request, error.status_code, str(error.detail))


async def _gone(_: Request, __: Exception) -> Response:
    """The client went away before it had sent everything: nobody reads this, and nothing is wrong here."""
    return Response(status_code=400)


async def _crashed(request: Request, _: Exception) -> Response:
    reads = request.method in ("GET", "HEAD")
    if _wants_json(request):
        todo = "Try again in a moment." if reads else "Check whether it was done before you retry."
        return problem(500, "our_mistake", f"Something went wrong on our side. {todo}")
    return await error_page(request, 500, "our_mistake", "")


def _invalid(request: Request, found: Sequence[ErrorDetails]) -> Response:
    """Every field that is wrong, by its path; a body that is no JSON at all is a bad request."""
    if any(item["type"] == "json_invalid" for item in found):
        return _unreadable()
    if any(item["loc"] == ("body",) and item["type"] in _NO_OBJECT for item in found):
        return _problem_of(request, ValidationFailed({"body": _NOT_JSON}))
    wrong = {path_of(item["loc"]): message_of(item) for item in reversed(found)}
    return _problem_of(request, ValidationFailed(dict(reversed(wrong.items()))))


def _unreadable() -> Response:
    return problem(400, "unreadable", "The body cannot be read. Send JSON in UTF-8.")


async def _method_refused(request: Request) -> Response:
    """405 with every method that the address has; to OPTIONS they are the answer."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    path = next(r.path for r in routes if r.matches(request.scope)[0] is not Match.NONE)
    methods = {"OPTIONS"}.union(*(route.methods or () for route in routes if route.path == path))
    allow = {"allow": ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))}
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=allow)
    answer = await _refused_by_framework(request, 405, _NO_METHOD)
    answer.headers.update(allow)
    return answer


async def _refused_by_framework(request: Request, status: int, detail: str) -> Response:
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(status, "bad_request")
    if _wants_json(request):
        return problem(status, code, _NO_ADDRESS if status == 404 else detail)
    await identify_optional(request)
    return await error_page(request, status, code, "")


def _problem_of(request: Request, refusal: DomainError) -> Response:
    """For the API; for the scripts of pages, the calendar's among them, in their reader's language."""
    if request.url.path.startswith("/api/calendar"):
        return problem_of(refusal, partial(in_their_language, request))
    if request.url.path.startswith("/api"):
        return problem_of(refusal)
    return problem_of(refusal, sentence=in_their_language(request, refusal.message))


async def _page_of(request: Request, refusal: DomainError) -> Response:
    if isinstance(refusal, Unauthenticated) and request.method == "GET":
        return to_sign_in(request)
    if isinstance(refusal, SecondFactorNeeded) and request.method == "GET":
        return RedirectResponse("/account/security?need=1", 303)
    wait = refusal.details.get("retry_after", 0)
    answer = await error_page(request, status_of(refusal), refusal.code, refusal.message, wait=wait)
    return told_when(answer, refusal)


def told_when(answer: Response, refusal: DomainError) -> Response:
    """An answer with when to try again, where a refusal says it."""
    if "retry_after" in refusal.details:
        answer.headers["retry-after"] = str(refusal.details["retry_after"])
    return answer


def to_sign_in(request: Request) -> Response:
    """On to the sign-in, and back here afterwards; nothing tells what there would be to see."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = f"/sign-in?{urlencode({'next': here})}"
    if request.headers.get("hx-request-type") == "partial":
        return Response(status_code=204, headers={"hx-redirect": to})
    return RedirectResponse(to, 303)


def _wants_json(request: Request) -> bool:
    asked = request.headers.get("content-type", "").startswith("application/json")
    return asked or request.url.path.startswith(("/api", "/health", "/openapi"))
