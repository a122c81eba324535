"""Asking other servers: in bounded time, to a bounded size, and never where an address may not lead."""

from infra24.outbound.addresses import Network, is_allowed_url, leads_inside
from infra24.outbound.client import OutboundClient
from infra24.outbound.model import (
    AddressForbidden,
    OutboundAnswer,
    OutboundRequest,
    ServerUnfit,
    ServerUnreachable,
)

__all__ = [
    "AddressForbidden",
    "Network",
    "OutboundAnswer",
    "OutboundClient",
    "OutboundRequest",
    "ServerUnfit",
    "ServerUnreachable",
    "is_allowed_url",
    "leads_inside",
]
