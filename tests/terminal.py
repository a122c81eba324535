"""The command line in this process: quick, where no process is the subject."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from infra24.cli import main


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


class Terminal:
    """Types commands with some variables set; without DATABASE_URL unless it is given."""

    def __init__(
        self, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str], data_dir: str
    ) -> None:
        self._patch, self._captured, self._data_dir = patch, captured, data_dir

    def __call__(self, *words: str, **variables: str) -> Said:
        with self._patch.context() as patch, _logging_as_before():
            patch.delenv("DATABASE_URL", raising=False)
            for name, value in {"INFRA24_DATA_DIR": self._data_dir, "COLUMNS": "200", **variables}.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main(words)
        written = self._captured.readouterr()
        return Said(int(ended.value.code or 0), written.out, written.err)


@contextmanager
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
