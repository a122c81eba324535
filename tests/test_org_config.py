"""An organization as a file: planned, applied, shown, refused by line; the demo organizations are such files."""

import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from infra24 import org_config
from infra24.demo.loading import DEMOS, FOLDER
from tests.terminal import Said, Terminal
from tests.test_commands import infra24 as in_a_process

Infra24 = Callable[..., Said]


@pytest.fixture(scope="module")
def demo_url(make_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the demo organizations."""
    url = make_database()
    first = in_a_process(tmp_path_factory.mktemp("described"), "demo", DATABASE_URL=url)
    assert first.returncode == 0, first.stderr
    return url


@pytest.fixture
def infra24(terminal: Terminal, demo_url: str) -> Infra24:
    """Types a command about the demo organizations."""
    return lambda *words: terminal(*words, DATABASE_URL=demo_url)


@pytest.mark.parametrize("demo", DEMOS)
def test_a_demo_is_its_file_and_what_is_shown_makes_it_again(
    infra24: Infra24, tmp_path: Path, demo: str
) -> None:
    file = FOLDER / f"{demo}.yaml"
    assert "Nothing to change." in infra24("apply", str(file), "--plan").out
    shown = infra24("show", demo).out
    again = tmp_path / "again.yaml"
    again.write_text(shown)
    assert "Nothing to change." in infra24("apply", str(again), "--plan").out
    again.write_text(shown.replace(f"organization: {demo}", "organization: a-copy"))
    made = infra24("apply", str(again), "--yes")
    assert made.code == 0, made.out + made.err
    assert infra24("show", "a-copy").out == again.read_text()
    assert infra24("organization", "a-copy", "--delete", "--yes", "a-copy").code == 0


def test_the_plan_is_printed_and_a_no_changes_nothing(infra24: Infra24, tmp_path: Path) -> None:
    file = tmp_path / "oolite.yaml"
    text = (FOLDER / "oolite.yaml").read_text()
    file.write_text(text.replace("capacity: 4", "capacity: 5").replace("name: Oolite Arts", "name: Oolite"))
    planned = infra24("apply", str(file), "--plan").out
    assert "~ organization: name" in planned
    assert "~ equipment Ink stations: capacity" in planned
    assert "capacity: 4" in infra24("show", "oolite").out
    done = infra24("apply", str(file), "--yes")
    assert "Done." in done.out
    shown = infra24("show", "oolite").out
    assert "capacity: 5" in shown
    assert "name: Oolite\n" in shown
    infra24("apply", str(FOLDER / "oolite.yaml"), "--yes")


@pytest.mark.parametrize(("change", "line", "said"), [
    (("units: 2", "units: 9"), "units: 9", "is more than Ink stations has (4)"),
    (("start: '10:00', end: '18:00'", "start: '19:00', end: '18:00'"), "'19:00', end: '18:00'", "is not after the start"),
    (("zone: America/New_York", "zone: America/Miami"), "zone: America/Miami", "is not a time zone"),
    (("countries: [US-FL]", "countries: [US-XX]"), "countries: [US-XX]", "has no part 'XX'"),
    (("kind: individual", "kind: solo"), "kind: solo", "must be one of individual"),
    (("  price: 9000", "  prise: 9000"), "prise: 9000", "is not a known key"),
    (("capacity: 4", "capacity: two"), "capacity: two", "must be a whole number"),
    (("tags: [printmaking, portfolio review]", "tags: printing"), "tags: printing", "must be a list"),
    (("seed: '#0b6e6e'", "seed: teal"), "seed: teal", "must be a colour"),
    (("name: Christmas Eve", "nam: Eve"), "nam: Eve", "is missing"),
    (("slug: carla", "slug: print-with-us"), "slug: print-with-us", "appears more than once"),
    (("capacity: 4", "capacity: *four"), "capacity: *four", "has an alias"),
    (("locale: en_US", "locale: [en_US"), "currency", "expected ',' or ']'"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_line_and_nothing_changes(
    infra24: Infra24, tmp_path: Path, change: tuple[str, str], line: str, said: str
) -> None:
    file = tmp_path / "wrong.yaml"
    for slug in ("oolite", "brand-new"):
        text = (FOLDER / "oolite.yaml").read_text().replace("organization: oolite", f"organization: {slug}")
        file.write_text(text.replace(*change, 1))
        before = infra24("show", slug).out
        answer = infra24("apply", str(file), "--yes")
        assert answer.code == 2, answer.out
        number = max(n for n, written in enumerate(file.read_text().splitlines(), start=1) if line in written)
        where = re.search(r"wrong\.yaml:(\d+): ", answer.err.replace("\n", " "))
        assert where, answer.err
        assert abs(int(where[1]) - number) <= 1, answer.err
        assert said in " ".join(answer.err.split()), answer.err
        assert infra24("show", slug).out == before, "nothing was changed"


def test_the_ledger_of_a_demo_holds_and_other_weights_are_tried(infra24: Infra24) -> None:
    said = infra24("fairness", "bakehouse", "wheel-throwing", "--weights", "sam@bacfl.org=300").out
    assert "lines verified" in said
    assert "would have had" in said
    assert "Sam Whitfield" in said
    wrong = infra24("fairness", "bakehouse", "wheel-throwing", "--weights", "nobody=3")
    assert wrong.code == 2


def test_no_demo_booking_is_moved_by_law(infra24: Infra24) -> None:
    assert "No booking to come is affected." in infra24("zones", "oolite").out


@pytest.mark.parametrize(("text", "said"), [
    ("[" * 100_000, "goes deeper than 50 levels"),
    ("- " * 200_000, "goes deeper than 50 levels"),
    ("a: &a [x]\nb: *a\n", "has an alias"),
    ("#" * 600_000, "is longer than 500,000"),
    (f"? {'k' * 240_000}\n: x\n", "k…: is longer than 200 characters"),
    ("a: \xff", "is not written in UTF-8"),
])  # fmt: skip
def test_a_file_that_would_keep_a_reader_busy_is_refused_in_words(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "hostile.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(org_config.ConfigError, match=said):
        org_config.read_file(file)


def test_many_parts_deep_inside_long_keys_cost_little_memory() -> None:
    keys = "".join(f"{' ' * depth}{'k' * 190}{depth}:\n" for depth in range(40))
    text = keys + "".join(f"{' ' * 40}- 1\n" for _ in range(9_000))
    tracemalloc.start()
    try:
        org_config.read(text)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000, "paths of 8,000 characters would be 72 MB"
    finally:
        tracemalloc.stop()


def test_the_line_of_a_part_is_found_also_where_a_key_has_dots() -> None:
    document = org_config.read("a:\n  b.c:\n    - x\n    - d: 1\n      e: 2\nf: 3")
    lines = {path: document.line_of(path) for path in ("", "a", "a.b.c", "a.b.c[1]", "a.b.c[1].e", "f", "g")}
    assert lines == {"": 1, "a": 1, "a.b.c": 2, "a.b.c[1]": 4, "a.b.c[1].e": 5, "f": 6, "g": 1}
    assert document.line_of("a.b.c[7].x") == 2
    assert document.line_of("a.nothing.here") == 1


def test_a_file_that_opens_and_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError) as unreadable:
        org_config.read_file(Path("/proc/self/mem"))
    assert unreadable.value.filename == "/proc/self/mem"


def test_a_number_that_nobody_counts_to_is_no_number() -> None:
    content = org_config.read(f"a: {'9' * 6_000}\nb: 12\nc: '12'\nd: 1.5").content
    assert content == {"a": "9" * 6_000, "b": 12, "c": "12", "d": 1.5}
