"""Where a provider reports to: an address for each connection, which carries whose it is and a proof.

An organization's provider reports what came of its messages and what people answered. One address for all
could not tell whose secret proves a report.
"""

from uuid import UUID

from infra24.auth import Sign, Signer, ids_of, signed_ids
from infra24.senders.model import Provider

_PURPOSE = "provider reports"


def report_url(base_url: str, sign: Sign, provider: Provider, org_id: UUID, connection_id: UUID) -> str:
    """The address to enter at the provider."""
    return f"{base_url}/api/webhooks/{provider}/{signed_ids(sign, _PURPOSE, org_id, connection_id)}"


def reported_by(signer: Signer, token: str) -> tuple[UUID, UUID] | None:
    """The organization and the connection that an address is of; None where it was not made here."""
    return ids_of(signer, _PURPOSE, token)
