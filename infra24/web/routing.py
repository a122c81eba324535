"""What an address is: its method, its path, what it needs, who answers; and how the application gets them."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import RedirectResponse
from starlette.routing import Route

from infra24.errors import Message, ValidationFailed
from infra24.people import Scope
from infra24.rate_limits import Charge, RequestKind
from infra24.web import openapi
from infra24.web.api import fields
from infra24.web.guard import Access, Needs, authorize, check_person


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the API. `requires` is the scope that it takes, `response_model` the shape of its
    answer.

    `also` is another media type that it answers in when asked, `charge` what it costs of which rate limit.
    `once`: it honours Idempotency-Key.
    """

    method: str
    path: str
    handler: Callable[..., Any]
    requires: Needs = Access.PUBLIC
    response_model: Any = None
    status: int = 200
    media: str = "application/json"
    also: str = ""
    once: bool = False
    charge: Charge | None = None

    @property
    def charged(self) -> Charge:
        """What a request costs of which rate limit."""
        return self.charge or usual_charge(self.method)

    @property
    def refuses(self) -> tuple[int, ...]:
        """The statuses of its refusals."""
        reads = () if self.method in ("GET", "DELETE") else (400, 413)
        asks = () if self.requires is Access.PUBLIC and "{org}" not in self.path else (401,)
        judges = (403,) if self.requires not in (Access.PUBLIC, Access.INSTALLATION) else ()
        changes = (409,) if self.method != "GET" or self.path.startswith("/api/booking/") else ()
        return (*reads, *asks, *judges, 404, *changes, 422, 429)

    @property
    def shared(self) -> list[dict[str, Any]]:
        """The parameters that are read before it answers: token, organization, Idempotency-Key."""
        found = (
            [openapi.TOKEN, openapi.TOKEN_HEADER] if self.requires in (Access.TOKEN, Access.EITHER) else []
        )
        if "{org}" not in self.path and (self.requires is Access.EITHER or isinstance(self.requires, Scope)):
            found.append(openapi.ORG)
        return [*found, openapi.ONCE] if self.once else found


@dataclass(frozen=True, slots=True)
class Page:
    """One address for people."""

    path: str
    handler: Callable[..., Any]
    requires: Needs = Access.PUBLIC
    methods: tuple[str, ...] = ("GET",)
    charge: Charge | None = None

    def charged(self, method: str) -> Charge:
        """What a request costs of which rate limit."""
        return self.charge or usual_charge(method)


Handler = Callable[[Request], Awaitable[Response]]


def actions(page: str, *offered: tuple[str, Handler, Needs]) -> tuple[Page, ...]:
    """What can be done on a page: each action has an address of its own, below the page's.

    It is done by POST. Whoever comes by GET, from the history or after a refusal, is led back to the page.
    """
    below = page.count("/")
    return tuple(
        Page(f"{page}/{name}", _posted(handler, below), needs, ("GET", "POST"))
        for name, handler, needs in offered
    )


def _posted(handler: Handler, below: int) -> Handler:
    async def answer(request: Request) -> Response:
        if request.method != "GET":
            return await handler(request)
        page = "/".join(request.url.path.split("/")[: below + 1])
        return RedirectResponse(f"{page}?{request.url.query}" if request.url.query else page, 303)

    return answer


def install(app: FastAPI, api: tuple[Endpoint, ...], pages: tuple[Page, ...]) -> None:
    """Give the application its addresses, each behind the guard with what it needs."""
    for address in api:
        summary, description = openapi.summary_and_description(address.handler)
        app.router.add_api_route(
            address.path,
            address.handler,
            methods=[address.method],
            status_code=address.status,
            response_class=Response,
            response_model=None,
            responses=_documented(address),
            openapi_extra=_extra(address),
            operation_id=f"{address.handler.__name__}_{address.method.lower()}",
            summary=summary,
            description=description,
            tags=[openapi.tag_of(address.handler)],
            route_class_override=_guarded_route(address),
        )
    for page in pages:
        path = page.path.replace("{org}", "{org:org}")
        app.router.routes.append(Route(path, _guarded(page), methods=list(page.methods)))


def usual_charge(method: str) -> Charge:
    """What a request costs where the route table says nothing else."""
    return Charge(RequestKind.READ if method in ("GET", "HEAD") else RequestKind.WRITE)


class _Organization(StringConvertor):
    """An organization's name in a page's address: no page answers for the API."""

    regex = "(?!api(?:/|$))[^/]+"


register_url_convertor("org", _Organization())


def _guarded_route(address: Endpoint) -> type[APIRoute]:
    """A route whose guard comes before anything of the request is read (and costs no dependency to solve)."""
    shared = {parameter["name"] for parameter in address.shared if parameter["in"] == "query"}

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()
            own = self.dependant.query_params
            known = shared | {parameter.alias for parameter in own}
            lists = {parameter.alias for parameter in own if _is_list(parameter.field_info.annotation)}

            async def guarded(request: Request) -> Response:
                await authorize(request, address.requires, address.charged)
                _check_query(request, known, lists)
                return await answer(request)

            return guarded

    return Guarded


def _is_list(annotation: Any) -> bool:
    return any(get_origin(part) is list for part in (annotation, *get_args(annotation)))


def _check_query(request: Request, known: set[str], lists: set[str]) -> None:
    """Raises ValidationFailed for an unknown parameter, and one that is given twice and is no list: nothing
    that was asked for is passed over."""
    given = [name for name, _ in request.query_params.multi_items()]
    twice = {name for name in given if name not in lists and given.count(name) > 1} if given else set()
    if twice:
        raise ValidationFailed(dict.fromkeys(sorted(twice), Message("is given more than once")))
    if not known.issuperset(request.query_params):
        wrong = Message("is not a parameter of this endpoint")
        if known:
            names = ", ".join(sorted(known))
            wrong = Message("is not a parameter of this endpoint; use %(names)s", names=names)
        raise ValidationFailed({name: wrong for name in request.query_params if name not in known})


def _guarded(page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        await authorize(request, page.requires, page.charged(request.method))
        check_person(request, page.requires)
        found: Response = await page.handler(request)
        return found

    return answer


def _documented(address: Endpoint) -> dict[int | str, dict[str, Any]]:
    answers: dict[int | str, dict[str, Any]] = dict(fields.problems(*address.refuses))
    if address.media != "application/json":
        answers[200] = {"content": {address.media: {"schema": {"type": "string"}}}}
    elif address.response_model is not None:
        answers[address.status] = {"model": address.response_model}
        if address.also:
            answers[address.status]["content"] = {address.also: {"schema": {"type": "string"}}}
    return answers


def _extra(address: Endpoint) -> dict[str, Any]:
    return {**_security(address), **({"parameters": address.shared} if address.shared else {})}


def _security(address: Endpoint) -> dict[str, Any]:
    signed: list[dict[str, list[str]]] = [{"key": []}, {"session": []}]
    if not isinstance(address.requires, Access):
        return {"security": signed, "x-scope": str(address.requires)}
    wanted: dict[Access, list[dict[str, list[str]]]] = {
        Access.PUBLIC: [{}, *signed],
        Access.TOKEN: [{"token": []}],
        Access.EITHER: [*signed, {"token": []}],
        Access.SIGNED_IN: [{"session": []}],
        Access.INSTALLATION: [{"key": []}],
    }
    return {"security": wanted[address.requires]}
