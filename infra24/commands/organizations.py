"""Commands about who is on an installation: organizations, their owners and keys."""

from typing import Annotated

import psycopg
import typer

from infra24 import organizations, owning
from infra24.commands.terminal import bring_up_to_date, console, opened, read_settings


def organization(
    slug: Annotated[str, typer.Argument(help="Its name in addresses: small letters, digits, hyphens.")],
    name: Annotated[str, typer.Option(help="Its name.")] = "",
    zone: Annotated[str, typer.Option(help="Its time zone, as IANA names it.")] = "America/New_York",
    locale: Annotated[str, typer.Option(help="Language and territory.")] = "en_US",
    currency: Annotated[str, typer.Option(help="Three letters.")] = "USD",
) -> None:
    """Found an organization, or give an existing one another key. The key is shown this once."""
    with opened(read_settings()) as urls:
        bring_up_to_date(urls)
        with psycopg.connect(urls.owner, autocommit=True) as owner:
            made = organizations.found(
                owner,
                slug=slug,
                name=name or slug,
                time_zone=zone,
                locale=locale,
                currency=currency,
            )
            key = organizations.give_key(owner, slug, "command line")
    console.print(f"{'Founded' if made else 'Another key for'} [bold]{slug}[/]. Its key, shown this once:")
    console.print(key, soft_wrap=True)


def owner(
    slug: Annotated[str, typer.Argument(help="The organization.")],
    email: Annotated[str, typer.Argument(help="Whose account is to own it; made if there is none.")],
) -> None:
    """Make someone an owner, and print the address that signs them in, once, within a day."""
    settings = read_settings()
    with opened(settings) as urls:
        bring_up_to_date(urls)
        link = owning.make_owner(settings, urls, slug, email)
    console.print(f"{email} owns [bold]{slug}[/]. This address signs in once, within a day:")
    console.print(link, soft_wrap=True)
