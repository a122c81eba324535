"""An organization as a file: planned, applied, shown, refused by line; the demo organizations are such files."""

import re
from pathlib import Path

import pytest

from infra24 import descriptions
from infra24.demo.loading import DEMOS, FOLDER
from tests.test_commands import infra24


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("described")
    first = infra24(folder, "demo")
    assert first.returncode == 0, first.stderr
    return folder


@pytest.mark.parametrize("demo", DEMOS)
def test_a_demo_is_its_file_and_what_is_shown_makes_it_again(data: Path, tmp_path: Path, demo: str) -> None:
    file = FOLDER / f"{demo}.yaml"
    assert "Nothing to change." in infra24(data, "apply", str(file), "--plan").stdout
    shown = infra24(data, "show", demo).stdout
    again = tmp_path / "again.yaml"
    again.write_text(shown)
    assert "Nothing to change." in infra24(data, "apply", str(again), "--plan").stdout
    again.write_text(shown.replace(f"organization: {demo}", "organization: a-copy"))
    made = infra24(data, "apply", str(again), "--yes")
    assert made.returncode == 0, made.stdout + made.stderr
    assert infra24(data, "show", "a-copy").stdout == again.read_text()
    _forget(data, "a-copy")


def _forget(data: Path, slug: str) -> None:
    import psycopg

    from infra24.embedded import EmbeddedServer

    with EmbeddedServer(data) as server, psycopg.connect(server.url, autocommit=True) as owner:
        for table in ("resource_hosts", "resources", "organizations"):
            owner.execute(
                f"DELETE FROM {table} WHERE {'slug = %s' if table == 'organizations' else 'org_id = (SELECT id FROM organizations WHERE slug = %s)'}",
                (slug,),
            )


def test_the_plan_is_printed_and_a_no_changes_nothing(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "oolite.yaml"
    text = (FOLDER / "oolite.yaml").read_text()
    file.write_text(text.replace("capacity: 4", "capacity: 5").replace("name: Oolite Arts", "name: Oolite"))
    planned = infra24(data, "apply", str(file), "--plan").stdout
    assert "~ organization: name" in planned
    assert "~ equipment Ink stations: capacity" in planned
    assert "capacity: 4" in infra24(data, "show", "oolite").stdout
    done = infra24(data, "apply", str(file), "--yes")
    assert "Done." in done.stdout
    shown = infra24(data, "show", "oolite").stdout
    assert "capacity: 5" in shown
    assert "name: Oolite\n" in shown
    infra24(data, "apply", str(FOLDER / "oolite.yaml"), "--yes")


@pytest.mark.parametrize(("change", "line", "said"), [
    (("units: 2", "units: 9"), "units: 9", "Ink stations has 4"),
    (("start: '10:00', end: '18:00'", "start: '19:00', end: '18:00'"), "'19:00', end: '18:00'", "is not after the start"),
    (("zone: America/New_York", "zone: America/Miami"), "zone: America/Miami", "is not a time zone"),
    (("countries: [US-FL]", "countries: [US-XX]"), "countries: [US-XX]", "has no part 'XX'"),
    (("kind: individual", "kind: solo"), "kind: solo", "is one of individual"),
    (("  price: 9000", "  prise: 9000"), "prise: 9000", "is not a known key"),
    (("capacity: 4", "capacity: two"), "capacity: two", "must be a whole number"),
    (("tags: [printmaking, portfolio review]", "tags: printing"), "tags: printing", "must be a list"),
    (("seed: '#0b6e6e'", "seed: teal"), "seed: teal", "is a colour"),
    (("name: Christmas Eve", "nam: Eve"), "nam: Eve", "is missing"),
    (("slug: carla", "slug: print-with-us"), "slug: print-with-us", "is there twice"),
    (("capacity: 4", "capacity: *four"), "capacity: *four", "has an alias"),
    (("locale: en_US", "locale: [en_US"), "currency", "expected ',' or ']'"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_line_and_nothing_changes(
    data: Path, tmp_path: Path, change: tuple[str, str], line: str, said: str
) -> None:
    file = tmp_path / "wrong.yaml"
    for slug in ("oolite", "brand-new"):
        text = (FOLDER / "oolite.yaml").read_text().replace("organization: oolite", f"organization: {slug}")
        file.write_text(text.replace(*change, 1))
        before = infra24(data, "show", slug).stdout
        answer = infra24(data, "apply", str(file), "--yes")
        assert answer.returncode == 1, answer.stdout
        number = max(n for n, written in enumerate(file.read_text().splitlines(), start=1) if line in written)
        where = re.search(r"wrong\.yaml:(\d+): ", answer.stdout.replace("\n", " "))
        assert where, answer.stdout
        assert abs(int(where[1]) - number) <= 1, answer.stdout
        assert said in " ".join(answer.stdout.split()), answer.stdout
        assert infra24(data, "show", slug).stdout == before, "nothing was changed"


def test_the_ledger_of_a_demo_holds_and_other_weights_are_tried(data: Path) -> None:
    said = infra24(data, "fairness", "bakehouse", "wheel-throwing", "--weights", "sam@bacfl.org=300").stdout
    assert "and they hold" in said
    assert "would have had" in said
    assert "Sam Whitfield" in said
    wrong = infra24(data, "fairness", "bakehouse", "wheel-throwing", "--weights", "nobody=3")
    assert wrong.returncode == 1


def test_no_demo_booking_is_moved_by_law(data: Path) -> None:
    assert "No booking to come is affected." in infra24(data, "zones", "oolite").stdout


@pytest.mark.parametrize(("text", "said"), [
    ("[" * 100_000, "goes deeper than 50 levels"),
    ("- " * 200_000, "goes deeper than 50 levels"),
    ("a: &a [x]\nb: *a\n", "has an alias"),
    ("#" * 600_000, "is longer than 500,000"),
    ("a: \xff", "is not written in UTF-8"),
])  # fmt: skip
def test_a_file_that_would_keep_a_reader_busy_is_refused_in_words(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "hostile.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(descriptions.Misread, match=said):
        descriptions.read_file(file)


def test_a_number_that_nobody_counts_to_is_no_number() -> None:
    content = descriptions.read(f"a: {'9' * 6_000}\nb: 12\nc: '12'\nd: 1.5").content
    assert content == {"a": "9" * 6_000, "b": 12, "c": "12", "d": 1.5}
