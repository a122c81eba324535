"""Every zone there is: one for each different way in which the clocks go from 2024 to 2030."""

import struct
import zoneinfo
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from infra24.availability.hours import DAY

FIRST = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
LAST = int(datetime(2031, 1, 1, tzinfo=UTC).timestamp())


def packaged(name: str) -> bytes | None:
    """The zone's file in the tzdata package."""
    file = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    return file.read_bytes() if file.is_file() else None


def files_of(name: str) -> list[bytes]:
    """The zone's file in the tzdata package, and the system's where zoneinfo would look for it."""
    paths = [Path(folder, name) for folder in zoneinfo.TZPATH]
    found = [packaged(name), *(path.read_bytes() for path in paths if path.is_file())]
    return [data for data in found if data is not None]


def lately(data: bytes) -> tuple[list[int], list[tuple[int, int]], bytes, bytes]:
    """What a zone's file says of 2024 and later: RFC 9636, the second block and the footer."""

    def counts(at: int) -> tuple[int, ...]:
        assert data[at : at + 4] == b"TZif"
        return struct.unpack(">6l", data[at + 20 : at + 44])

    utc, std, leaps, times, types, letters = counts(0)
    at = 44 + times * 5 + types * 6 + letters + leaps * 8 + std + utc
    utc, std, leaps, times, types, letters = counts(at)
    at += 44
    moments = struct.unpack(f">{times}q", data[at : at + times * 8])
    kinds = data[at + times * 8 : at + times * 9]
    at += times * 9
    offsets = [struct.unpack(">lbb", data[at + n * 6 : at + n * 6 + 6])[0] for n in range(types)]
    at += types * 6 + letters
    changes = [(moment, offsets[kind]) for moment, kind in zip(moments, kinds, strict=True)]
    before = [offset for moment, offset in changes if moment < FIRST - DAY]
    leap_seconds = data[at : at + leaps * 12]
    footer = data[at + leaps * 12 + std + utc :]
    return before[-1:] or offsets[:1], [c for c in changes if c[0] >= FIRST - DAY], leap_seconds, footer


@cache
def zones() -> dict[ZoneInfo, list[int]]:
    """One zone for each different future, with its listed changes: the same data since 2024 is one zone."""
    different: dict[str, tuple[ZoneInfo, list[int]]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        for data in files_of(name):
            future = lately(data)
            if repr(future) not in different:
                listed = [moment for moment, _ in future[1] if FIRST <= moment < LAST]
                different[repr(future)] = (ZoneInfo.from_file(BytesIO(data), name), listed)
    return dict(different.values())
