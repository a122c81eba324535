"""The schema and the statements keep what lets the tables be distributed on org_id (ARCHITECTURE.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlglot
from sqlglot import exp

import infra24

PACKAGE = Path(infra24.__file__).parent
SCHEMA = "\n".join(path.read_text() for path in sorted((PACKAGE / "schema").glob("*.sql")))
TENANT = set(re.findall(r"make_tenant_table\('(\w+)'\)", SCHEMA))
LOCAL = {
    "users", "sessions", "one_time_links", "passkeys", "recovery_codes", "identities", "attempts", "sweeps",
    "write_checks", "migrations",
}  # fmt: skip
"""Of the one coordinator: accounts, and what the installation keeps of itself; beside them the queue's tables."""
REFERENCE = {"organizations", "event_subscribers"}
"""Read by every tenant and rarely written."""
OWNERS = {"organizations/tenant_queries.py"}
"""What looks at whole tables, as the owner, with names that are put in: not a tenant's."""


def _statements() -> Iterator[tuple[str, str]]:
    """Every statement of our code, where it stands and its text."""
    for path in sorted(PACKAGE.rglob("*queries.py")):
        name = path.relative_to(PACKAGE).as_posix()
        tree = ast.parse(path.read_text())
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if name not in OWNERS and isinstance(node, ast.Call) and node.args:
                text = _text(node.args[0], constants)
                if text and re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", text):
                    yield f"{name}:{node.lineno}", text


def _text(node: Any, constants: dict[str, Any]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left, constants), _text(node.right, constants)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.IfExp):
        return _text(node.body, constants)
    if isinstance(node, ast.Name) and node.id in constants:
        return _text(constants[node.id], constants)
    return None


STATEMENTS = list(_statements())


def parsed(text: str) -> exp.Expr:
    """A statement with its parameters as numbers."""
    return sqlglot.parse_one(re.sub(r"%\(\w+\)s|%s", "7", text).replace("%%", "%"), dialect="postgres")


def test_every_table_is_a_tenants_or_declared(owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
        "AND relname NOT LIKE 'procrastinate%'"
    ).fetchall()
    assert {name for (name,) in rows} == TENANT | LOCAL | REFERENCE


def test_keys_of_tenant_tables_begin_with_org_id(owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute(
        "SELECT c.relname, i.indexrelid::regclass::text, a.attname FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE (i.indisunique OR i.indisexclusion) AND c.relname = ANY(%s)",
        (list(TENANT),),
    ).fetchall()
    assert {table for table, *_ in rows} == TENANT, "each has a key"
    assert {index: first for _, index, first in rows if first != "org_id"} == {}


def test_tenant_tables_are_closed_and_refer_to_what_a_tenant_may_read(owner: psycopg.Connection[Any]) -> None:
    open_ = owner.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relname = ANY(%s) AND (NOT c.relrowsecurity OR NOT EXISTS ("
        "SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'one_organization'))",
        (list(TENANT),),
    ).fetchall()
    assert open_ == []
    foreign = owner.execute(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint "
        "WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
        (list(TENANT),),
    ).fetchall()
    assert {target for _, target in foreign} <= TENANT | REFERENCE


def test_functions_of_the_schema_can_run_on_a_shard() -> None:
    """No row types as arguments, no name of a table from the trigger, and what reads tables is PL/pgSQL."""
    assert "TG_TABLE_NAME" not in SCHEMA
    bodies = re.findall(
        r"CREATE FUNCTION (\w+)\((.*?)\)\s+RETURNS.*?LANGUAGE (\w+).*?AS\s+(\$\$|')(.*?)\4", SCHEMA, re.DOTALL
    )
    assert len(bodies) >= 9
    for name, arguments, language, _, body in bodies:
        assert not {word for word in re.findall(r"\w+", arguments) if word in TENANT | {"organizations"}}, (
            name
        )
        assert language == "plpgsql" or not re.search(
            r"\b(FROM|INTO)\s+[a-z_]+\b(?!\()", _outside_calls(body)
        ), name


def _outside_calls(body: str) -> str:
    return re.sub(r"extract\(epoch FROM [^()]*(\(\))?\)", "", body)


@pytest.mark.parametrize(("where", "text"), STATEMENTS, ids=[where for where, _ in STATEMENTS])
def test_a_statement_can_be_sent_to_a_shard(where: str, text: str) -> None:
    assert ";" not in text, "one statement per message"
    tree = parsed(text)
    for insert in tree.find_all(exp.Insert):
        table = insert.find(exp.Table)
        if table and table.name in TENANT and isinstance(insert.expression, exp.Select | exp.SetOperation):
            assert insert.args.get("returning") or insert.args.get("conflict"), "INSERT … SELECT by itself"
        if isinstance(insert.expression, exp.Values):
            assert not insert.expression.find(exp.Select), "a subquery inside VALUES"
    for block in tree.find_all(exp.Select, exp.Update, exp.Delete):
        _check_joins(block, {cte.alias for cte in tree.find_all(exp.CTE)})


def _check_joins(block: exp.Expr, derived: set[str]) -> None:
    """Every tenant table is joined to the others, and a subquery to what it refers to, by org_id."""
    own = _sources(block, derived)
    edges = [pair for pair in _edges(block) if pair]
    names = {name for name, is_tenant in own.items() if is_tenant}
    reached = set(list(names)[:1])
    for _ in names:
        reached |= {n for pair in edges for n in pair if set(pair) & reached}
    assert names <= reached, f"not joined by org_id: {sorted(names - reached)}"
    outer = {
        column.table
        for column in block.find_all(exp.Column)
        if column.table
        and column.table not in own
        and column.find_ancestor(exp.Select, exp.Update, exp.Delete) is block
    }
    around = _around(block, derived)
    for name in outer:
        if around.get(name) and names:
            assert any(name in pair and set(pair) & names for pair in edges), f"not tied to {name} by org_id"


def _sources(block: exp.Expr, derived: set[str]) -> dict[str, bool]:
    """The tables that a block reads by the name they have there, and whether they are a tenant's."""
    found: dict[str, bool] = {}
    clauses = [block.args.get("from_") or block.args.get("from"), *(block.args.get("joins") or ())]
    items: list[Any] = [clause.this for clause in clauses if clause is not None]
    if isinstance(block, exp.Update | exp.Delete):
        items.append(block.this)
        items += list(block.args.get("using") or ())
        inner = block.args.get("from_") or block.args.get("from")
        if inner is not None:
            items += [join.this for join in inner.this.args.get("joins") or ()]
    for item in items:
        if isinstance(item, exp.Table) and item.name:
            found[item.alias_or_name] = item.name in TENANT or item.name in derived
        elif item is not None and item.alias_or_name:
            found[item.alias_or_name] = False
    return found


def _around(block: exp.Expr, derived: set[str]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    above = block.find_ancestor(exp.Select, exp.Update, exp.Delete)
    while above is not None:
        found = {**_sources(above, derived), **found}
        above = above.find_ancestor(exp.Select, exp.Update, exp.Delete)
    return found


def _edges(block: exp.Expr) -> Iterator[tuple[str, str]]:
    for equal in block.find_all(exp.EQ):
        left, right = (_org(side) for side in (equal.left, equal.right))
        if left and right:
            yield left, right


def _org(side: exp.Expr) -> str | None:
    """The table whose org_id one side of an equality is, alone or first in a row."""
    first = side.expressions[0] if isinstance(side, exp.Tuple) else side
    return first.table if isinstance(first, exp.Column) and first.name == "org_id" else None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1; SELECT 2",
        "INSERT INTO holidays (org_id) SELECT org_id FROM locations WHERE org_id = %s",
        "INSERT INTO holidays (org_id, name) VALUES (%s, (SELECT name FROM locations WHERE org_id = %s))",
        "SELECT 1 FROM bookings b JOIN claims c ON c.org_id = %(org)s AND c.booking_id = b.id WHERE b.org_id = %(org)s",
        "SELECT 1 FROM bookings b, claims c WHERE b.org_id = %(org)s AND c.org_id = %(org)s AND c.booking_id = b.id",
        "SELECT 1 FROM bookings b WHERE EXISTS (SELECT 1 FROM claims c WHERE c.org_id = %s AND c.booking_id = b.id)",
        "WITH made AS (SELECT id FROM bookings b WHERE b.org_id = %(org)s) "
        "SELECT 1 FROM made m JOIN claims c ON c.org_id = %(org)s AND c.booking_id = m.id",
        "UPDATE claims c SET unit = 2 FROM bookings b WHERE c.org_id = %s AND b.id = c.booking_id",
        "DELETE FROM claims c USING bookings b WHERE c.org_id = %s AND b.org_id = %s AND b.id = c.booking_id",
    ],
)
def test_what_a_shard_refuses_is_found(text: str) -> None:
    with pytest.raises(AssertionError):
        test_a_statement_can_be_sent_to_a_shard("here", text)
