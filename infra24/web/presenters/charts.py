"""Where everything of a chart stands: numbers for the macros in admin/_charts.html, which draw them.

A chart is drawn in its own units and scaled to its place. Colours are classes, never numbers.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Say = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Part:
    """A number of a kind: what a bar is stacked of. The kind is the class that it is drawn with."""

    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of a kind."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be drawn: a label, its parts, what is said of it, and a number to compare with."""

    label: str
    parts: Sequence[Part]
    title: str
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its blocks, where its label and its number stand, and the line of the number before."""

    label: str
    title: str
    x: float
    y: float
    blocks: Sequence[Block]
    before: Block | None = None
    labelled: bool = True


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid and its number."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Upright bars side by side over a grid."""

    width: float
    height: float
    left: float
    ticks: Sequence[Tick]
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Rows:
    """Bars one under the other, each under its label; `track` is the whole that they are part of."""

    width: float
    height: float
    bars: Sequence[Bar]
    tracks: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One square of a heat map: how dark from 0 to 5, and its number."""

    x: float
    y: float
    level: int
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class Heat:
    """Squares in rows and columns."""

    width: float
    height: float
    cell_width: float
    cell_height: float
    columns: Sequence[tuple[float, str]]
    rows: Sequence[tuple[float, str]]
    cells: Sequence[Cell]


def columns(items: Sequence[Item], say: Say, *, width: float = 760, height: float = 260) -> Columns:
    """Upright stacked bars. Labels that would touch are left out."""
    left, right, above, below = 44, 8, 24, 30
    most = max((max(_sum(item), item.before or 0) for item in items), default=0)
    step, top = _scale(most)
    room, high = width - left - right, height - above - below
    each = room / max(1, len(items))
    thick = min(36.0, each * 0.66)

    def at(value: float) -> float:
        return above + high - high * value / top

    bars = []
    every = max(1, math.ceil(len(items) * 54 / room))
    for number, item in enumerate(items):
        x = left + each * number + (each - thick) / 2
        blocks, under = [], 0.0
        for part in item.parts:
            if part.value:
                over = under + part.value
                blocks.append(_block(part.kind, x, at(over), thick, at(under) - at(over)))
                under = over
        wider = min(6.0, (each - thick) / 2)
        before = None
        if item.before is not None:
            before = _block("before", x - wider, at(item.before) - 1, thick + 2 * wider, 2)
        bars.append(
            Bar(item.label, item.title, round(x + thick / 2, 1), round(at(under) - 5, 1), blocks, before,
                number % every == 0)
        )  # fmt: skip
    ticks = [Tick(round(at(step * n), 1), say(step * n)) for n in range(round(top / step) + 1)]
    return Columns(width, height, left, ticks, bars)


def rows(items: Sequence[Item], most: float | None = None, *, width: float = 440) -> Rows:
    """Lying stacked bars, each under its label. `most` is the whole; without it the longest bar is."""
    each, thick, top = 46, 14, 20
    whole = most or max((_sum(item) for item in items), default=0) or 1
    bars = []
    for number, item in enumerate(items):
        y = number * each + top + 6
        blocks, x = [], 0.0
        for part in item.parts:
            reach = min(width - x, part.value / whole * width)
            if reach > 0:
                blocks.append(_block(part.kind, x, y, reach, thick))
                x += reach
        bars.append(Bar(_short(item.label), item.title, 0, number * each + top - 3, blocks))
    return Rows(width, len(items) * each, bars, most is not None)


def heat(
    values: Sequence[Sequence[int]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    say: Callable[[int, int, int], str],
    *,
    width: float = 760,
) -> Heat:
    """Squares with their numbers: `say(row, column, value)` tells one in words."""
    left, above, high = 48, 22, 30
    wide = (width - left) / max(1, len(column_labels))
    most = max((value for row in values for value in row), default=0)
    cells = [
        Cell(
            round(left + wide * column, 1),
            above + high * number,
            math.ceil(5 * value / most) if value else 0,
            str(value) if value else "",
            say(number, column, value),
        )
        for number, row in enumerate(values)
        for column, value in enumerate(row)
    ]
    every = max(1, math.ceil(44 / wide))
    return Heat(
        width,
        above + high * len(values),
        round(wide - 3, 1),
        high - 3,
        [(round(left + wide * (n + 0.5), 1), text) for n, text in enumerate(column_labels) if n % every == 0],
        [(above + high * (n + 0.62), text) for n, text in enumerate(row_labels)],
        cells,
    )  # fmt: skip


def _sum(item: Item) -> float:
    return sum(part.value for part in item.parts)


def _block(kind: str, x: float, y: float, width: float, height: float) -> Block:
    return Block(kind, round(x, 1), round(y, 1), round(width, 1), round(max(0.0, height), 1))


def _scale(most: float) -> tuple[float, float]:
    """The step of a grid and its top, in round numbers: at most five lines above zero, of whole things."""
    step = 1.0
    while step * 5 < most:
        step *= 2 if f"{step:.0f}"[0] != "2" else 2.5
    return step, step * max(1, math.ceil(most / step))


def _short(label: str, most: int = 40) -> str:
    return label if len(label) <= most else f"{label[: most - 1].rstrip()}…"
