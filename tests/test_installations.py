"""Two installations on one PostgreSQL server, and owners who may do less than everything."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra24 import migrations
from infra24.doctor import examine
from infra24.migrations import MadeByAnotherVersion, NamedOtherwise, RolesNeeded, RolesOfOthers
from infra24.roles import Roles
from infra24.server import Urls
from infra24.settings import Settings
from tests.conftest import opened
from tests.factories import drafts, found_shop
from tests.serving import Clock

Url = Callable[[str], str]


@contextmanager
def owned(server_url: Url, *attributes: str) -> Iterator[str]:
    """The address of an empty database for an owner who is no superuser and has these attributes."""
    name = f"t{uuid4().hex[:12]}"
    with psycopg.connect(server_url("postgres"), autocommit=True) as root:
        root.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret' {' '.join(attributes)}")
        root.execute(f"CREATE DATABASE {name} OWNER {name}")
        try:
            yield make_conninfo(server_url(name), user=name, password="secret")
        finally:
            root.execute(f"DROP DATABASE {name} WITH (FORCE)")
            for role in (*Roles.of(name), name):
                root.execute(f"DROP ROLE IF EXISTS {role}")


def serves(settings: Settings, url: str, clock: Clock) -> None:
    """An organization is founded and furnished there, and its accounts and sweeps can be reached."""
    shop = found_shop(url, settings, clock, drafts())

    async def look() -> None:
        async with opened(settings, url, clock) as database:
            async with database.transaction(shop.org_id) as tx:
                assert await tx.row("SELECT current_user::text") == (Roles.of(_name(url)).app,)
            async with database.accounts() as tx:
                assert await tx.rows("SELECT id FROM users") == []
            assert await database.sweep("a test", "SELECT org_id FROM bookings") == []

    asyncio.run(look())


def _name(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


def test_each_database_has_roles_of_its_own_and_the_plain_name_has_the_plain_ones() -> None:
    assert list(Roles.of("infra24")) == ["infra24_app", "infra24_sweep", "infra24_accounts"]
    names = ["booking", "Booking", "infra24_booking", "it's", "x" * 60, "x" * 61]
    made = [role for name in names for role in Roles.of(name)]
    assert len(set(made)) == len(made)
    assert all(len(role) <= 63 and role.replace("_", "").isalnum() for role in made)


def test_the_application_of_one_installation_cannot_enter_another_on_the_same_server(
    make_database: Callable[[], str], settings: Settings, clock: Clock
) -> None:
    ours, theirs = make_database(), make_database()
    serves(settings, ours, clock)
    app = Roles.of(_name(ours)).app
    with psycopg.connect(make_conninfo(ours, user=app)) as own:  # the control: it enters its own
        assert own.info.user == app
    for role in Roles.of(_name(ours)):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(make_conninfo(theirs, user=role))
    for role in Roles.of(_name(theirs)):
        with psycopg.connect(ours, autocommit=True) as root:
            root.execute(f"SET SESSION AUTHORIZATION {app}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                root.execute(f"SET ROLE {role}")


def test_an_owner_who_is_no_superuser_migrates_and_serves(
    server_url: Url, settings: Settings, clock: Clock
) -> None:
    with owned(server_url, "CREATEROLE") as url:
        migrations.migrate(url)
        serves(settings, url, clock)
        assert migrations.migrate(url) == []
        assert migrations.migrate(server_url(_name(url))) == [], "an administrator may run it too"


def test_an_owner_who_may_create_no_roles_is_told_the_sql_that_makes_them_and_then_migrates(
    server_url: Url, settings: Settings, clock: Clock
) -> None:
    with owned(server_url) as url:
        with pytest.raises(RolesNeeded) as needed:
            migrations.migrate(url)
        assert f"CREATE ROLE {Roles.of(_name(url)).app}" in needed.value.message.replace('"', "")
        with psycopg.connect(server_url(_name(url)), autocommit=True) as administrator:
            for statement in needed.value.statements:
                administrator.execute(statement.encode())
        migrations.migrate(url)
        serves(settings, url, clock)


@pytest.mark.parametrize("attributes", [("CREATEROLE",), ()], ids=["creates roles", "is given roles"])
def test_roles_that_someone_else_made_beforehand_are_refused_unless_they_may_become_the_owner(
    server_url: Url, settings: Settings, clock: Clock, attributes: tuple[str, ...]
) -> None:
    with owned(server_url, *attributes) as url, owned(server_url, "CREATEROLE") as other:
        app, name, maker = Roles.of(_name(url)).app, _name(url), _name(other)
        with psycopg.connect(other, autocommit=True) as squatter:
            if squatter.info.server_version < 160_000:
                pytest.skip("before PostgreSQL 16 whoever has CREATEROLE may use every role")
            squatter.execute(f"CREATE ROLE {app} LOGIN NOINHERIT PASSWORD 'theirs'")
        for migrate in (migrations.migrate, migrations.make_roles):
            with pytest.raises(RolesOfOthers, match=f"{app} by {maker}"):
                migrate(url)
        with psycopg.connect(server_url(name), autocommit=True) as administrator:
            with pytest.raises(RolesOfOthers):
                migrations.migrate(server_url(name))
            administrator.execute(f"GRANT {name} TO {maker} WITH ADMIN OPTION")
        with psycopg.connect(url, autocommit=True) as owner:
            assert migrations.others_with_roles(owner) == []


def test_doctor_says_who_else_can_use_the_roles(server_url: Url, settings: Settings) -> None:
    with owned(server_url, "CREATEROLE") as url, owned(server_url) as other:
        migrations.migrate(url)
        app, maker = Roles.of(_name(url)).app, _name(other)
        with psycopg.connect(url, autocommit=True) as owner:
            if owner.info.server_version < 160_000:
                pytest.skip("before PostgreSQL 16 whoever has CREATEROLE may use every role")
            owner.execute(f"GRANT {app} TO {maker} WITH ADMIN OPTION")
        found = next(one for one in examine(settings, Urls(url, url)) if one.part == "Tenancy")
        assert (found.well, found.seen) == (False, f"{app} can be used by {maker}")


def test_doctor_before_the_first_migration_says_to_migrate(server_url: Url, settings: Settings) -> None:
    with owned(server_url, "CREATEROLE") as url:
        ill = [one for one in examine(settings, Urls(url, url)) if not one.well]
        of_schema = [one for one in ill if one.part in ("Schema", "Tenancy", "Functions", "Audit", "Jobs")]
        assert {one.advice for one in of_schema} == {"infra24 migrate"}
        assert len(of_schema) == 5


def test_before_postgresql_16_membership_has_no_options() -> None:
    assert migrations.grant("a", "b", 150_012).as_string(None) == 'GRANT "a" TO "b"'
    assert migrations.grant("a", "b", 160_000).as_string(None) == 'GRANT "a" TO "b" WITH SET TRUE'


def test_a_copy_under_another_name_is_refused_and_says_whose_rights_it_has(
    make_database: Callable[[], str], server_url: Url
) -> None:
    original = make_database()
    name = f"t{uuid4().hex[:12]}"
    with psycopg.connect(server_url("postgres"), autocommit=True) as root:
        root.execute(f"CREATE DATABASE {name} TEMPLATE {_name(original)}")
        try:
            with pytest.raises(NamedOtherwise, match=f"it was created as {_name(original)}"):
                migrations.migrate(server_url(name))
            made = root.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (Roles.of(name).app,))
            assert made.fetchone() is None, "nothing was changed"
        finally:
            root.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_of_another_version_is_refused_and_says_what_to_do(
    make_database: Callable[[], str],
) -> None:
    url = make_database()
    with psycopg.connect(url) as owner:
        owner.execute("INSERT INTO migrations (name) VALUES ('0001_foundation')")
    with pytest.raises(MadeByAnotherVersion, match="does not know 0001_foundation.*restore a backup"):
        migrations.migrate(url)
