"""README and guides are true: every command is run and every JSON sent, as written, on one served demo."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from typer.core import TyperGroup
from typer.main import get_command

from infra24 import clock as real
from infra24.cli import app
from infra24.embedded import BINARIES, EmbeddedServer
from infra24.roles import Roles
from infra24.settings import Settings, variable_of
from tests import loopback
from tests.documentation import CHECKOUT, PAGES, Block, blocks, inline_commands, inline_json
from tests.serving import serving
from tools import reference

OUTPUT = ("text",)
_WORK = (
    "import os, psycopg; "
    'psycopg.connect(os.environ["DATABASE_URL"], autocommit=True).execute("DELETE FROM procrastinate_jobs")'
)
"""As if a worker had done all jobs: without one, `doctor` finds those of a minute ago late."""
SECRET = "a secret of the documentation, long enough"


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo as the documentation has it: served, its database, an empty one on another server, its keys."""

    base: str
    environment: dict[str, str]
    keys: dict[str, str]
    url: str
    new_url: str


@pytest.fixture(scope="module")
def demo(make_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    for program in ("bash", "curl", "jq"):
        assert shutil.which(program), f"install {program}: the guides use it"
    folder, url = tmp_path_factory.mktemp("documentation"), make_database()
    programs = [str(Path(sys.executable).parent)]
    if not os.environ.get("TEST_DATABASE_URL"):
        programs.append(str(BINARIES))  # pg_dump of the server's own version
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("INFRA24_")},
        "DATABASE_URL": url, "INFRA24_SECRET": SECRET, "INFRA24_DATA_DIR": str(folder),
        "PATH": ":".join((*programs, os.environ["PATH"])), "COLUMNS": "200",
    }  # fmt: skip
    loaded = subprocess.run(
        ["infra24", "demo"], env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    keys = dict(re.findall(r"^ +([a-z-]+) +(ik_\S+)$", loaded.stdout, re.MULTILINE))
    settings = Settings(data_dir=folder, secret=SECRET)
    name = str(conninfo_to_dict(url)["dbname"])
    with _new_server(name) as new_url, serving(settings, url, real.now) as base:  # type: ignore[arg-type]
        environment |= {"PORT": base.rpartition(":")[2], "NEW_DATABASE_URL": new_url}
        yield Demo(base, environment, keys, url, new_url)


@contextmanager
def _new_server(name: str) -> Iterator[str]:
    """An empty database of a name on a server that knows none of our roles, whose owner is no superuser."""
    with (
        tempfile.TemporaryDirectory(prefix="infra24-restored-") as folder,
        EmbeddedServer(Path(folder)) as server,
    ):
        with psycopg.connect(server.url, autocommit=True) as superuser:
            superuser.execute("CREATE ROLE infra24_owner LOGIN CREATEROLE")
            superuser.execute(f"CREATE DATABASE {name} OWNER infra24_owner")
        yield make_conninfo(server.url, user="infra24_owner", dbname=name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_says_what_it_is_and_json_is_json(page: Path) -> None:
    for block in blocks(page):
        assert block.language, f"{block.where} does not say its language"
        known = block.language in ("bash", *OUTPUT) or (block.language == "json" and block.kind)
        assert known or block.kind == "not run", f"{block.where} is not run and does not say why"
        if block.language == "json":
            json.loads(block.text)
    for line, text in inline_json(page):
        try:
            json.loads(text)
        except ValueError as wrong:
            pytest.fail(f"{page.name}:{line}: {text}: {wrong}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_documentation_says_is_done(page: Path, demo: Demo, tmp_path: Path) -> None:
    found = [block for block in blocks(page) if block.kind != "not run"]
    _type(demo, [block for block in found if block.language == "bash"], tmp_path)
    for block in found:
        if block.language == "json":
            _send(demo, block)


def test_a_restored_backup_is_as_closed_as_its_original(demo: Demo, tmp_path: Path) -> None:
    page = CHECKOUT / "docs" / "guides" / "production.md"
    with psycopg.connect(demo.new_url) as new:
        row = new.execute("SELECT to_regclass('public.bookings')").fetchone()
    if row == (None,):  # this test runs alone
        _type(
            demo, [block for block in blocks(page) if block.language == "bash" and not block.kind], tmp_path
        )
    assert _rights(demo.new_url) == _rights(demo.url)
    with (
        psycopg.connect(demo.new_url, options=f"-c role={_roles(demo.new_url).app}") as app,
        pytest.raises(psycopg.errors.Error, match="app.org_id"),
    ):
        app.execute("SELECT 1 FROM bookings LIMIT 1")


def test_what_guides_say_of_settings_roles_scopes_and_errors_is_what_the_program_has() -> None:
    for page, wanted in reference.pages().items():
        assert page.read_text() == wanted, f"run python -m tools.reference: {page.name} is not current"


def test_every_example_of_a_setting_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, field in Settings.model_fields.items():
        monkeypatch.setenv(variable_of(name), str((field.examples or [""])[0]))
    assert Settings().providers[0].slug == "google"


def test_commands_in_the_middle_of_a_sentence_are_there_with_their_options() -> None:
    commands = get_command(app)
    assert isinstance(commands, TyperGroup)
    for page in PAGES:
        for line, words in inline_commands(page):
            command: Any = commands
            while isinstance(command, TyperGroup) and words and words[0] in command.commands:
                command = command.commands[words.pop(0)]
            assert command is not commands, f"{page.name}:{line}: there is no {words[0]}"
            options = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
            used = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert used <= options, f"{page.name}:{line}: {used - options}"


def test_every_type_of_event_is_documented() -> None:
    names = re.compile(r"(booking|series|resource|booking_link|organization|person)\.[a-z_]+")
    said = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", (CHECKOUT / "docs/guides/api.md").read_text()))
    for module in (CHECKOUT / "infra24").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and names.fullmatch(node.value)
                and not node.value.endswith(".html")
            ):
                assert node.value in said, f"{node.value} of {module.name}"


def _type(demo: Demo, found: list[Block], folder: Path) -> None:
    """Type the commands of a page, one after the other in one shell that stops at what fails."""
    with psycopg.connect(demo.url, autocommit=True) as owner:
        # As if a worker had done them: doctor looks at what is late.
        owner.execute("DELETE FROM procrastinate_jobs")
    script = "".join(f": @ {block.where}\n{block.text}" for block in found)
    script = script.replace("localhost:8000", demo.base.removeprefix("http://"))
    script = script.replace("infra24 doctor", f"python -c '{_WORK}'\ninfra24 doctor")
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", script],
        env=demo.environment, cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def _send(demo: Demo, block: Block) -> None:
    """Send a JSON to where its comment says, with the key of the organization."""
    body = json.loads(block.text)
    if block.kind == "rules":
        method, path, org = "POST", f"/api/organizations/{block.said}/resources", block.said
        body = {"type": "other", "title": f"Line {block.line}", "availability_rules": body}
    else:
        method, path = block.said.split()
        org = path.split("/")[3]
    headers = {"authorization": f"Bearer {demo.keys[org]}"}
    answer = loopback.request(method, demo.base + path, json=body, headers=headers, timeout=30)
    assert answer.is_success, f"{block.where}: {answer.status_code} {answer.text}"


_ACL = "(SELECT array_agg(a.grantee::regrole::text || a.privilege_type ORDER BY 1) FROM aclexplode({}) a "
_ACL += "WHERE a.grantee::regrole::text NOT IN ('postgres', 'infra24_owner'))"
_RIGHTS = (
    f"SELECT relname, relrowsecurity, relforcerowsecurity, {_ACL.format('relacl')} FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')",
    "SELECT tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies",
    f"SELECT attrelid::regclass::text, attname, {_ACL.format('attacl')} FROM pg_attribute "
    "WHERE attacl IS NOT NULL AND attrelid >= 16384",
    f"SELECT oid::regprocedure::text, prosecdef, proconfig::text, {_ACL.format('proacl')} FROM pg_proc "
    "WHERE pronamespace = 'public'::regnamespace "
    "AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')",
    "SELECT r.rolname, m.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid "
    "JOIN pg_roles m ON m.oid = a.member WHERE m.rolname IN ('infra24_app', 'infra24_sweep')",
    "SELECT has_database_privilege('infra24_app', current_database(), 'TEMP')",
    "SELECT has_database_privilege('public', current_database(), 'CONNECT')",
    "SELECT conname, convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
    "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal",
)
"""Not the owner's own rights: there the two servers' owners differ."""


def _rights(url: str) -> list[list[Any]]:
    """Who may do what in a database, and what it forbids everyone."""
    with psycopg.connect(url) as connection:
        queries = [_roles(url).written_into(query) for query in _RIGHTS]
        return [sorted(connection.execute(query.encode()).fetchall(), key=str) for query in queries]


def _roles(url: str) -> Roles:
    return Roles.of(str(conninfo_to_dict(url)["dbname"]))
