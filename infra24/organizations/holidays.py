"""An organization's holidays: its own days, and those of countries by their codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays as calendars

from infra24.availability.hours import day_number
from infra24.availability.json_reader import Problems
from infra24.db import Tx
from infra24.errors import Conflict, Message, ValidationFailed
from infra24.organizations import queries


class HolidaysChanged(Conflict):
    """Somebody else has changed the holidays meanwhile. Look at them again."""


@dataclass(frozen=True, slots=True)
class Country:
    """A country's public holidays, of all of it or of one subdivision: US, US-FL, GB-SCT."""

    country: str
    subdivision: str = ""

    @property
    def code(self) -> str:
        """As it is written: US, or US-FL."""
        return "-".join(part for part in (self.country, self.subdivision) if part)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the organization's own: a holiday, or one on which it is open although a country's is not."""

    held_on: date
    name: str
    is_closed: bool = True


@dataclass(frozen=True, slots=True)
class HolidayPlan:
    """All that an organization says of holidays."""

    countries: tuple[Country, ...] = ()
    days: tuple[Day, ...] = ()

    def names(self, first: int, last: int) -> dict[date, str]:
        """The holidays of the years from one to another, with their names."""
        found: dict[date, str] = {}
        for country in self.countries:
            for year in range(first, last + 1):
                found |= _of_year(country, year)
        for day in self.days:
            if day.is_closed:
                found[day.held_on] = day.name
            else:
                found.pop(day.held_on, None)
        return found

    def closing(self, first: int, last: int) -> Mapping[int, str]:
        """The same by the days since 1970, as rules keep them."""
        return {day_number(on): name for on, name in self.names(first, last).items()}


def read_plan(countries: list[str], days: Mapping[str, tuple[str, bool]]) -> HolidayPlan:
    """A plan from codes and dates. Raises ValidationFailed, by `countries[n]` and `days[n]`."""
    problems: Problems = {}
    read: list[Country] = []
    for number, code in enumerate(countries):
        country, _, subdivision = code.strip().upper().partition("-")
        known = calendars.list_supported_countries()
        if country not in known:
            problems[f"countries[{number}]"] = Message(
                "%(code)s is not a country; write a code such as US or US-FL", code=repr(code)
            )
        elif subdivision and subdivision not in known[country]:
            some = ", ".join(known[country][:8]) or "none"
            problems[f"countries[{number}]"] = Message(
                "%(country)s has no part %(subdivision)s; it has %(some)s …",
                country=country,
                subdivision=repr(subdivision),
                some=some,
            )
        elif Country(country, subdivision) not in read:
            read.append(Country(country, subdivision))
    own: list[Day] = []
    for number, (on, (name, closed)) in enumerate(days.items()):
        try:
            own.append(Day(date.fromisoformat(on), name, closed))
        except ValueError:
            problems[f"days[{number}]"] = Message(
                "%(value)s is not a date; write it as YYYY-MM-DD", value=repr(on)
            )
    if problems:
        raise ValidationFailed(problems)
    return HolidayPlan(tuple(read), tuple(own))


async def holiday_plan(tx: Tx) -> HolidayPlan:
    """What the organization says of holidays."""
    countries = tuple(Country(*row) for row in await queries.holiday_countries(tx))
    return HolidayPlan(countries, tuple(Day(*row) for row in await queries.holidays(tx)))


async def set_holidays(tx: Tx, plan: HolidayPlan) -> None:
    """Exactly these. Whoever remembers offers must be told: see `resources.holidays_changed`."""
    await queries.set_holidays(
        tx,
        [(c.country, c.subdivision) for c in plan.countries],
        [(d.held_on, d.name, d.is_closed) for d in plan.days],
    )


async def set_holidays_seen(tx: Tx, seen: HolidayPlan, plan: HolidayPlan) -> None:
    """As `set_holidays`, by whoever saw what stood. Raises HolidaysChanged when that stands no longer.

    Whoever edits must be waited for before: `resources.holidays_changed` does.
    """
    if await holiday_plan(tx) != seen:
        raise HolidaysChanged()
    await set_holidays(tx, plan)


@lru_cache(maxsize=1_024)
def _of_year(country: Country, year: int) -> dict[date, str]:
    found = calendars.country_holidays(country.country, subdiv=country.subdivision or None, years=year)
    return dict(found.items())
