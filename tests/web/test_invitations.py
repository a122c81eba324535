"""Invitations over HTTP, from the letter to the membership: for whom they are, once, and for nobody else."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from infra24 import people
from infra24.auth.tokens import Tokens
from infra24.people import Role
from tests.factories import Shop, found_shop
from tests.installation import PASSWORD, Installation, csrf_in


@pytest.fixture
def shop(here: Installation) -> Shop:
    return found_shop(here.url, here.settings, here.clock)


def somebody() -> str:
    return f"new-{uuid4().hex[:8]}@people.example"


def role_of(here: Installation, shop: Shop, email: str) -> str | None:
    found = here.owner("SELECT role FROM memberships WHERE org_id = %s AND email = %s", shop.org_id, email)
    return str(found[0][0]) if found else None


def test_someone_new_gets_an_account_and_the_membership(here: Installation, shop: Shop) -> None:
    email = somebody()
    here.invite(shop, email, Role.STAFF)
    link = here.link_to(email)
    with here.browser() as browser:
        assert browser.head(link).status_code == 200
        page = browser.get(link)
        assert page.status_code == 200
        assert "Olive Owner" in page.text
        assert role_of(here, shop, email) is None, "looking accepts nothing"
        assert browser.post(link, data={"name": " "}).status_code == 422
        assert browser.post(link, data={"name": "a\0b"}).status_code == 422
        assert browser.post(link, data={"name": "a" * 201}).status_code == 422
        answer = browser.post(link, data={"name": "Noor New"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/{shop.slug}/admin")
        assert browser.get(f"/{shop.slug}/admin").status_code == 200
        assert role_of(here, shop, email) == "staff"
        csrf = csrf_in(browser.get("/account").text)
        assert browser.post(link, data={"csrf": csrf}).status_code == 409, "once"
    with here.browser() as thief:
        assert thief.get(link).status_code == 409
        assert thief.post(link, data={"name": "Eve"}).status_code == 409
        assert thief.get("/account").status_code == 303


def test_whoever_has_an_account_signs_in_to_it_first(here: Installation, shop: Shop) -> None:
    """The letter was open for two weeks: it does not open an account that has a password."""
    ada = here.someone()
    here.invite(shop, ada.email, Role.ADMIN)
    link = here.link_to(ada.email)
    with here.browser() as browser:
        answer = browser.post(link, data={"name": "Eve"})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=%2Finvitations%2F")
        assert "session" not in browser.cookies
        assert role_of(here, shop, ada.email) is None
        answer = browser.post(answer.headers["location"], data={"email": ada.email, "password": PASSWORD})
        assert answer.headers["location"] == link
        csrf = csrf_in(browser.get(link).text.split('class="panel', 1)[1])
        assert browser.post(link).status_code == 403
        assert browser.post(link, data={"csrf": csrf}).headers["location"] == f"/{shop.slug}/admin"
        assert role_of(here, shop, ada.email) == "admin"
        assert here.owner("SELECT name FROM users WHERE id = %s", ada.user_id) == [(ada.name,)]


@pytest.mark.parametrize("known", [True, False])
def test_an_invitation_for_someone_else_is_not_taken(here: Installation, shop: Shop, known: bool) -> None:
    eve = here.someone()
    email = here.someone().email if known else somebody()
    here.invite(shop, email, Role.OWNER)
    link = here.link_to(email)
    with here.signed_in(eve) as browser:
        page = browser.get(link)
        assert eve.email in page.text
        csrf = csrf_in(page.text.split('class="panel', 1)[1])
        assert browser.post(link, data={"csrf": csrf, "name": "Eve"}).status_code == 403
        assert role_of(here, shop, email) is None
        assert role_of(here, shop, eve.email) is None
        answer = browser.post("/sign-out", data={"csrf": csrf, "next": link})
        assert answer.headers["location"] == link, "out, and back to it"


def test_an_invitation_that_is_withdrawn_replaced_late_or_forged_opens_nothing(
    here: Installation, shop: Shop
) -> None:
    other = found_shop(here.url, here.settings, here.clock)
    email = somebody()
    first = here.invite(shop, email)
    old = here.link_to(email)
    here.invite(shop, email, Role.MEMBER)
    new = here.link_to(email)

    async def token(_: object, __: object) -> str:

        return people.invitation_token(Tokens(here.settings.keyring()).sign, other.org_id, first)

    moved = f"/invitations/{here.tell(token)}"  # signed by us, for an organization that never gave it
    swapped = new.replace(shop.org_id.hex, other.org_id.hex)
    odd = [
        f"/invitations/{UUID(int=0).hex}.x",
        "/invitations/x.y.z",
        new + "A",
        new[:-3] + "AAA",
    ]
    with here.browser() as browser:
        for link in (old, moved, swapped, *odd):
            assert browser.get(link).status_code == 409, link
            assert browser.post(link, data={"name": "Eve"}).status_code == 409
        here.clock.forward(days=14, seconds=1)
        assert browser.get(new).status_code == 409
        here.clock.forward(days=-14, seconds=-1)
        assert browser.get(new).status_code == 200

        async def withdraw(database, _):  # type: ignore[no-untyped-def]
            async with database.transaction(shop.org_id) as tx:
                for one in await people.memberships.invitations(tx, here.clock()):
                    await people.memberships.withdraw(tx, one.id, Role.OWNER, here.clock())

        here.tell(withdraw)
        assert browser.post(new, data={"name": "Eve"}).status_code == 409
        assert "session" not in browser.cookies
    assert role_of(here, shop, email) is None


def test_of_two_at_once_an_invitation_lets_in_one(here: Installation, shop: Shop) -> None:
    for _ in range(4):
        email = somebody()
        here.invite(shop, email)
        link = here.link_to(email)

        def accept(n: int, link: str = link) -> tuple[int, bool]:
            with here.browser() as browser:
                answer = browser.post(link, data={"name": f"Person {n}"})
                return answer.status_code, "session" in browser.cookies

        with ThreadPoolExecutor(5) as threads:
            said = list(threads.map(accept, range(5)))
        assert sum(entered for _, entered in said) == 1, said
        assert {status for status, _ in said} <= {303, 409}
        assert here.owner("SELECT count(*) FROM users WHERE email = %s", email) == [(1,)]


def test_an_invitation_does_not_lift_someone_who_is_a_member_meanwhile(
    here: Installation, shop: Shop
) -> None:
    ada = here.someone()
    here.invite(shop, ada.email, Role.OWNER)
    link = here.link_to(ada.email)
    here.owner("INSERT INTO memberships (org_id, user_id, role, name, email, joined_at) "
               "VALUES (%s, %s, 'member', 'Ada', %s, now())", shop.org_id, ada.user_id, ada.email)  # fmt: skip
    with here.signed_in(ada) as browser:
        csrf = csrf_in(browser.get("/account").text)
        browser.post(link, data={"csrf": csrf})
        assert role_of(here, shop, ada.email) == "member"
