"""Signing in by password, by link and with a code, over HTTP and with real e-mails: and nothing else opens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import quote, urlsplit

import httpx2
import pytest

from tests.installation import PASSWORD, Installation, csrf_in
from tests.serving import NOW


def opens(browser: httpx2.Client) -> bool:
    """Whether this browser is signed in."""
    answer = browser.get("/account")
    assert answer.status_code in (200, 303), answer.status_code
    return answer.status_code == 200


def blind(text: str, email: str) -> str:
    """A page without the address that was typed."""
    return text.replace(email, "x").replace(quote(email), "x")


def try_password(
    browser: httpx2.Client, email: str, password: str = PASSWORD, query: str = ""
) -> httpx2.Response:
    return browser.post(f"/sign-in{query}", data={"email": email, "password": password})


def test_a_password_signs_in_however_the_address_is_written(here: Installation) -> None:
    ada = here.someone()
    for written in (ada.email, f" {ada.email.upper()} "):
        with here.browser() as browser:
            answer = try_password(browser, written)
            assert (answer.status_code, answer.headers["location"]) == (303, "/account")
            cookie = answer.headers["set-cookie"].lower()
            assert "httponly" in cookie
            assert "samesite=lax" in cookie
            assert "path=/;" in cookie
            assert opens(browser)
            assert browser.get("/sign-in").headers["location"] == "/account"


def test_a_known_and_an_unknown_account_are_refused_alike(here: Installation) -> None:
    ada, unwritten = here.someone(), here.someone(password=False)
    answers = []
    for email in (ada.email, unwritten.email, "nobody@people.example"):
        with here.browser() as browser:
            answer = try_password(browser, email, "not the password at all")
            assert "set-cookie" not in answer.headers
            assert not opens(browser)
            answers.append((answer.status_code, blind(answer.text, email)))
    assert answers[0][0] == 403
    assert len(set(answers)) == 1
    links = []
    for email in (ada.email, "nobody@people.example"):
        with here.browser() as browser:
            answer = browser.post("/sign-in", data={"email": email, "by": "link"})
            links.append((answer.status_code, blind(answer.text, email), sorted(answer.headers)))
    assert links[0] == links[1]
    assert here.emails_to("nobody@people.example") == []


def test_ten_wrong_passwords_close_the_account_for_a_quarter_of_an_hour_but_not_its_links(
    here: Installation,
) -> None:
    ada = here.someone()
    with here.browser() as browser:
        for _ in range(10):
            assert try_password(browser, ada.email, "wrong").status_code == 403
        assert try_password(browser, ada.email).status_code == 403, "the right one is not looked at either"
        browser.post("/sign-in", data={"email": ada.email, "by": "link"})
        assert browser.post(here.link_to(ada.email, "Sign in")).headers["location"] == "/account"
    with here.browser() as browser:
        here.clock.forward(minutes=15, seconds=1)
        assert try_password(browser, ada.email).status_code == 303
        browser.cookies.clear()
        assert try_password(browser, ada.email, "wrong").status_code == 403, "counted anew"
        assert try_password(browser, ada.email).status_code == 303


def test_too_many_tries_are_refused_alike_and_say_when_to_come_back(here: Installation) -> None:
    ada = here.someone()
    said = set()
    for email in (ada.email, "nobody-at-all@people.example"):
        here.forget_tries()
        with here.browser() as browser:
            for _ in range(20):
                assert try_password(browser, email, "wrong").status_code == 403
            answer = try_password(browser, email)
            said.add((answer.status_code, answer.headers["retry-after"], blind(answer.text, email)))
    assert [(status, after) for status, after, _ in said] == [(429, "900")]
    here.forget_tries()
    with here.browser() as browser:
        for n in range(40):
            assert try_password(browser, f"n{n}@people.example", "wrong").status_code == 403
        assert try_password(browser, "n40@people.example", "wrong").status_code == 429
        here.clock.forward(minutes=15, seconds=1)
        assert try_password(browser, "n40@people.example", "wrong").status_code == 403


def test_an_account_gets_four_emails_in_a_quarter_of_an_hour_and_nobody_is_told(here: Installation) -> None:
    ada = here.someone()
    with here.browser() as browser:
        answers = [browser.post("/sign-in", data={"email": ada.email, "by": "link"}) for _ in range(6)]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == 1
    assert len(here.owner("SELECT 1 FROM one_time_links WHERE user_id = %s", ada.user_id)) == 1
    assert len(here.emails_to(ada.email)) == 1, "the links before it are over, so they are not even sent"


def test_a_link_is_looked_at_often_and_opens_once(here: Installation) -> None:
    ada = here.someone(password=False)
    with here.browser() as browser:
        browser.post("/sign-in?next=/book", data={"email": ada.email, "by": "link"})
        link = here.link_to(ada.email)
        for _ in range(3):
            page = browser.get(link)
            assert page.status_code == 200
            assert ada.email in page.text
            assert browser.head(link).status_code == 200
        assert not opens(browser)
        answer = browser.post(link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/book")
        assert opens(browser)
    with here.browser() as other:
        assert other.get(link).status_code == 409
        assert other.post(link).status_code == 409
        assert not opens(other)


def test_a_link_that_is_late_forged_or_of_another_purpose_opens_nothing(here: Installation) -> None:
    ada = here.someone()
    with here.browser() as browser:
        browser.post("/sign-in", data={"email": ada.email, "by": "link"})
        link = here.link_to(ada.email)
        token = link.rpartition("/")[2]
        for forged in (
            token[:-2] + "AA",
            "A" * 64,
            "x",
            token + "A",
            token.swapcase(),
            quote("é" * 30),
            "A" * 9_000,
        ):
            for path in ("/sign-in/link/", "/account/email/", "/invitations/"):
                assert browser.get(path + forged).status_code == 409, (path, forged)
                assert browser.post(path + forged).status_code == 409
            here.forget_tries()
        for path in ("/account/email/", "/invitations/"):  # good, but for something else
            assert browser.get(path + token).status_code == 409
            assert browser.post(path + token).status_code == 409
        here.clock.forward(minutes=15, seconds=1)
        assert browser.get(link).status_code == 409
        assert browser.post(link).status_code == 409
        assert not opens(browser)
        here.clock.at = NOW
        assert browser.post(link).status_code == 303, "what went before has spent nothing"


def test_of_two_at_once_a_link_lets_in_one(here: Installation) -> None:
    ada = here.someone()
    for _ in range(4):
        here.forget_tries()
        with here.browser() as browser:
            browser.post("/sign-in", data={"email": ada.email, "by": "link"})
        link = here.link_to(ada.email)

        def once(_: int, link: str = link) -> int:
            with here.browser() as browser:
                return browser.post(link).status_code

        with ThreadPoolExecutor(6) as threads:
            statuses = sorted(threads.map(once, range(6)))
        assert statuses == [303] + [409] * 5


def test_a_link_sent_to_an_address_that_was_changed_meanwhile_opens_nothing(here: Installation) -> None:
    ada = here.someone()
    with here.browser() as thief:
        thief.post("/sign-in", data={"email": ada.email, "by": "link"})
        link = here.link_to(ada.email, "Sign in")
    with here.signed_in(ada) as browser:
        csrf = csrf_in(browser.get("/account").text)
        new = f"new-{ada.email}"
        browser.post("/account/email", data={"email": new, "csrf": csrf})
        assert browser.post(here.link_to(new), data={"csrf": csrf}).status_code == 303
    with here.browser() as thief:
        assert thief.post(link).status_code == 409
        assert not opens(thief)


def test_wrong_links_are_refused_without_a_row_and_cost_nobody_anything(here: Installation) -> None:
    ada = here.someone()
    with here.browser() as browser:
        browser.post("/sign-in", data={"email": ada.email, "by": "link"})
        link = here.link_to(ada.email, "Sign in")
        here.forget_tries()
        for n in range(66):
            path = ("/sign-in/link/", "/account/email/", "/invitations/")[n % 3]
            assert browser.get(f"{path}{'Ab3_' * 16}").status_code == 409
        assert browser.get(link).status_code == 200
        assert here.owner("SELECT 1 FROM attempts") == []


def test_only_failures_count(here: Installation) -> None:
    """Whoever signs in well uses up nothing of what an address or an account may try."""
    ada = here.someone(app=True)
    with here.browser() as browser:
        try_password(browser, ada.email, "wrong")
        assert here.owner("SELECT sum(count) FROM attempts") == [(2,)], "by address, by account"
        try_password(browser, ada.email)
        browser.post("/sign-in/code", data={"code": "000000"})
        assert here.owner("SELECT sum(count) FROM attempts") == [(3,)]
        assert browser.post("/sign-in/code", data={"code": ada.code(here.clock)}).status_code == 303
        assert opens(browser)
        assert here.owner("SELECT sum(count) FROM attempts") == [(3,)]


def test_what_is_given_back_is_of_the_same_window(here: Installation) -> None:
    from infra24 import rate_limits

    async def scenario(database, _):  # type: ignore[no-untyped-def]
        what, later = "sign in from an address", NOW + timedelta(minutes=16)
        async with database.accounts() as tx:
            for _ in range(100):
                assert await rate_limits.count_attempt(tx, what, "192.0.2.1", NOW) is None
                await rate_limits.undo_attempt(tx, what, "192.0.2.1", NOW)
            await rate_limits.count_attempt(tx, what, "192.0.2.1", NOW)
            await rate_limits.count_attempt(tx, what, "192.0.2.1", later)
            await rate_limits.undo_attempt(tx, what, "192.0.2.1", NOW)

    here.tell(scenario)
    assert here.owner("SELECT count FROM attempts") == [(1,)]


def test_a_code_is_asked_for_after_the_first_factor_and_each_is_good_once(here: Installation) -> None:
    ada = here.someone(app=True)
    with here.browser() as browser:
        answer = try_password(browser, ada.email, query="?next=/book")
        assert answer.headers["location"] == "/sign-in/code"
        assert not opens(browser), "half is not signed in"
        assert "session" not in browser.cookies
        assert browser.get("/sign-in/code").status_code == 200
        assert browser.post("/sign-in/code", data={"code": "000000"}).status_code == 422
        code = ada.code(here.clock)
        half = dict(browser.cookies)
        answer = browser.post("/sign-in/code", data={"code": f"{code[:3]} {code[3:]}"})
        assert answer.headers["location"] == "/book"
        assert opens(browser)
    with here.browser() as browser:
        for name, value in half.items():
            browser.cookies.set(name, value, path="/sign-in")
        assert browser.post("/sign-in/code", data={"code": code}).status_code == 422, "used already"
        kept = ada.codes[0]
        assert browser.post("/sign-in/code", data={"code": kept.upper()}).status_code == 303
    with here.browser() as browser:
        try_password(browser, ada.email)
        assert browser.post("/sign-in/code", data={"code": kept}).status_code == 422, "used already"
        assert browser.post("/sign-in/code", data={"code": ada.codes[1]}).status_code == 303


def test_of_two_at_once_a_code_lets_in_one(here: Installation) -> None:
    ada = here.someone(app=True)
    for code in (ada.code(here.clock), ada.codes[0]):
        here.forget_tries()
        browsers = [here.browser() for _ in range(5)]
        for browser in browsers:
            try_password(browser, ada.email)

        def once(browser: httpx2.Client, code: str = code) -> int:
            return browser.post("/sign-in/code", data={"code": code}).status_code

        with ThreadPoolExecutor(5) as threads:
            statuses = sorted(threads.map(once, browsers))
        assert statuses == [303] + [422] * 4
        for browser in browsers:
            browser.close()


def test_codes_are_tried_eight_times_and_half_way_is_over_after_ten_minutes(here: Installation) -> None:
    ada = here.someone(app=True)
    with here.browser() as browser:
        try_password(browser, ada.email)
        for _ in range(8):
            assert browser.post("/sign-in/code", data={"code": "000000"}).status_code == 422
        assert browser.post("/sign-in/code", data={"code": ada.code(here.clock)}).status_code == 429
        here.forget_tries()
        here.clock.forward(minutes=10, seconds=1)
        answer = browser.post("/sign-in/code", data={"code": ada.code(here.clock)})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        browser.cookies.clear()
        browser.cookies.set("half", "made up", path="/sign-in")
        assert browser.get("/sign-in/code").headers["location"] == "/sign-in"


def test_a_link_does_not_replace_the_code(here: Installation) -> None:
    ada = here.someone(app=True)
    with here.browser() as browser:
        browser.post("/sign-in", data={"email": ada.email, "by": "link"})
        assert browser.post(here.link_to(ada.email, "Sign in")).headers["location"] == "/sign-in/code"
        assert not opens(browser)


def test_a_cookie_brought_along_is_never_taken_over_and_the_session_before_ends(here: Installation) -> None:
    ada, eve = here.someone(), here.someone()
    with here.browser() as browser:
        browser.cookies.set("session", "planted by someone else")
        answer = try_password(browser, ada.email)
        assert "planted" not in answer.headers["set-cookie"]
        assert here.owner("SELECT count(*) FROM sessions WHERE user_id = %s", ada.user_id) == [(1,)]
    with here.signed_in(eve) as evil:
        planted = evil.cookies["session"]
        with here.browser() as victim:  # comes with Eve's session, then signs in as themselves
            victim.cookies.set("session", planted)
            csrf = csrf_in(victim.get("/account").text)
            victim.post("/sign-in", data={"email": ada.email, "password": PASSWORD, "csrf": csrf})
        assert not opens(evil)
        assert here.owner("SELECT count(*) FROM sessions WHERE user_id = %s", eve.user_id) == [(0,)]


def test_whoever_is_signed_in_already_can_open_a_link_and_give_a_code(here: Installation) -> None:
    """The pages for signing in carry the proof of the session that there still is."""
    ada, bob = here.someone(), here.someone(app=True)
    with here.signed_in(ada) as browser:
        with here.browser() as elsewhere:
            elsewhere.post("/sign-in", data={"email": bob.email, "by": "link"})
        link = here.link_to(bob.email, "Sign in")
        assert browser.post(link).status_code == 403, "without the proof it may be another site's doing"
        csrf = csrf_in(browser.get(link).text.split('class="panel', 1)[1])
        assert browser.post(link, data={"csrf": csrf}).headers["location"] == "/sign-in/code"
        csrf = csrf_in(browser.get("/sign-in/code").text.split('class="panel', 1)[1])
        answer = browser.post("/sign-in/code", data={"code": bob.code(here.clock), "csrf": csrf})
        assert answer.headers["location"] == "/account"
        assert bob.email in browser.get("/account").text


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
              "/\t/evil.example", "/\n//evil.example", "evil.example", " //evil.example", "http:evil.example",
              "/" + "a" * 2_000, "/a\r\nset-cookie: session=planted"]
)  # fmt: skip
def test_nobody_is_sent_elsewhere_afterwards(here: Installation, next_: str) -> None:
    ada = here.someone()
    with here.browser() as browser:
        answer = try_password(browser, ada.email, query=f"?next={quote(next_, safe='')}")
        assert answer.headers["location"] == "/account"
        assert len(answer.headers.get_list("set-cookie")) <= 2
        assert browser.get("/sign-in", params={"next": next_}).headers["location"] == "/account"
    with here.browser() as browser:
        browser.post("/sign-in", params={"next": next_}, data={"email": ada.email, "by": "link"})
        browser.cookies.set("onward", quote(next_), path="/sign-in")
        place = browser.post(here.link_to(ada.email, "Sign in")).headers["location"]
        assert not urlsplit(place).netloc
        assert not place.startswith(("//", "/\\"))


def test_paths_of_every_language_are_gone_on_to(here: Installation) -> None:
    ada = here.someone()
    with here.browser() as browser:
        browser.post("/sign-in", params={"next": "/日本/книга?q=é"}, data={"email": ada.email, "by": "link"})
        answer = browser.post(here.link_to(ada.email))
        assert answer.headers["location"] == quote("/日本/книга?q=é", safe="/?=")
        browser.cookies.clear()
        answer = browser.post(
            "/sign-in", params={"next": "/" + "日" * 900}, data={"email": ada.email, "by": "link"}
        )
        assert max(len(one) for one in answer.headers.get_list("set-cookie")) < 4_096


def test_a_refusal_is_said_in_the_language_of_the_page(here: Installation) -> None:
    ada = here.someone(app=True)
    with here.browser(**{"accept-language": "es"}) as browser:
        assert "do not go together" not in try_password(browser, ada.email, "wrong").text
        try_password(browser, ada.email)
        said = browser.post("/sign-in/code", data={"code": "000000"}).text
        assert "That code" not in said
        for path in ("/sign-in/link/x", "/invitations/x", "/account/email/x"):
            page = browser.get(path).text
            assert 'lang="es"' in page
            for english in ("This link has", "This invitation was", "Ask for"):
                assert english not in page


def test_odd_input_is_refused_and_breaks_nothing(here: Installation) -> None:
    odd = ["", "a", "a@", "@b", "a@b", "a" * 300 + "@people.example", "a@people.example\0", "a\nb@people.example",
           "a@people.example\r\nbcc: eve@evil.example", "\ud800@people.example", "'; DROP TABLE users; --",
           "a@" + "b" * 5_000, "a@localhost", "a@[127.0.0.1]"]  # fmt: skip
    with here.browser() as browser:
        for text in odd:
            body = text.encode("utf-8", "surrogatepass")
            for by in ("link", "password"):
                answer = browser.post("/sign-in", data={"email": body, "by": by, "password": "x"})
                assert answer.status_code == 422, (text, answer.status_code)
        for password in ("", "\0", "x" * 100_000, "é" * 1_000, "\ud800".encode("utf-8", "surrogatepass")):
            data = {"email": "nobody@people.example", "password": password}
            assert browser.post("/sign-in", data=data).status_code in (403, 422)
        assert browser.post("/sign-in", content=b"\xff\xfe").status_code == 422
        for kind in ("application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded"):
            answer = browser.post("/sign-in", content=b"email=a&password=%00", headers={"content-type": kind})
            assert answer.status_code == 422
        odd_part = b'--b\r\ncontent-disposition: form-data; name="email"\r\n\r\n\xff\xfe\r\n--b--\r\n'
        multipart = {"content-type": "multipart/form-data; boundary=b"}
        assert browser.post("/sign-in", content=odd_part, headers=multipart).status_code == 422
        assert browser.post("/sign-in", content=b"--b\r\nbroken", headers=multipart).status_code in (400, 422)
        assert browser.post("/sign-in", files={"email": b"a@people.example"}).status_code == 422
        assert browser.post("/sign-in", content=b"x" * 300_000).status_code == 413
        for device in (b"\xff" * 200, b"x" * 5_000, b"<script>alert(1)</script>"):
            ada = here.someone()
            data = {"email": ada.email, "password": PASSWORD}
            assert browser.post("/sign-in", data=data, headers=[(b"user-agent", device)]).status_code == 303
            assert "<script>alert" not in browser.get("/account/security").text
            browser.cookies.clear()


def test_an_address_that_only_looks_like_another_is_another(here: Installation) -> None:
    ada = here.someone("mike-k@people.example")
    with here.browser() as browser:
        for other in (
            "mike-\u043a@people.example",
            "m\u0456ke-k@people.example",
            "mike-\uff4b@people.example",
        ):
            assert try_password(browser, other).status_code == 403
        browser.post("/sign-in", data={"email": "mi\u212ae-k@people.example", "by": "link"})
    for mailed in here.emails_to(ada.email):
        assert mailed["to"] == "mike-k@people.example", (
            "an e-mail goes to the account's own address, never to what was typed"
        )


def test_a_form_of_another_site_signs_nobody_in(here: Installation) -> None:
    ada = here.someone()
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
                    {"origin": "https://evil.example", "cookie": "lang=en"}, {"origin": "null", "cookie": "lang=en"}):  # fmt: skip
        with here.browser(**headers) as browser:
            answer = try_password(browser, ada.email)
            assert answer.status_code == 403, headers
            assert "session" not in answer.headers.get("set-cookie", "")


def test_signing_out_ends_the_session_in_the_database_too(here: Installation) -> None:
    ada = here.someone()
    with here.signed_in(ada) as browser:
        cookie, csrf = browser.cookies["session"], csrf_in(browser.get("/account").text)
        assert browser.post("/sign-out").status_code == 403
        assert opens(browser)
        answer = browser.post("/sign-out", data={"csrf": csrf, "next": "//evil.example"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        browser.cookies.set("session", cookie)
        assert not opens(browser)


def test_neighbours_of_an_address_are_counted_together(here: Installation) -> None:
    """Whoever has one address of IPv6 has a whole network of them."""
    from infra24 import rate_limits

    async def tries(database, _):  # type: ignore[no-untyped-def]
        said = []
        for address in [f"2001:db8:1:2::{n:x}" for n in range(41)] + [
            "2001:db8:1:3::1",
            "192.0.2.1",
            "::ffff:192.0.2.2",
            "testclient",
        ]:
            async with database.accounts() as tx:
                said.append(await rate_limits.count_attempt(tx, "sign in from an address", address, NOW))
        return said

    said = here.tell(tries)
    assert said == [None] * 40 + [900.0] + [None] * 4
