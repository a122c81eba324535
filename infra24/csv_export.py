"""Tables that programs and spreadsheets read: rows under names that stay, as JSON and as CSV."""

import csv
import io
from dataclasses import dataclass

Cell = str | int | float | None
_FORMULA = frozenset("=+-@\t\r\n")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under names that stay: a program may read them."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_json(self) -> list[dict[str, Cell]]:
        """Each row with the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def as_csv(shown: Table) -> str:
    """RFC 4180: names and texts in quotes. A text that a spreadsheet would reckon with is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(shown.columns)
    writer.writerows([_plain(cell) for cell in row] for row in shown.rows)
    return out.getvalue()


def _plain(cell: Cell) -> Cell:
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.lstrip()[:1] in _FORMULA:
        return f"'{cell}"
    return cell
