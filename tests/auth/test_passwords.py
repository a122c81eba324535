"""Passwords: which are refused, what is stored, and that no account costs as much as a wrong password."""

import asyncio
import threading
import time

import pytest

from infra24.auth import Passwords, PasswordsBusy, passwords, weakness
from infra24.auth.common_passwords import COMMON

CHEAP = {"memory_kib": 64, "rounds": 1}
ABOUT = ("ada.lovelace@analytical.example", "Ada Lovelace", "Bakehouse Art Complex", "infra24")


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("", passwords.TOO_SHORT),
        ("ninechars", passwords.TOO_SHORT),
        ("é" * 9, passwords.TOO_SHORT),
        ("x" * 1001, passwords.TOO_LONG),
        ("aaaaaaaaaaaa", passwords.TOO_COMMON),
        ("121212121212", passwords.TOO_COMMON),
        ("0123456789", passwords.TOO_COMMON),
        ("9876543210", passwords.TOO_COMMON),
        ("Qwertyuiop", passwords.TOO_COMMON),
        ("1q2w3e4r5t6y", passwords.TOO_COMMON),
        ("password2026!", passwords.TOO_COMMON),
        ("P@ssw0rd2026", passwords.TOO_COMMON),
        ("!!Liverpool1892", passwords.TOO_COMMON),
        ("monkeymonkey", passwords.TOO_COMMON),
        ("dragondragon", passwords.TOO_COMMON),
        ("correcthorsebatterystaple", passwords.TOO_COMMON),
        ("ada.lovelace@analytical.example", passwords.TOO_CLOSE),
        ("AdaLovelace1", passwords.TOO_CLOSE),
        ("lovelace-2026", passwords.TOO_CLOSE),
        ("bakehouse2026", passwords.TOO_CLOSE),
        ("Bakehouse Art Complex!", passwords.TOO_CLOSE),
        ("infra24infra24", passwords.TOO_CLOSE),
    ],
)
def test_what_anyone_would_guess_is_refused_with_a_sentence(password: str, sentence: str) -> None:
    assert weakness(password, ABOUT) == sentence


@pytest.mark.parametrize(
    "password",
    ["plum ladder cobalt", "zXq9#vLm2w", "пятьдесят сов", "鍵鍵は安全な場所にある鍵です", "x7" + "kq0" * 300, "bakehouse under a red moon",
     "          spaces count"],
)  # fmt: skip
def test_what_is_long_and_not_guessed_is_taken(password: str) -> None:
    assert weakness(password, ABOUT) is None


def test_the_list_of_common_words_is_small() -> None:
    assert len(COMMON) <= 200


def test_a_password_is_stored_as_argon2id_and_found_again_however_it_is_typed() -> None:
    async def scenario() -> None:
        found = Passwords(**CHEAP)
        stored = await found.hash("café ladder cobalt")
        assert stored.startswith("$argon2id$")
        assert stored != await found.hash("café ladder cobalt")
        assert await found.verify("café ladder cobalt", stored)
        assert await found.verify("cafe\u0301 ladder cobalt", stored)  # as another keyboard composes it
        assert not await found.verify("cafe ladder cobalt", stored)
        assert not await found.verify("", stored)
        assert not await found.verify("\ud800", stored)
        assert not await found.verify("nobody's password", None)
        for broken in ("x", "$argon2id$v=19$m=1,t=1,p=1$AA$AA", "$2b$12$abc"):
            assert not await found.verify("nobody's password", broken)
        assert not found.outdated(stored)
        assert Passwords().outdated(stored)
        longest = "ab3" * 333 + "x"
        assert await found.verify(longest, await found.hash(longest))
        assert not await found.verify(longest + "y", await found.hash(longest + "y"))

    asyncio.run(scenario())


def test_no_account_takes_as_long_as_a_wrong_password() -> None:
    """Measured by the work, in processor time: the same hash is computed, at the same cost."""

    async def timed(found: Passwords, stored: str | None) -> float:
        best = 9.0
        for _ in range(5):
            begun = time.process_time()
            assert not await found.verify("a wrong password", stored)
            best = min(best, time.process_time() - begun)
        return best

    async def scenario() -> None:
        found = Passwords(memory_kib=8 * 1024, rounds=2)
        stored = await found.hash("plum ladder cobalt")
        wrong, nobody = await timed(found, stored), await timed(found, None)
        assert 0.5 < nobody / wrong < 2, (nobody, wrong)

    asyncio.run(scenario())


def test_few_are_hashed_at_once_and_the_loop_goes_on() -> None:
    async def scenario() -> None:
        found = Passwords(**CHEAP)
        running = most = 0
        lock, here = threading.Lock(), threading.get_ident()
        gate = threading.Event()

        def slow(*_: object) -> bool:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            assert threading.get_ident() != here
            gate.wait(5)
            with lock:
                running -= 1
            return True

        found._matches = slow  # type: ignore[method-assign, assignment]
        waiting = [asyncio.create_task(found.verify("any", "any")) for _ in range(passwords.MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(PasswordsBusy):
            await found.verify("any", "any")
        gate.set()
        assert all(await asyncio.gather(*waiting))
        assert most <= passwords.AT_ONCE

    asyncio.run(scenario())
