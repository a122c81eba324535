"""The form of a series: the rule that it makes, and what was chosen for its dates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from infra24.bookings import BookerDetails
from infra24.bookings import series as recurring
from infra24.bookings.series import SeriesRequest
from infra24.errors import Message
from infra24.resources import ANYONE, HostPreference, Offer
from infra24.web.admin import parsing
from infra24.web.pages.forms import read_number

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY")


_FIELDS = (
    "offer",
    "staff",
    "on",
    "at",
    "length",
    "freq",
    "every",
    "monthly",
    "ends",
    "count",
    "until",
    "rule",
)


@dataclass(frozen=True, slots=True)
class SeriesForm:
    """The series that is asked for, as it was typed, and what was chosen for its dates by wall time."""

    values: Mapping[str, str]
    days: tuple[str, ...]
    skips: bool
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The rule that the simple fields make, or the one that was written."""
        said = self.values
        if said["freq"] == "RULE":
            return said["rule"]
        parts = [f"FREQ={said['freq']}"]
        if read_number(said["every"]) > 1:
            parts.append(f"INTERVAL={read_number(said['every'])}")
        on = parsing.day(said["on"])
        days = self.days or ((DAYS[on.weekday()],) if on else ())
        if said["freq"] == "WEEKLY" and days:
            parts.append(f"BYDAY={','.join(days)}")
        if said["freq"] == "MONTHLY" and said["monthly"] == "weekday" and on:
            parts.append(f"BYDAY={_nth(on)}{DAYS[on.weekday()]}")
        until = parsing.day(said["until"])
        if said["ends"] == "until" and until:
            parts.append(f"UNTIL={until:%Y%m%d}")
        elif said["ends"] != "until":
            parts.append(f"COUNT={read_number(said['count'])}")
        return ";".join(parts)

    def errors(self) -> dict[str, Message]:
        """What of it cannot be read, by field."""
        said, wrong = self.values, dict[str, Message]()
        if parsing.day(said["on"]) is None:
            wrong["on"] = Message("Enter a date")
        if parsing.clock(said["at"]) is None:
            wrong["at"] = Message("Enter a time")
        if said["freq"] != "RULE" and said["ends"] == "until" and parsing.day(said["until"]) is None:
            wrong["until"] = Message("Enter a date")
        if said["freq"] != "RULE" and said["ends"] != "until" and not 1 <= read_number(said["count"]) <= 366:
            wrong["count"] = Message("A series has 1 to 366 dates")
        return wrong

    def request(self, offer: Offer, person: BookerDetails) -> SeriesRequest:
        """As the operations take it. Raises ValidationFailed."""
        zone = offer.rules.zone
        first = parsing.moment(self.values["on"], self.values["at"], zone)
        assert first is not None
        staff = next((host.id for host in offer.hosts if str(host.id) == self.values["staff"]), None)
        without, instead = self._chosen(zone)
        return SeriesRequest(
            offer.resource.id, first, read_number(self.values["length"]) or min(offer.rules.durations),
            self.rule, person, HostPreference((staff,)) if staff else ANYONE, self.skips, without, instead,
        )  # fmt: skip

    def _chosen(self, zone: ZoneInfo) -> tuple[frozenset[datetime], dict[datetime, datetime]]:
        """The dates to leave out, and those at another time."""
        without: set[datetime] = set()
        instead: dict[datetime, datetime | None] = {}
        for wall, choice in self.choices.items():
            if wall.startswith("own "):
                continue
            at = recurring.wall_time(wall)
            own = self.choices.get(f"own {wall}", "")
            if choice == "out":
                without.add(at)
            elif choice == "own" or (not choice and own):
                instead[at] = parsing.moment(*own.partition("T")[::2], zone)
            elif parsing.instant(choice):
                instead[at] = parsing.instant(choice)
        return frozenset(without), {at: moment for at, moment in instead.items() if moment}


def read_series_form(sent: Mapping[str, str]) -> SeriesForm:
    """The form of a series as it was sent; what is left out is as usual."""
    values = {name: parsing.text(sent, name, 300) for name in _FIELDS}
    freq = values["freq"].upper()
    values["freq"] = freq if freq in (*_FREQUENCIES, "RULE") else "WEEKLY"
    values["ends"] = values["ends"] or "count"
    values["monthly"] = values["monthly"] or "date"
    values["every"], values["count"] = values["every"] or "1", values["count"] or "10"
    choices = {
        name.removeprefix("at-"): parsing.text(sent, name, 40) for name in sent if name.startswith("at-")
    }
    own = {f"own {name.removeprefix('own-')}": parsing.text(sent, name, 20)
           for name in sent if name.startswith("own-")}  # fmt: skip
    days = tuple(day for day in DAYS if f"day-{day}" in sent)
    known = {wall: choice for wall, choice in choices.items() if _is_wall(wall)}
    return SeriesForm(values, days, "skips" in sent or "plan" not in sent, {**known, **own})


def _is_wall(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def _nth(on: date) -> int:
    """Which of its weekday a date is in its month; the fifth is the last."""
    number = (on.day - 1) // 7 + 1
    return number if number < 5 else -1
