"""The rules of the code that a machine can hold; each says why."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import infra24
from infra24.db import Database
from tests.factories import Shop, booking_request
from tests.serving import NOW

PACKAGE = Path(infra24.__file__).parent
CHECKOUT = PACKAGE.parent


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text())


def test_only_the_clock_reads_the_clock() -> None:
    """`now` is a parameter below the entry points, or nothing can be tested at another time."""
    for name, tree in _modules():
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert name == "clock.py" or not calls & {
            "datetime.now",
            "datetime.utcnow",
            "date.today",
            "time.time",
        }, name


def test_sql_lives_in_queries() -> None:
    """One function, one statement, one place to look. What looks after the installation itself is named here."""
    allowed = {"migrations.py", "doctor/database.py", "embedded.py", "organizations/provisioning.py", "demo/loading.py",
               "db/pool.py", "worker.py", "jobs.py", "web/api/system.py"}  # fmt: skip
    sql = re.compile(r"^\s*(SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|WITH)\s", re.IGNORECASE)
    for name, tree in _modules():
        if name.endswith("queries.py") or name in allowed:
            continue
        texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        assert not [t for t in texts if sql.match(t) and re.search(r"\s", t.strip()[7:])], name


def test_the_database_is_never_asked_what_a_clock_shows() -> None:
    """One source of zones: Python's, pinned. Another release of the database's would put things on other days."""
    asks = re.compile(r"AT\s+TIME\s+ZONE\s+(?!'UTC')|date_trunc\([^()]*,[^()]*,|current_date", re.IGNORECASE)
    for path in [*PACKAGE.rglob("*queries.py"), *PACKAGE.rglob("*.sql")]:
        assert not asks.search(path.read_text()), path


def test_only_the_database_module_commits() -> None:
    """One transaction, opened in plain sight and ended in one place."""
    for name, tree in _modules():
        texts = [
            n.value
            for n in ast.walk(tree)
            if isinstance(n, ast.Constant) and isinstance(n.value, bytes | str)
        ]
        assert name in ("db/pool.py", "db/transaction.py") or not {
            "COMMIT",
            b"COMMIT",
            "ROLLBACK",
            b"ROLLBACK",
        } & set(texts), name


def test_each_kind_of_email_that_is_queued_has_a_composer() -> None:
    """A kind without one would wait in the queue for good."""
    from infra24.mail_composers import COMPOSERS

    queued = {
        node.args[1].value
        for _, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "mail.enqueue"
        and isinstance(node.args[1], ast.Constant)
    }
    assert queued == set(COMPOSERS)


def test_files_stay_short() -> None:
    """What can only grow rots at its main operation: at 300 lines a noun is missing."""
    scripts = (CHECKOUT / "frontend/src").rglob("*.ts")
    for path in [*sorted(PACKAGE.rglob("*.py")), *sorted(scripts)]:
        lines = path.read_text().count("\n")
        assert lines <= 300, f"{path} has {lines} lines: which noun is missing?"


def test_functions_stay_short() -> None:
    """Forty lines are read at one glance."""
    for name, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not name.endswith("queries.py"):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= 40, f"{name}: {node.name} has {length} lines"


def test_there_is_no_drawer_for_everything() -> None:
    names = {path.name for path in PACKAGE.rglob("*.py")}
    assert not names & {"service.py", "utils.py", "helpers.py", "manager.py", "base.py", "common.py"}


def test_every_module_and_public_verb_says_what_it_is() -> None:
    for name, tree in _modules():
        assert ast.get_docstring(tree), f"{name} does not say what it is"
        for node in tree.body:
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                and node.name[0] != "_"
            ):
                assert ast.get_docstring(node), f"{name}: {node.name} does not say what it does"


def test_every_row_of_the_mission_is_listed_and_its_test_exists() -> None:
    """docs/mission.md: a row without a test is marked open, a test that is named is there."""
    text = (CHECKOUT / "docs/mission.md").read_text()
    rows = set(re.findall(r"^\| ([A-K]\d+) \|", text, re.MULTILINE))
    wanted = {f"{letter}{n}" for letter, most in
              {"A": 13, "B": 9, "C": 10, "D": 6, "E": 7, "F": 7, "G": 5, "H": 4, "I": 3, "J": 8, "K": 18}.items()
              for n in range(1, most + 1)}  # fmt: skip
    assert rows == wanted
    for line in text.splitlines():
        if not re.match(r"\| ([A-K]\d+|\d+) \|", line):
            continue
        named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", line)
        assert named or "open" in line, line
        for path, test in named:
            source = CHECKOUT / path
            assert source.exists(), path
            assert not test or f"def {test}(" in source.read_text(), f"{path}::{test}"


@pytest.mark.parametrize("count", [1, 30])
def test_a_list_is_one_statement_however_long(
    run: Callable[..., Any], shop: Shop, tokens: Any, count: int
) -> None:
    from datetime import timedelta

    from infra24 import bookings, resources

    async def scenario(database: Database) -> tuple[int, int]:
        for n in range(count):
            async with database.transaction(shop.org_id) as tx:
                at = NOW + timedelta(days=3, minutes=30 * n)
                await bookings.book(tx, booking_request(shop.ids["room"], at), tokens=tokens, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            counted = 0
            original = tx.rows

            async def counting(*args: Any, **more: Any) -> Any:
                nonlocal counted
                counted += 1
                return await original(*args, **more)

            tx.rows = tx.row = counting  # type: ignore[assignment, method-assign]
            found = await bookings.page(tx)
            await resources.bookable(tx)
            return len(found), counted

    assert run(scenario) == (count, 2)


def _depth() -> int:
    """How many calls of ours the current statement is below the operation, itself and its SQL included."""
    found, frame = 0, sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE) and not path.is_relative_to(PACKAGE / "db"):
            found += 1
        frame = frame.f_back  # type: ignore[assignment]
    return found


@pytest.mark.parametrize("offer", ["room", "asked", "limited", "fair", "both"])
def test_from_booking_to_its_sql_are_five_calls(
    run: Callable[..., Any], shop: Shop, tokens: Any, offer: str
) -> None:
    """The main operation is read in one go: itself, its step, what decides, what writes, the statement."""
    from dataclasses import replace
    from datetime import timedelta

    from infra24 import bookings
    from infra24.rate_limits import Client

    async def scenario(database: Database) -> dict[str, int]:
        depths: dict[str, int] = {}
        for minutes in (0, 30, 60):  # the last with an offer that is known, and no longer claim than before
            async with database.transaction(shop.org_id) as tx:
                depths.clear()
                for name in ("row", "rows", "run", "run_together", "row_after"):
                    setattr(tx, name, _watching(getattr(tx, name), depths))
                at = NOW + timedelta(days=3, hours=2, minutes=minutes)
                wanted = replace(booking_request(shop.ids[offer], at), client=Client(bytes(16)))
                await bookings.book(tx, wanted, tokens=tokens, now=NOW)
        return depths

    depths = run(scenario)
    assert len(depths) >= 2
    assert max(depths.values()) <= 5, depths


def _watching(call: Callable[..., Any], depths: dict[str, int]) -> Callable[..., Any]:
    async def watched(*args: Any, **more: Any) -> Any:
        name = sys._getframe(1).f_code.co_name
        depths[name] = max(depths.get(name, 0), _depth())
        return await call(*args, **more)

    return watched


def test_the_busiest_read_uses_the_index_as_the_application(
    run: Callable[..., Any], shop: Shop, owner: Any
) -> None:
    """Explained as the application's role, behind the policies: no scan of a resource's history."""
    owner.execute(
        """
        INSERT INTO bookings (org_id, id, resource_id, status, starts_at, ends_at, time_zone, currency,
            token_hash, created_at, updated_at)
        SELECT %(org)s, gen_random_uuid(), %(id)s, 'confirmed', at, at + interval '30 min', 'UTC', 'USD',
            sha256(n::text::bytea || %(id)s::text::bytea), now(), now()
        FROM (SELECT n, timestamptz '2020-01-01' + n * interval '1 hour' AS at FROM generate_series(1, 20000) n) s
        """,
        {"org": shop.org_id, "id": shop.ids["room"]},
    )
    owner.execute(
        "INSERT INTO claims (org_id, booking_id, resource_id, unit, starts_at, ends_at, booked_at, booked_until) "
        "SELECT org_id, id, resource_id, 1, starts_at, ends_at, starts_at, ends_at FROM bookings WHERE org_id = %s",
        (shop.org_id,),
    )
    owner.execute("ANALYZE claims")

    async def scenario(database: Database) -> dict[str, Any]:
        from datetime import timedelta

        from infra24.bookings import busy_queries

        async with database.transaction(shop.org_id) as tx:
            original = tx.rows

            async def explained(query: Any, args: Any = ()) -> Any:
                return await original("EXPLAIN (ANALYZE, FORMAT JSON) " + query, args)

            tx.rows = explained  # type: ignore[method-assign]
            span = (NOW - timedelta(days=365), NOW - timedelta(days=358))
            room = shop.ids["room"]
            rows = await busy_queries.claims_in_span(
                tx, [room], span, span[0] - timedelta(hours=2), NOW, (), detailed=False
            )
        plan: dict[str, Any] = rows[0][0][0]["Plan"]
        return plan

    nodes = list(_nodes(run(scenario)))
    claims = [
        node
        for node in nodes
        if node.get("Relation Name") == "claims" or "claims" in node.get("Index Name", "")
    ]
    assert {node.get("Index Name") for node in claims} == {"claims_by_time"}
    read = sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in claims)
    assert read < 400, f"{read} rows read for a week of 168"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
