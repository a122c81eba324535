"""Every two options of an offer go together, or are refused with a sentence; docs/feature-pairs.md says which."""

import asyncio
from collections.abc import Callable, Iterator, Sequence

import psycopg
import pytest

from infra24.app import compose
from infra24.auth.tokens import Tokens
from infra24.settings import Settings
from tests.serving import NOW, Clock
from tools.feature_pairs import (
    NOTHING,
    OPTIONS,
    PAIRS,
    PUBLISHED,
    WORKS,
    Lab,
    Option,
    hasten,
    published,
    render,
)

GROUPS = 12
"""Classes, so that workers share them."""

Try = Callable[[Sequence[Option]], str]


@pytest.fixture(scope="session")
def pairs_url(make_database: Callable[[], str]) -> str:
    """A database of this worker for pairs alone, in which commits need not reach the disk."""
    url = make_database()
    with psycopg.connect(url, autocommit=True) as owner:
        hasten(owner)
    return url


@pytest.fixture(scope="class")
def found(pairs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Try]:
    """What comes of a pair."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("pairs"), secret="a secret of the tests, long enough"
    )
    database, _ = compose(settings, pairs_url, Clock(NOW))
    with asyncio.Runner() as runner, psycopg.connect(pairs_url, autocommit=True) as owner:
        runner.run(database.open())
        lab = Lab(database, owner, Tokens(settings.keyring()))
        try:
            yield lambda pair: runner.run(lab.found(pair))
        finally:
            runner.run(database.close())


class TestAlone:
    @pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
    def test_an_option_holds_what_it_promises_by_itself(self, found: Try, option: Option) -> None:
        assert found([option, NOTHING]) == WORKS


def _group(number: int) -> type:
    pairs = PAIRS[number::GROUPS]

    class Pairs:
        @pytest.mark.parametrize("pair", pairs, ids=[" × ".join(o.name for o in pair) for pair in pairs])
        def test_both_hold_or_it_is_refused_as_published(self, found: Try, pair: Sequence[Option]) -> None:
            said = found(pair)
            assert said == published().get((pair[0].name, pair[1].name)), "run python -m tools.feature_pairs"

    return Pairs


for _number in range(GROUPS):
    globals()[f"TestPairs{_number + 1}"] = _group(_number)


def test_the_published_page_has_every_pair_and_nothing_by_hand() -> None:
    said = published()
    assert [*said] == [(one.name, other.name) for one, other in PAIRS]
    assert render(said) == PUBLISHED.read_text()
