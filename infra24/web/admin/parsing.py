"""What staff typed: text without control characters, dates and times of the organization's zone."""

from collections.abc import Container, Mapping
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24.bookings.series import instant_of


def text(sent: Mapping[str, str], name: str, most: int = 200) -> str:
    """A field without what cannot be written, at most so long."""
    known = sent.get(name, "").replace("\r\n", "\n").encode("utf-8", "ignore").decode()
    return "".join(c for c in known if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127)).strip()[:most]


def named(sent: Mapping[str, str], prefix: str) -> list[str]:
    """The ends of the names of the fields that begin so: what was ticked, in its order."""
    return [text({"": name.removeprefix(prefix)}, "") for name in sent if name.startswith(prefix)]


def notifies(sent: Container[str]) -> bool:
    """Whether the booker is told of a change: the form asked and the box was ticked, or it did not ask."""
    return "notify" in sent or "asks_notify" not in sent


def identity(text: str | None) -> UUID | None:
    """An id; None for anything else."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def day(text: str) -> date | None:
    """A date as browsers send it, of the years 2000 to 2099; None for anything else."""
    try:
        on = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return on if 2000 <= on.year < 2100 else None


def clock(text: str) -> time | None:
    """A time of day as browsers send it; None for anything else."""
    try:
        at = time.fromisoformat(text.strip())
    except ValueError:
        return None
    return at.replace(second=0, microsecond=0) if at.tzinfo is None else None


def moment(on: str, at: str, zone: ZoneInfo) -> datetime | None:
    """The instant at which a clock there shows this date and time; None when one of them is none."""
    date_, time_ = day(on), clock(at)
    return instant_of(zone, datetime.combine(date_, time_)) if date_ and time_ else None


def stamp(text: str) -> datetime | None:
    """An instant to the last of its fractions, as a cursor carries it; None for anything else."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo is not None and 2000 <= at.year < 2100 else None


def instant(text: str) -> datetime | None:
    """An instant as our own pages write it; None for anything else."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if at.tzinfo is None or not 2000 <= at.year < 2100 or at.microsecond:
        return None
    return at.astimezone(UTC)


def as_typed(at: datetime | None, zone: ZoneInfo) -> tuple[str, str]:
    """An instant as the two fields of a form show it."""
    if at is None:
        return "", ""
    there = at.astimezone(zone)
    return there.date().isoformat(), there.strftime("%H:%M")
