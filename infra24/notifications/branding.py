"""Whose e-mail it is: an organization's name, colour and logo."""

from infra24.mail import Brand, ComposeContext
from infra24.organizations import Organization

_IN_EMAIL = ("image/png", "image/jpeg")
"""Pictures that every mail program shows."""


def brand_of(context: ComposeContext, here: Organization) -> Brand:
    """The brand of an organization. Its logo is fetched from its own pages when the e-mail is opened."""
    logo = f"{context.base_url}/{here.slug}/logo" if here.logo_type in _IN_EMAIL else ""
    return Brand(here.name, here.seed, logo)
