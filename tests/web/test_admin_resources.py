"""What staff do to what is offered: resources, their rules, types, closings and locations, as forms."""

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from infra24 import bookings, resources
from infra24.bookings import Status
from infra24.db import Database
from infra24.people import Role
from infra24.settings import Settings
from tests.factories import Shop, wish
from tests.people import sign_in
from tests.serving import NOW, Clock

Run = Callable[[Any], Any]


@pytest.fixture
def staff_settings(base: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("people"), secret="a secret of the tests, long enough")


@pytest.fixture
def admin(
    base: str, database_url: str, staff_settings: Settings, clock: Clock, shop: Shop
) -> Iterator[httpx.Client]:
    """An administrator's browser."""
    with sign_in(database_url, staff_settings, clock, shop, Role.ADMIN).client(base) as client:
        yield client


def fields(html: str) -> dict[str, Any]:
    """The fields of the last long form of a page, as a browser would send them untouched."""
    form = re.findall(r'<form method="post" class="long".*?</form>', html, re.DOTALL)[-1]
    form = re.sub(r"<template.*?</template>", "", form, flags=re.DOTALL)
    found: dict[str, Any] = {}

    def add(name: str, value: str) -> None:
        found.setdefault(name, []).append(unescape(value))

    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        add(unescape(attributes["name"]), attributes.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        add(name, text)
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        first = re.search(r'<option(?: value="([^"]*)")?>([^<]*)', options)
        taken = chosen or first
        add(name, (taken[1] if taken[1] is not None else taken[2]) if taken else "")
    return found


def kept(run: Run, shop: Shop, slug: str) -> resources.Resource:
    async def story(database: Database) -> resources.Resource:
        async with database.transaction(shop.org_id) as tx:
            return await resources.get_by_slug(tx, slug)

    found: resources.Resource = run(story)
    return found


PAGES = [
    "resources", "resources?type=person&q=mo&archived=1", "resources/new", "resources/new?type=space",
    "resources/new?type=person", "resources/new?type=equipment", "resources/new?type=other",
    "resources/room", "resources/mo", "resources/room/rules", "resources/room/rules?view=json&week=2026-12-01",
    "resources/mo/rules", "resources/visit/rules", "resources/room/archive", "types", "types/new", "blackouts",
    "locations",
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens(admin: httpx.Client, shop: Shop, path: str, language: str) -> None:
    seen = admin.get(f"/{shop.slug}/admin/{path}", headers={"accept-language": language})
    assert seen.status_code == 200, seen.text[:2000]
    assert f'<html lang="{language}"' in seen.text
