"""A client written from /openapi.json by somebody else's tool, in an environment of its own, works."""

import json
import os
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.factories import Shop
from tests.test_architecture import CHECKOUT

BIN = CHECKOUT / ".venv-client/bin"
STORY = CHECKOUT / "tests/client/scenario.py"


def run(*command: str | Path, cwd: Path) -> None:
    path = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(cwd)}
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_generated_client_books_reads_moves_cancels_and_lists(
    http: httpx2.Client, base: str, shop: Shop, tmp_path: Path
) -> None:
    if not BIN.exists():
        pytest.fail("The client's environment is missing. Run `make .venv-client/.done`.")
    (tmp_path / "openapi.json").write_text(json.dumps(http.get("/openapi.json").json()))
    run(BIN / "openapi-python-client", "generate", "--path", "openapi.json", "--output-path", "out",
        "--meta", "none", "--fail-on-warning", cwd=tmp_path)  # fmt: skip
    run(BIN / "python", STORY, base, shop.slug, shop.key, cwd=tmp_path)
