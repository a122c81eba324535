"""How much one web process takes on: connections and event streams, by the files that it may open."""

import resource
from dataclasses import dataclass

_MOST_CONNECTIONS, _MOST_STREAMS, _STREAMS_PER_ADDRESS = 10_000, 2_000, 50
_FILES_OF_OUR_OWN = 64


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
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_open_files() -> None:
    """As many open files as the system lets this process have: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
