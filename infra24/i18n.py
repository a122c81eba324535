"""Languages: which one a visitor reads, and how that language writes dates, times and prices."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import negotiate_locale
from babel.dates import format_date, format_skeleton, format_time, get_day_names, get_timezone_location
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, get_currency_precision
from babel.support import Translations
from babel.units import format_unit

from infra24.availability.hours import is_ambiguous
from infra24.errors import Message, in_largest_unit

LOCALES = Path(__file__).parent / "locales"
LANGUAGES: Mapping[str, str] = {"en": "English", "es": "Español"}


@dataclass(frozen=True, slots=True)
class LocaleFormat:
    """A language as one organization's visitors read it: words, dates, times, prices."""

    language: str
    locale: Locale

    def time(self, at: datetime, zone: ZoneInfo) -> str:
        """The time of day, in 12 or 24 hours as the territory writes it; with the zone's letters where the
        clock shows it twice."""
        local = at.astimezone(zone)
        said = format_time(local, "short", locale=self.locale).replace("\u202f", "\u00a0")
        return f"{said}\u00a0{local.tzname()}" if is_ambiguous(zone, at) else said

    def day(self, on: date | datetime) -> str:
        """Weekday, day and month, in full words."""
        return self._written(on, "MMMMEd", "MMMEd")

    def full_day(self, on: date | datetime) -> str:
        """Weekday, day, month and year, in full words."""
        return self._written(on, "yMMMMEd", "yMMMEd")

    def short_day(self, on: date | datetime) -> str:
        """The same, short."""
        return format_skeleton("MMMEd", on, locale=self.locale, fuzzy=True)

    def brief(self, at: datetime, zone: ZoneInfo) -> str:
        """Day and time in the zone of the place, for those who work there."""
        return f"{self.short_day(at.astimezone(zone))}, {self.time(at, zone)}"

    def moment(self, at: datetime, zone: ZoneInfo) -> str:
        """Day and time in a zone, and the zone: for those who may be elsewhere."""
        return f"{self.full_day(at.astimezone(zone))}, {self.time(at, zone)} ({self.zone(zone)})"

    def span(self, start: datetime, end: datetime, zone: ZoneInfo, now: datetime) -> str:
        """From when to when in a zone, and the zone; the year only where it is not this one."""
        first, last = start.astimezone(zone), end.astimezone(zone)
        day = self.day if first.year == now.astimezone(zone).year else self.full_day
        until = self.time(last, zone)
        if last.date() != first.date():
            until = f"{day(last)}, {until}"
        place = self.zone(zone).replace(" ", "\u00a0")
        return f"{day(first)}, {self.time(first, zone)}–{until}\u00a0({place})"

    def _written(self, on: date | datetime, *skeletons: str) -> str:
        """By the first skeleton that the locale has, with its names of days and months written out."""
        known = self.locale.datetime_skeletons
        pattern = next(str(known[name]) for name in skeletons if name in known)
        return format_date(on, re.sub(r"MMM+", "MMMM", re.sub(r"E+", "EEEE", pattern)), locale=self.locale)

    def month(self, on: date) -> str:
        """Month and year."""
        said = format_skeleton("yMMMM", on, locale=self.locale, fuzzy=True)
        return said[:1].upper() + said[1:]

    def weekdays(self) -> list[tuple[int, str, str]]:
        """From the territory's first day of the week: number (Monday 0), short and long name."""
        short = get_day_names("abbreviated", "stand-alone", locale=self.locale)
        long = get_day_names("wide", "stand-alone", locale=self.locale)
        first = self.locale.first_week_day
        return [(n % 7, short[n % 7], long[n % 7]) for n in range(first, first + 7)]

    def price(self, minor: int, currency: str) -> str:
        """An amount in minor units; whole amounts without decimals."""
        digits = get_currency_precision(currency)
        amount = Decimal(minor).scaleb(-digits)
        if amount != amount.to_integral_value():
            return format_currency(amount, currency, locale=self.locale)
        pattern = self.locale.currency_formats["standard"].pattern.replace(".00", "")
        return format_currency(amount, currency, pattern, locale=self.locale, currency_digits=False)

    def length(self, minutes: int) -> str:
        """A length in the largest unit that says it without a fraction: 2 days, 3 hours, 90 minutes."""
        return _length(minutes, self.locale)

    def translated(self, message: str) -> str:
        """A message in this language."""
        return translated(message, self.language)

    def zone(self, zone: ZoneInfo) -> str:
        """A zone as people say it: by its city."""
        return city(self.locale, zone.key)


def _length(minutes: int, locale: Locale) -> str:
    count, unit = in_largest_unit(minutes)
    return str(format_unit(count, f"duration-{unit}", locale=locale))


def translated(message: str, language: str) -> str:
    """A message in a language, its parameters too; English where the catalogue does not have it."""
    words = catalogue(language)
    if not isinstance(message, Message):
        return words.gettext(message)
    text = words.gettext(message.template)
    filled = {name: _filled(value, language) for name, value in message.parameters.items()}
    return text % filled if filled else text


def _filled(value: Any, language: str) -> Any:
    if isinstance(value, Message):
        return translated(value, language)
    if isinstance(value, timedelta):
        return _length(int(value.total_seconds()) // 60, Locale(language))
    return value


@lru_cache(maxsize=4_096)
def city(locale: Locale, zone_key: str) -> str:
    """The city of a zone, as a language writes it. Kept: Babel looks through its territories each time."""
    if zone_key == "UTC":
        return "UTC"
    return str(get_timezone_location(zone_key, locale=locale, return_city=True))


@lru_cache(maxsize=8)
def catalogue(language: str) -> NullTranslations:
    """The catalogue of a language, read from its .po file: nothing has to be compiled."""
    source = LOCALES / language / "LC_MESSAGES" / "infra24.po"
    if not source.exists():
        return NullTranslations()
    with source.open("rb") as file:
        messages = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled)


def choose_language(asked: str | None, kept: str | None, accepted: str, organization_locale: str) -> str:
    """The language asked for in the address, kept in a cookie, preferred by the browser, or at home here."""
    for language in (asked, kept):
        if language is not None and language in LANGUAGES:
            return language
    wanted = [
        part.split(";")[0].strip().replace("-", "_") for part in accepted.split(",")[:10] if part.strip()
    ]
    found = negotiate_locale(wanted, list(LANGUAGES), sep="_") if wanted else None
    home = organization_locale.split("_", maxsplit=1)[0]
    return found or (home if home in LANGUAGES else "en")


@lru_cache(maxsize=256)
def locale_format(language: str, organization_locale: str) -> LocaleFormat:
    """A language with the territory of an organization, where the two are known together."""
    territory = organization_locale.partition("_")[2]
    wanted = f"{language}_{territory}" if territory else language
    for name in (wanted, {"en": "en_US", "es": "es_ES"}.get(language, language)):
        try:
            return LocaleFormat(language, Locale.parse(name))
        except (UnknownLocaleError, ValueError):
            continue
    return LocaleFormat("en", Locale("en", "US"))
