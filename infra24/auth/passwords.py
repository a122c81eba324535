"""Passwords: argon2id, few at a time, the same work with and without an account; and which are too weak.

The shortest is 10 characters. NIST SP 800-63B-4 asks for 15 where a password is all there is, and for 8
beside a second factor. Here attempts are limited and locked out, staff can have a second factor, and the many
who book twice a year would meet 15 with a password that they already use elsewhere. There is no rule about
digits or capitals: length, and not being what anyone would guess, are what counts.
"""

import asyncio
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from infra24.auth.common_passwords import COMMON, ROWS
from infra24.auth.model import PasswordsBusy
from infra24.errors import Message

T = TypeVar("T")

SHORTEST = 10
LONGEST = 1000

TOO_SHORT = Message("Use at least 10 characters. Three or four unrelated words are easy to remember.")
TOO_LONG = Message("Use at most 1,000 characters.")
TOO_COMMON = Message("This password is too common. Use several unrelated words.")
TOO_CLOSE = Message("This is too close to your name, your address or this site. Use something else.")

MEMORY_KIB = 46 * 1024
ROUNDS = 2
AT_ONCE = 2
MOST_WAITING = 64


class Passwords:
    """Hashes and checks passwords. `memory_kib` and `rounds` are what one check costs; tests take less."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, rounds: int = ROUNDS) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1)
        self._nobody = _of_nobody(memory_kib, rounds)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """What to store of a password; refuses when too many wait."""
        return await self._in_turn(self._hasher.hash, _bytes(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether it is the password that was stored; None stands for no account, and takes as long."""
        good = await self._in_turn(self._matches, stored or self._nobody, _bytes(password[: LONGEST + 1]))
        return good and stored is not None and len(password) <= LONGEST

    def outdated(self, stored: str) -> bool:
        """Whether to hash anew at the next sign-in, because hashes have become costlier."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_turn(self, work: Callable[..., T], *args: str | bytes) -> T:
        if self._waiting >= MOST_WAITING:
            raise PasswordsBusy
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work, *args)
        finally:
            self._waiting -= 1


def weakness(password: str, about: Iterable[str] = ()) -> Message | None:
    """Why a new password is not taken, as a sentence, or None.

    `about` is what others know: the address, the person's name, the organization's, the site's.
    """
    if len(password) > LONGEST:
        return TOO_LONG
    typed = _normal(password)
    if len(typed) < SHORTEST:
        return TOO_SHORT
    plain = typed.casefold()
    if _is_common(plain):
        return TOO_COMMON
    return TOO_CLOSE if _is_close(plain, about) else None


def _is_common(plain: str) -> bool:
    """One of the list, whatever is around it or written for its letters; few letters; or a row of keys."""
    bare = plain.strip("0123456789!?.,*#-_ ")
    if {plain, bare, bare.translate(_WRITTEN_FOR)} & COMMON or len(set(plain)) < 4:
        return True
    half = plain[: len(plain) // 2]
    if len(plain) % 2 == 0 and half * 2 == plain and (half in COMMON or len(half) < 6):
        return True
    return any(plain in row or plain in row[::-1] for row in ROWS)


def _is_close(plain: str, about: Iterable[str]) -> bool:
    """Little is left once the words that others know are taken out."""
    for text in about:
        known = _normal(text).casefold()
        words = {known, *known.replace("@", " ").replace(".", " ").replace("-", " ").split()}
        for word in sorted(words, key=len, reverse=True):
            if len(word) >= 4:
                plain = plain.replace(word, "")
    return len(plain) < 6


_WRITTEN_FOR = str.maketrans("@4301$57", "aaeoisst")


def _normal(text: str) -> str:
    """The same characters however a keyboard composes them (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")


@lru_cache
def _of_nobody(memory_kib: int, rounds: int) -> str:
    return PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1).hash("nobody's password")
