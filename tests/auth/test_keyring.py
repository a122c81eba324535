"""A new secret for an installation: what was made under the former ones opens until they are taken away."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from infra24.auth import DecryptionFailed, Keyring, SecretBox, SecretTooShort, totp
from infra24.auth.tokens import Tokens

NOW = datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC)
OLD, NEW = b"a secret of the tests, long enough", b"a newer secret of the tests, long enough"
BEFORE, AFTER, RETIRED = Keyring.of(OLD), Keyring.of(NEW, OLD), Keyring.of(NEW)
ORG, BOOKING = UUID(int=1), UUID(int=2)


def test_a_secret_under_32_bytes_is_refused_wherever_it_stands() -> None:
    for ring in ((b"x" * 31,), (NEW, b"x" * 31), ("é" * 15).encode()):
        with pytest.raises(SecretTooShort):
            Keyring.of(*ring) if isinstance(ring, tuple) else Keyring.of(ring)
    assert Keyring.of(b"x" * 32).current.secret == b"x" * 32


def test_what_an_earlier_secret_sealed_opens_until_it_is_retired() -> None:
    sealed = SecretBox(BEFORE).seal(b"JBSWY3DP", "totp", b"ada")
    assert SecretBox(AFTER).unseal(sealed, "totp", b"ada") == b"JBSWY3DP"
    with pytest.raises(DecryptionFailed):
        SecretBox(RETIRED).unseal(sealed, "totp", b"ada")
    anew = SecretBox(AFTER).seal_anew(sealed, "totp", b"ada")
    assert SecretBox(RETIRED).unseal(anew, "totp", b"ada") == b"JBSWY3DP"
    assert anew.startswith(SecretBox(AFTER).mark)
    assert not sealed.startswith(SecretBox(AFTER).mark)
    text = SecretBox(BEFORE).sign({"n": 1}, "sign-in", NOW, timedelta(minutes=10))
    assert SecretBox(AFTER).open(text, "sign-in", NOW) == {"n": 1}


def test_seals_from_before_there_were_names_still_open() -> None:
    sealed = bytes.fromhex(
        "016157917117667a0745952460709e278ad1e19a7959780ace11e9813580b95f2daa54ef42e1471b47"
    )
    assert SecretBox(AFTER).unseal(sealed, "totp", b"ada") == b"JBSWY3DP"
    with pytest.raises(DecryptionFailed):
        SecretBox(RETIRED).unseal(sealed, "totp", b"ada")


def test_a_recovery_code_is_found_under_the_secret_that_it_was_stored_under() -> None:
    stored = totp.recovery_digest("abcd-efgh", b"ada", SecretBox(BEFORE))
    assert stored in totp.recovery_digests("ABCD efgh", b"ada", SecretBox(AFTER))
    assert stored not in totp.recovery_digests("abcd-efgh", b"ada", SecretBox(RETIRED))


def test_tokens_and_links_of_an_earlier_secret_are_proved_and_new_ones_derive_from_the_current() -> None:
    token = Tokens(BEFORE).of(ORG, BOOKING)
    assert len(token) == 64
    assert Tokens(AFTER).booking_of(token) == BOOKING
    assert Tokens(AFTER).of(ORG, BOOKING) == Tokens(RETIRED).of(ORG, BOOKING) != token
    assert Tokens(RETIRED).booking_of(token) is None
    proof = Tokens(BEFORE).sign("link", b"of ada")
    assert Tokens(AFTER).is_signed("link", b"of ada", proof)
    assert Tokens(AFTER).is_signed("link", b"of ada", proof[:16])
    for wrong in (proof[:15], b"", proof + b"\0", bytes(32)):
        assert not Tokens(AFTER).is_signed("link", b"of ada", wrong)
    assert not Tokens(AFTER).is_signed("feed", b"of ada", proof)


def test_a_token_opens_only_the_booking_and_the_organization_that_it_names() -> None:
    token = Tokens(BEFORE).of(ORG, BOOKING)
    for other in (Tokens(BEFORE).of(UUID(int=3), BOOKING), Tokens(BEFORE).of(ORG, UUID(int=3))):
        assert Tokens(BEFORE).booking_of(other[:43] + token[43:]) is None
    for odd in ("", "x", token + "A", token[:-1], "é" * 64):
        assert Tokens(BEFORE).booking_of(odd) is None


def test_a_secret_that_another_process_put_first_is_read_when_it_is_needed() -> None:
    kept = [OLD]
    running = Keyring(lambda: kept)
    kept.insert(0, NEW)
    assert running.current.secret == OLD
    sealed = SecretBox(AFTER).seal(b"JBSWY3DP", "totp")
    assert SecretBox(running).unseal(sealed, "totp") == b"JBSWY3DP"
    assert running.current.secret == NEW
    kept.insert(0, b"half")
    assert Tokens(running).booking_of("x" * 64) is None, "what is half written is left alone"
