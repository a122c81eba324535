"""What signs the addresses that this installation hands out, as those who use it see it (`tokens.Tokens`)."""

import base64
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

_PROOF = 16

Sign = Callable[[str, bytes], bytes]
"""The signature of a message, for one purpose, under the installation's secret."""


class Signer(Protocol):
    """Makes such signatures, and knows its own."""

    def sign(self, purpose: str, message: bytes) -> bytes:
        """The signature of a message, for one purpose."""
        ...

    def is_signed(self, purpose: str, message: bytes, proof: bytes) -> bool:
        """Whether a signature was made here, under this secret or an earlier one."""
        ...


def signed_ids(sign: Sign, purpose: str, org_id: UUID, id_: UUID) -> str:
    """A token for an address: an organization, something of it, and the proof that it was made here."""
    ids = org_id.bytes + id_.bytes
    return base64.urlsafe_b64encode(ids + sign(purpose, ids)[:_PROOF]).decode()


def ids_of(signer: Signer, purpose: str, token: str) -> tuple[UUID, UUID] | None:
    """The ids that a token carries; None where it was not made here for this purpose."""
    try:
        raw = base64.urlsafe_b64decode(token)
    except ValueError:
        return None
    if len(raw) != 32 + _PROOF or not signer.is_signed(purpose, raw[:32], raw[32:]):
        return None
    return UUID(bytes=raw[:16]), UUID(bytes=raw[16:32])
