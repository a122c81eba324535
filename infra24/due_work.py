"""Working off what is due, some of it at once, until stopped: what each kind of queue does all the time."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

from infra24.errors import Unavailable

log = logging.getLogger("infra24.due_work")

Key = TypeVar("Key", bound=Hashable)

_POLL_SECONDS, _LONGEST_PAUSE = 0.5, 5.0
_SLOW_SECONDS = 3.0
_LOOKED_AT = 500

Running: TypeAlias = dict[Key, tuple[float, asyncio.Task[object]]]
"""What is acted on, since when, and by which task."""


async def work_until(
    stop: asyncio.Event,
    due: Callable[[int], Awaitable[Sequence[Key]]],
    act: Callable[[Key], Coroutine[Any, Any, object]],
    *,
    at_once: int,
    most: int,
    group: Callable[[Key], Hashable] = lambda key: key,
    most_of_group: int = 1,
) -> None:
    """Act on what is due, `at_once` keys at a time, each by one task; look twice a second.

    `group` says what a key is of, an organization, and `most_of_group` how many of one are acted on at once;
    of whom the fewest are acted on comes first.

    A key whose task takes more than three seconds no longer counts, up to `most` in all: those that wait for
    a slow server hold nobody up. `act` raises nothing. When `due` fails, look less often.
    """
    running: Running[Key] = {}
    pause = _POLL_SECONDS
    try:
        while not stop.is_set():
            running = {key: one for key, one in running.items() if not one[1].done()}
            try:
                room = _room(running, at_once, most)
                if room > 0:
                    _begin(running, await _found(running, due), act, room, group, most_of_group)
                pause = _POLL_SECONDS
            except Exception as error:  # whatever it is, what is due waits and nobody else does it
                if not isinstance(error, Unavailable):
                    log.exception("what is due cannot be read", exc_info=error)
                pause = min(2 * pause, _LONGEST_PAUSE)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
        await asyncio.gather(*(task for _, task in running.values()))
    except asyncio.CancelledError:
        for _, task in running.values():
            task.cancel()
        await asyncio.gather(*(task for _, task in running.values()), return_exceptions=True)
        raise


def _room(running: Running[Key], at_once: int, most: int) -> int:
    """How many may be begun: those that take long count for `most` alone."""
    now = asyncio.get_running_loop().time()
    quick = sum(began > now - _SLOW_SECONDS for began, _ in running.values())
    return min(at_once - quick, most - len(running))


async def _found(running: Running[Key], due: Callable[[int], Awaitable[Sequence[Key]]]) -> list[Key]:
    """What is due and not acted on."""
    return [one for one in await due(_LOOKED_AT + len(running)) if one not in running]


def _begin(
    running: Running[Key],
    found: Sequence[Key],
    act: Callable[[Key], Coroutine[Any, Any, object]],
    room: int,
    group: Callable[[Key], Hashable],
    most_of_group: int,
) -> None:
    """Begin what was found, as far as there is room: of the group first of which the fewest are acted on, and
    so many of one at most."""
    now = asyncio.get_running_loop().time()
    groups, waiting = Counter(map(group, running)), dict[Hashable, list[Key]]()
    for key in reversed(found):
        waiting.setdefault(group(key), []).append(key)
    while room > 0 and waiting:
        fewest = min(waiting, key=lambda one: groups[one])
        if groups[fewest] >= most_of_group:
            return
        key = waiting[fewest].pop()
        if not waiting[fewest]:
            del waiting[fewest]
        room, groups[fewest] = room - 1, groups[fewest] + 1
        running[key] = (now, asyncio.create_task(act(key)))
