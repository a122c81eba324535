"""Which function composes which e-mail of an account, on one page."""

from infra24.mail import Composers
from infra24.people import emails

COMPOSERS: Composers = emails.COMPOSERS
"""A kind, once used, stays: waiting jobs refer to it."""
