"""Commands about who is on an installation: organizations, their owners and keys."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import psycopg
import typer
from rich.markup import escape
from rich.table import Table

from infra24 import clock, organizations, people
from infra24.commands import owners
from infra24.commands.database import in_organization, organization_named
from infra24.commands.organization_deletion import delete_organization
from infra24.commands.terminal import bring_up_to_date, console, opened, read_settings, say
from infra24.db import Tx
from infra24.errors import Conflict

Slug = Annotated[str, typer.Argument(help="The organization.")]

keys = typer.Typer(help="List and revoke the API keys of an organization.", no_args_is_help=True)

NewSlug = Annotated[
    str, typer.Argument(help="Its slug, the name in URLs: lowercase letters, digits and hyphens.")
]
Delete = Annotated[
    bool, typer.Option("--delete", help="Delete it and all that is kept of it, after an export.")
]
ExportFile = Annotated[
    Path | None, typer.Option(help="For --delete: the file of the export; else one in the data folder.")
]


class OrganizationExists(Conflict):
    """This organization exists already. Change it on its settings page, or with a file and `infra24 apply`.
    For another key, leave out --name, --zone, --locale and --currency."""


def organization(
    slug: NewSlug,
    name: Annotated[str, typer.Option(help="Its name.")] = "",
    zone: Annotated[str, typer.Option(help="Its time zone, as IANA names it: America/New_York.")] = "",
    locale: Annotated[str, typer.Option(help="Language and territory: en_US.")] = "",
    currency: Annotated[str, typer.Option(help="Three letters: USD.")] = "",
    owner: Annotated[
        str,
        typer.Option(help="Whose account is to own it; for a new one INFRA24_OWNER_EMAIL, if that is set."),
    ] = "",
    delete: Delete = False,
    yes: Annotated[str, typer.Option(help="The slug again, with --delete, to skip the prompt.")] = "",
    to: ExportFile = None,
) -> None:
    """Create an organization, issue another API key for one, or delete one. A key is shown only once."""
    if delete:
        delete_organization(slug, yes, to)
        return
    settings = read_settings()
    email = owners.read_address(owner) if owner else None
    with opened(settings) as urls:
        bring_up_to_date(urls)
        with psycopg.connect(urls.owner, autocommit=True) as connection:
            if any((name, zone, locale, currency)) and organizations.id_of(connection, slug):
                raise OrganizationExists()
            made = organizations.create(
                connection,
                slug=slug,
                name=name or slug,
                time_zone=zone or "America/New_York",
                locale=locale or "en_US",
                currency=currency or "USD",
            )
            key = organizations.issue_key(connection, slug, "command line")
        what = "Created" if made else "Another key for"
        console.print(f"{what} [bold]{slug}[/]. Its key, shown this once:")
        console.print(key, soft_wrap=True)
        email = email or (settings.owner_email if made else None)
        if email:
            _say_owner(slug, email, owners.make_owner(settings, urls, slug, email))


def owner(
    slug: Slug,
    email: Annotated[str, typer.Argument(help="Whose account is to own it; made if there is none.")],
) -> None:
    """Make someone an owner and print a one-time sign-in link, valid for 24 hours."""
    settings = read_settings()
    with opened(settings) as urls:
        bring_up_to_date(urls)
        link = owners.make_owner(settings, urls, slug, email)
    _say_owner(slug, email, link)


@keys.command("list")
def list_keys(slug: Slug) -> None:
    """List the keys of an organization, with what each may do and when it was last used."""
    settings = read_settings()
    with opened(settings) as urls:
        found = in_organization(settings, urls, organization_named(urls, slug), people.keys.listed)
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "label", "scopes", "created by", "created", "last used", "revoked"):
        table.add_column(heading, no_wrap=heading == "id")
    for key in found:
        times = (key.created_at, key.last_used_at, key.revoked_at)
        scopes = "full access" if "*" in key.scopes else ", ".join(key.scopes)
        table.add_row(
            str(key.id),
            escape(key.label),
            scopes,
            escape(key.made_by),
            *(f"{at:%Y-%m-%d %H:%M}" if at else "" for at in times),
        )
    console.print(table if found else "There are no keys.")


@keys.command("revoke")
def revoke_key(
    slug: Slug,
    key: Annotated[str, typer.Argument(help="The id of the key, as `infra24 keys list` shows it.")],
) -> None:
    """Revoke a key: from now on it opens nothing."""
    settings = read_settings()
    try:
        key_id = UUID(key)
    except ValueError:
        raise people.keys.UnknownKey() from None

    async def revoked(tx: Tx) -> None:
        await people.keys.revoke(tx, key_id, clock.now())

    with opened(settings) as urls:
        in_organization(settings, urls, organization_named(urls, slug), revoked)
    say("Revoked.")


def _say_owner(slug: str, email: str, link: str) -> None:
    console.print(f"{email} owns [bold]{slug}[/]. One-time sign-in link, valid for 24 hours:")
    console.print(link, soft_wrap=True)
