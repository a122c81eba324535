"""How much one web process takes on: connections and event streams, by the files that it may open."""

import resource
from contextlib import suppress
from dataclasses import dataclass

_MOST_CONNECTIONS, _MOST_STREAMS, _STREAMS_PER_ADDRESS = 10_000, 2_000, 50
_FILES_OF_OUR_OWN = 64
_ENOUGH_FILES = 65_536


@dataclass(frozen=True, slots=True)
class Capacity:
    """The most connections at once, those that may wait to be accepted, and the most event streams."""

    connections: int
    backlog: int
    streams: int
    streams_per_address: int

    @classmethod
    def of(cls, files: int, pool_size: int) -> "Capacity":
        """What so many open files carry, with the database's connections and those not yet accepted."""
        spare = max(files - _FILES_OF_OUR_OWN - pool_size, files // 2)
        connections = min(spare * 2 // 3, _MOST_CONNECTIONS)
        streams = min(connections // 2, _MOST_STREAMS)
        return cls(connections, min(connections // 2, 2_048), streams, min(streams, _STREAMS_PER_ADDRESS))


def open_files() -> int:
    """How many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _ENOUGH_FILES if soft == resource.RLIM_INFINITY else soft


def raise_open_files() -> None:
    """As many open files as the system lets this process have, and as are of use: each connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH_FILES)
    if open_files() < most:
        with suppress(ValueError):  # macOS has a limit of its own below "unlimited"
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
