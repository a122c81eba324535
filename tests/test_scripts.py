"""The unit tests of the pages' scripts, by Node's own runner."""

import re
import shutil
import subprocess
from pathlib import Path

FRONTEND = Path(__file__).parents[1] / "frontend"


def test_the_scripts_pass_their_own_tests() -> None:
    node = shutil.which("node") or str(FRONTEND.parent / ".venv/node/node")
    done = subprocess.run(
        [node, "test.mjs"], cwd=FRONTEND, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) >= 10
