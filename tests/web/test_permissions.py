"""Every address × every role × one's own and another organization, against the matrix that is written here.

An address without a row fails, and so does a row without an address: whoever adds one says who may use it.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import httpx2
import pytest

from infra24.people import Role, Scope
from infra24.settings import Settings
from infra24.web.guard import Access
from infra24.web.routes import API, PAGES
from infra24.web.routing import Endpoint, Page
from tests import loopback
from tests.factories import Shop, found_shop
from tests.people import Someone, sign_in
from tests.serving import Clock

MATRIX = Path(__file__).parent / "permissions.txt"
ROLES = tuple(role for role in Role if role is not Role.PUBLIC)
NOBODY = UUID("00000000-0000-4000-8000-000000000001")


@lru_cache
def matrix() -> dict[tuple[str, str], str]:
    """(method, path) → the roles that may, or `public`, `token`, `someone` (any who signed in), or both."""
    rows = {}
    for line in MATRIX.read_text().splitlines():
        if line and not line.startswith("#"):
            method, path, may = line.split(None, 2)
            rows[method, path] = may.strip()
    return rows


def addresses() -> Iterator[tuple[str, str, Endpoint | Page]]:
    """Every method and path that the application answers to."""
    for address in API:
        yield address.method, address.path, address
    for page in PAGES:
        for method in page.methods:
            yield method, page.path, page


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    known = {(method, path) for method, path, _ in addresses()}
    assert known - set(matrix()) == set(), "say in permissions.txt who may use these"
    assert set(matrix()) - known == set(), "these are gone"


def test_the_route_table_says_no_more_than_the_matrix() -> None:
    """What the guard lets in, by its scope, includes everyone of the matrix (a handler may refuse more)."""
    from infra24.people import SCOPES

    for method, path, address in addresses():
        row = matrix()[method, path]
        if isinstance(address.requires, Scope):
            let_in = {str(role) for role in ROLES if address.requires in SCOPES[role]}
            assert set(row.split()) <= let_in, (method, path)
        else:
            wanted = {Access.PUBLIC: "public", Access.TOKEN: "token", Access.EITHER: "someone or token",
                      Access.SIGNED_IN: "someone", Access.INSTALLATION: "installation"}  # fmt: skip
            assert row == wanted[address.requires], (method, path)


def filled(path: str, slug: str) -> str:
    """A path with things in it that are not there."""
    for name, value in {"{org}": slug, "{id}": str(NOBODY), "{slug}": "nothing", "{link}": "nothing",
                        "{token}": "x" * 64, "{provider}": "nothing", "{kind}": "nothing", "{version}": "0", "{path:path}": "x.js",
                        "{rest:path}": "calendar", "{name}": "nothing.eml", "{seed}": "0b6e6e", "{radius}": "14"}.items():  # fmt: skip
        path = path.replace(name, value)
    return path


def ask(client: httpx2.Client, method: str, path: str, slug: str) -> httpx2.Response:
    """Ask as a browser or program would, with an empty form or body."""
    json = path.startswith("/api/") and method in ("POST", "PUT", "PATCH")
    extra = {"json": {}} if json else {"data": {}} if method == "POST" else {}
    return client.request(method, filled(path, slug), params={"org": slug}, **extra)


def verdict(answer: httpx2.Response) -> str:
    """What an answer says of the caller: let in, sent to the sign-in, forbidden, or nothing here."""
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in"):
        return "unknown"
    return {403: "forbidden", 404: "nothing"}.get(answer.status_code, "in")


SKIPPED = {("POST", "/sign-out"), ("POST", "/sign-in/passkey")}
"""The one ends the session that asks; the other is refused for want of a question that it answers."""
STREAMS = {path for _, path, _ in addresses() if path.endswith("/changes")}


@pytest.fixture(scope="module")
def shops(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Shop]:
    from tests.serving import NOW

    settings = Settings(data_dir=tmp_path_factory.mktemp("p"), secret="a secret of the tests, long enough")
    clock = Clock(NOW)
    return found_shop(database_url, settings, clock), found_shop(database_url, settings, clock)


def scoped() -> Iterator[tuple[str, str, str]]:
    """The addresses that some roles may use and others not."""
    for method, path, address in addresses():
        if isinstance(address.requires, Scope) and path not in STREAMS:
            yield method, path, matrix()[method, path]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_the_matrix_says_and_nothing_of_another_organization(
    base: str, database_url: str, settings: Settings, clock: Clock, shops: tuple[Shop, Shop], role: Role
) -> None:
    mine, theirs = shops
    someone: Someone = sign_in(database_url, settings, clock, mine, role)
    wrong = []
    with someone.client(base) as client:
        for method, path, row in scoped():
            said = verdict(ask(client, method, path, mine.slug))
            may = str(role) in row.split()
            if (said == "forbidden") == may or said == "unknown":
                wrong.append(f"{role} {method} {path}: {said}, should {'be let in' if may else 'be refused'}")
            said = verdict(ask(client, method, path, theirs.slug))
            if said != "nothing":
                wrong.append(f"{role} {method} {path} of another organization: {said}")
    assert wrong == []


def test_whoever_signed_in_and_belongs_nowhere_finds_nothing(
    base: str, database_url: str, settings: Settings, clock: Clock, shops: tuple[Shop, Shop]
) -> None:
    nobody = sign_in(database_url, settings, clock, None, None)
    with nobody.client(base) as client:
        for method, path, _ in scoped():
            said = verdict(ask(client, method, path, shops[0].slug))
            assert said == "nothing", (method, path, said)


def test_a_visitor_is_sent_to_sign_in_whatever_there_is(base: str, shops: tuple[Shop, Shop]) -> None:
    with loopback.Client(base_url=base, timeout=30) as client:
        for method, path, address in addresses():
            if path in STREAMS or (method, path) in SKIPPED:
                continue
            said = verdict(ask(client, method, path, shops[0].slug))
            if isinstance(address.requires, Scope) or address.requires in (Access.SIGNED_IN, Access.EITHER):
                assert said == "unknown" or (method == "POST" and "/api/" not in path), (method, path, said)
                if method == "POST" and "/api/" not in path:
                    status = ask(client, method, path, shops[0].slug).status_code
                    assert status == 401, (method, path, status)
            else:
                assert said != "forbidden", (method, path, said)


def test_a_key_may_what_its_scopes_say(
    base: str, http: httpx2.Client, shop: Shop, key_with: Callable[..., dict[str, str]]
) -> None:
    """A key of one scope is let in where that scope is asked for, and is refused everywhere else."""
    from infra24.people import KEY_SCOPES
    from infra24.people.permissions import scopes_of_key

    for scope in KEY_SCOPES:
        with loopback.Client(base_url=base, timeout=30, headers=key_with(scope)) as client:
            for address in API:
                if not isinstance(address.requires, Scope) or address.path in STREAMS:
                    continue
                said = verdict(ask(client, address.method, address.path, shop.slug))
                may = address.requires in scopes_of_key([scope])
                assert (said != "forbidden") == may, (scope, address.path, said)
                assert said != "unknown", (scope, address.path)
