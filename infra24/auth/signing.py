"""What signs the addresses that this installation hands out, as those who use it see it (`tokens.Tokens`)."""

from collections.abc import Callable
from typing import Protocol

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
