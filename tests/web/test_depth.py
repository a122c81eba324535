"""How deep it goes from a route handler to its SQL: few enough calls to read in one go."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

import infra24
from infra24.db.transaction import Tx
from tests.factories import Shop
from tests.web.test_bookings_api import AT, body

PACKAGE = Path(infra24.__file__).parent
HANDLER = PACKAGE / "web" / "api" / "bookings.py"


def _calls_below_handler() -> list[str]:
    """The calls of ours from the handler `create` to the statement, innermost first; none elsewhere."""
    found, frame = [], sys._getframe(2)
    while frame is not None:
        path, name = Path(frame.f_code.co_filename), frame.f_code.co_name
        if path.is_relative_to(PACKAGE) and not path.is_relative_to(PACKAGE / "db"):
            found.append(name)
        if path == HANDLER and name == "create":
            return found
        frame = frame.f_back  # type: ignore[assignment]
    return []


def _watched(call: Callable[..., Any], seen: list[list[str]]) -> Callable[..., Any]:
    async def watching(*args: Any, **more: Any) -> Any:
        seen.append(_calls_below_handler())
        return await call(*args, **more)

    return watching


@pytest.mark.parametrize("headers", [{}, {"idempotency-key": "one-9f1c7e0ab34d4c52a6b1"}])
def test_from_the_route_handler_to_its_sql_are_seven_calls(
    http: httpx2.Client, shop: Shop, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    """The handler, what hold and booking share, the operation, its step, what decides, what writes, the SQL."""
    seen: list[list[str]] = []
    for hours in (0, 1):  # then the offer is known, and that its bookings are as long
        before = http.post("/api/bookings", json=body(shop, at=AT + timedelta(hours=hours)))
        assert before.status_code == 201, before.text
    for name in ("row", "rows", "run", "run_together", "row_after"):
        monkeypatch.setattr(Tx, name, _watched(getattr(Tx, name), seen))
    made = http.post("/api/bookings", json=body(shop, at=AT + timedelta(hours=2)), headers=headers)
    assert made.status_code == 201, made.text
    depths = [calls for calls in seen if calls]
    assert any("allocate" in calls for calls in depths), depths
    assert max(map(len, depths)) <= 7, max(depths, key=len)
