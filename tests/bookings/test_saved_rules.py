"""Saving rules: what contradicts itself is refused, and what stood before may stand."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from infra24 import resources
from infra24.availability import contradictions, parse
from infra24.db import Database
from infra24.errors import ValidationFailed
from tests.factories import Shop, opening, rules
from tests.serving import NOW

CLOSED = {"range": ["2026-12-20", "2026-12-31"], "hours": []}
MORNING = {"date": "2026-12-24", "hours": [{"start": "10:00", "end": "13:00"}]}
EXTRA = {"date": "2026-12-24", "extra": [{"start": "18:00", "end": "20:00"}]}
OFF = {"date": "2026-12-24", "off": True}
WRONG = {
    "overrides[1]": "says the hours of 2026-12-24, and so does overrides[0]; write them in one of the two"
}


@pytest.mark.parametrize(("overrides", "wrong"), [
    ([CLOSED, MORNING], WRONG), ([MORNING, MORNING], WRONG), ([CLOSED, EXTRA], WRONG), ([EXTRA, CLOSED], WRONG),
    ([MORNING, EXTRA], {}), ([EXTRA, EXTRA], {}), ([CLOSED, OFF], {}),
    ([{**MORNING, "host": "mo@shop.example"}, {**MORNING, "host": "lena@shop.example"}], {}),
])  # fmt: skip
def test_the_hours_of_a_date_are_said_once(overrides: list[dict[str, Any]], wrong: dict[str, str]) -> None:
    people = ("mo@shop.example", "lena@shop.example")
    assert contradictions(parse(rules(overrides=overrides), zone="UTC", people=people)) == wrong


def test_contradicting_overrides_are_not_saved_and_those_that_stood_can_be_kept(
    run: Callable[..., Any], shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    room = shop.ids["room"]
    stood = rules(opening(), overrides=[CLOSED, MORNING])

    def change(**changes: Any) -> None:
        async def scenario(database: Database) -> None:
            async with database.transaction(shop.org_id) as tx:
                await resources.update(tx, room, changes, NOW)

        run(scenario)

    with pytest.raises(ValidationFailed) as refused:
        change(availability_rules=stood)
    assert list(refused.value.errors) == ["availability_rules.overrides[1]"]
    owner.execute("UPDATE resources SET availability_rules = %s WHERE id = %s", (Jsonb(stood), room))
    change(title="The same room")
