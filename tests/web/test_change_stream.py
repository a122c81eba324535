"""An open page is told of what happens from the moment on at which it was read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import quote

import httpx2
import pytest
from starlette.requests import Request

from infra24.web.change_stream import place_of
from tests import loopback
from tests.factories import Shop
from tests.installation import Installation
from tests.serving import NOW
from tests.web.test_bookings_api import body

_LIVE = re.compile(r'data-live="([^"]+)"')


@contextmanager
def told(browser: httpx2.Client, address: str, seconds: float = 5, **headers: str) -> Iterator[Iterator[str]]:
    """The lines of an address's stream; reading them ends with an error when none comes for so long."""
    timeout = httpx2.Timeout(5, read=seconds)
    with browser.stream("GET", address, headers=headers, timeout=timeout) as stream:
        yield (line for line in stream.iter_lines() if line and not line.startswith("retry"))


def book(here: Installation, shop: Shop, hours: int) -> None:
    made = loopback.post(
        here.base + "/api/bookings", json=body(shop, at=NOW + timedelta(days=2, hours=hours))
    )
    assert made.status_code == 201, made.text


@pytest.mark.parametrize("watched", [False, True], ids=["first", "beside another"])
def test_what_happens_between_reading_a_page_and_its_stream_is_told(
    here: Installation, shop: Shop, watched: bool
) -> None:
    with here.browser() as browser, here.browser() as other:
        live = _LIVE.findall(browser.get(f"/{shop.slug}/book/room").text)[0]
        if watched:
            with told(other, live.split("?")[0]) as lines:
                book(here, shop, 0)
                assert next(lines).startswith("id: "), "the other is told"
                with told(browser, live) as mine:
                    assert next(mine).startswith("id: ")
        else:
            book(here, shop, 0)
            with told(browser, live) as mine:
                place = next(mine)
            assert place.startswith("id: ")
            book(here, shop, 1)
            after_a_cut = {"last-event-id": place.removeprefix("id: ")}
            with told(browser, live, **after_a_cut) as mine:
                assert int(next(mine).removeprefix("id: ")) > int(place.removeprefix("id: "))


def test_an_address_that_names_a_place_to_come_does_not_keep_others_from_being_told(
    here: Installation, shop: Shop
) -> None:
    with here.browser() as browser, here.browser() as other:
        live = _LIVE.findall(browser.get(f"/{shop.slug}/book/room").text)[0]
        with told(other, live.split("?")[0] + f"?after={10**17}"), told(browser, live) as mine:
            book(here, shop, 0)
            assert next(mine).startswith("id: ")


def test_a_stream_tells_nothing_when_nothing_happened(here: Installation, shop: Shop) -> None:
    with here.browser() as browser:
        book(here, shop, 0)
        live = _LIVE.findall(browser.get(f"/{shop.slug}/book/room").text)[0]
        with told(browser, live, seconds=2.5) as lines, pytest.raises(httpx2.ReadTimeout):
            next(lines)


@pytest.mark.parametrize(
    ("said", "place"), [("7", 7), ("-1", None), ("9" * 30, None), ("x", None), ("1e3", None), ("²", None)]
)
def test_a_place_is_a_number_or_none(said: str, place: int | None) -> None:
    address = {"type": "http", "headers": [], "query_string": f"after={quote(said)}".encode()}
    assert place_of(Request(address)) == place
    cut = {**address, "headers": [(b"last-event-id", b"9")]}
    assert place_of(Request(cut)) == 9, "what the browser had comes first"
