"""The secrets of an installation: the current one, and earlier ones under which something was made.

What is new is made under the current secret. What was made before is tried under each, so that a new secret
breaks nothing that was sent or stored; that ends when an earlier secret is taken out of the ring.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra24.errors import Invalid

SHORTEST = 32
ID_BYTES = 8


class SecretTooShort(Invalid):
    """A secret of this installation has fewer than 32 bytes. Make one with `openssl rand -hex 32` and set
    INFRA24_SECRET to it, for every process the same."""


@dataclass(frozen=True, slots=True)
class Key:
    """One secret, and the name by which sealed values call it; the name tells nothing of the secret."""

    id: bytes
    secret: bytes = field(repr=False)

    def derive(self, info: bytes, length: int, salt: bytes | None = None) -> bytes:
        """Bytes for one use of this secret."""
        return HKDF(SHA256(), length, salt, info).derive(self.secret)


class Keyring:
    """The keys of one installation. `read` gives the secrets, the current one first.

    They are read again when none of them fits: another process may have put a new one in.
    """

    def __init__(self, read: Callable[[], Sequence[bytes]]) -> None:
        self._read = read
        self.keys = _keys(read())

    @classmethod
    def of(cls, current: bytes, *earlier: bytes) -> "Keyring":
        """A ring of these secrets, which stay as they are."""
        return cls(lambda: (current, *earlier))

    @property
    def current(self) -> Key:
        """What is new is made under this one."""
        return self.keys[0]

    def candidates(self) -> Iterator[Key]:
        """The keys to try, current one first; after all of them those that were put in meanwhile."""
        known = self.keys
        yield from known
        with suppress(OSError, SecretTooShort):  # half written: the next who asks reads it
            self.keys = _keys(self._read())
        yield from (key for key in self.keys if key not in known)


def _keys(secrets: Sequence[bytes]) -> tuple[Key, ...]:
    if not secrets or any(len(secret) < SHORTEST for secret in secrets):
        raise SecretTooShort()
    named = (Key(HKDF(SHA256(), ID_BYTES, None, b"infra24 key id").derive(one), one) for one in secrets)
    return tuple(dict.fromkeys(named))
