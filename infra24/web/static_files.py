"""The built style sheet, scripts and font: read once, compressed once, cached for ever by their hash."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file and how it travels."""

    kind: str
    body: bytes
    compressed: bytes | None


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """All of them; `version` is the hash that their addresses carry."""

    version: str
    files: dict[str, StaticFile]


def read(folder: Path = FOLDER) -> StaticFiles:
    """Read the folder. Empty when the front end was not built: `doctor` says what to do."""
    digest = hashlib.sha256()
    files: dict[str, StaticFile] = {}
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        kind = _KINDS.get(path.suffix)
        if not path.is_file() or kind is None:
            continue
        body = path.read_bytes()
        digest.update(path.name.encode() + body)
        small = None if path.suffix == ".woff2" else gzip.compress(body, 9, mtime=0)
        files[path.relative_to(folder).as_posix()] = StaticFile(kind, body, small)
    return StaticFiles(digest.hexdigest()[:12], files)
