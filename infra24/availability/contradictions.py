"""Rules that can be read and contradict themselves: several overrides that say the hours of one date."""

from datetime import date

from infra24.availability.json_reader import Problems
from infra24.availability.rules import Rules
from infra24.availability.schedules import Kind, Override
from infra24.errors import Message


def contradictions(rules: Rules) -> Problems:
    """What contradicts an earlier override, by the path of the later one.

    A date has other `hours` once; where they are none, nothing can be `extra`. What is `off` is taken away
    from whatever there is, so it contradicts nothing.
    """
    problems: Problems = {}
    for number, later in enumerate(rules.overrides):
        for before, earlier in enumerate(rules.overrides[:number]):
            on = _shared(earlier, later)
            if on is not None and _contradict(earlier, later):
                twice = Message(
                    "says the hours of %(date)s, and so does %(other)s; write them in one of the two",
                    date=on,
                    other=f"overrides[{before}]",
                )
                problems.setdefault(f"overrides[{number}]", twice)
    return problems


def _shared(one: Override, other: Override) -> date | None:
    """The first date of which both speak, of the same host."""
    first = max(one.first, other.first)
    return first if one.host == other.host and first <= min(one.last, other.last) else None


def _contradict(one: Override, other: Override) -> bool:
    if one.kind is other.kind is Kind.INSTEAD:
        return True
    closes = any(o.kind is Kind.INSTEAD and not o.hours for o in (one, other))
    return closes and Kind.EXTRA in (one.kind, other.kind)
