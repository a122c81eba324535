"""What the rules say is wrong, in the reader's language: their English sentences are found by their shape."""

import re
from collections.abc import Callable
from functools import lru_cache

from infra24.i18n import catalogue

SENTENCES = (
    "must be a whole number from %(least)s to %(most)s",
    "must be true or false",
    "must be a text of at most %(most)s characters",
    "must be a text",
    "must be a number",
    "must be an object",
    "must be a list",
    "must be a list of lengths in minutes",
    "must be a list of days of the week",
    "must be a list of at most 500 objects",
    "must be a list of hosts",
    "must be a list of hosts, by e-mail",
    "must be a list of resources, by slug",
    "must be a list of at most %(most)s needs",
    "must be a list of at most %(most)s questions",
    "must be a list of 2 to 50 different texts",
    "must be an https address",
    "is not a known key; known are %(known)s",
    "%(said)s is not a time zone; write an IANA name such as America/New_York",
    "%(said)s is not a time of day; write it as HH:MM, from 00:00 to 24:00",
    "%(said)s is not a date; write it as YYYY-MM-DD",
    "%(said)s is not a day of the week; write Monday … Sunday",
    "%(said)s is not a host of any window",
    "%(said)s is not a person of this organization",
    "%(said)s is not a resource of this organization",
    "%(said)s is not a location of this organization",
    "%(said)s is not a way of pooling; known are %(known)s",
    "%(said)s is not a kind of question; known are %(known)s",
    "%(said)s is an appointment type; name what it needs itself",
    "%(said)s is named twice",
    "%(said)s is there twice",
    "ends before it starts",
    "is missing",
    "is missing; write it as HH:MM",
    "is missing; write an IANA name such as Europe/Paris",
    "is not after the start",
    "is not after the start; write a window over midnight as two windows",
    "needs either a date or a range",
    "needs one of hours (instead of the weekly ones), extra, or off",
    "needs one of %(ways)s",
    "list at least one day",
    "list at least one start and end",
    "list at least one start and end, or true",
    "list at least two answers to choose from",
    "say which host is fixed",
    "say what is asked",
    "takes over what is off, and this is not",
    "says the hours of %(date)s, and so does %(other)s; write them in one of the two",
    "an appointment type names its hosts in its needs",
    "an appointment type says how its hosts are chosen in its needs: write pooling there",
    "give it a title",
    "give it a name",
    "give it a name: visitors read it",
    "is there twice",
    "is itself",
    "only what has one unit can be linked",
    "what has layouts cannot be linked",
    "what is a part of another cannot have layouts",
    "goes in a circle: one of these has it as a part",
    "%(title)s is never occupied",
    "a person has an e-mail, and only a person",
    "knows {room} and {booking}, not %(unknown)s",
    "give the template of the meeting's link",
    "name one host instead",
    "collective takes all hosts: leave count and choose out",
    "a visitor can choose one host, not several",
    "asks for %(count)s of %(most)s",
    "ask for %(wanted)s of %(title)s, which has %(has)s",
    "has several groups of hosts; write one, and name other people with any_of or tag",
    "%(title)s has %(units)s",
    "cannot be empty",
    "is less than the least",
    "is not JSON",
    "is not JSON (line %(line)s, column %(column)s)",
    "is not an amount: write digits only, such as 1250 or 1250.50",
    "cannot be below zero",
    "could be read in two ways: write it without thousands separators, such as 1250 or 1250.50",
    "has more decimals than the currency",
    "is an amount in minor units",
    "is before the first date",
    "is more than a year after the first date",
    "choose a date",
    "choose at least one",
    "a holiday takes the whole day",
    "tick at least one booking",
    "say why: whoever booked will read it",
    "string should have at most %(most)s characters",
    "string should match pattern %(pattern)s",
    "value is not a valid email address: %(why)s",
    "input should be less than or equal to %(most)s",
    "input should be greater than or equal to %(least)s",
    "input should be a valid integer, unable to parse string as an integer",
    "is written on one line",
    "is longer than 64 KiB",
    "Choose where it should go.",
    "There is already a resource with that slug or e-mail.",
    "There is already a location of that name.",
    "Something is still at this location. Give it another location first.",
    "Bookings to come were made while it was never occupied itself, and would not count. Move them first.",
    "Bookings to come do not hold what this would link them to. Move or cancel them first.",
    "This closing is no longer there: somebody has changed it. Look again.",
    "There is no booking here. Check the link in your confirmation.",
    "Someone changed this booking meanwhile. Look at it again.",
    "%(title)s cannot take this booking: it is not one of those that it can be with.",
    "Someone just took that time.",
    "That time is not offered.",
    "This booking cannot go there.",
    "There is no resource by that id or slug.",
    "A booking that is %(state)s cannot become %(wanted)s.",
)
"""Each as it is in the catalogues; what stands in it is filled in again."""


def sayer(language: str) -> Callable[[str], str]:
    """Says a sentence in a language; one that is not known stays English."""
    words = catalogue(language)

    def say(sentence: str) -> str:
        for template, pattern in _patterns():
            found = pattern.fullmatch(sentence)
            if found:
                said = words.gettext(template)
                return said % found.groupdict() if found.groupdict() else said
        return sentence

    return say


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The sentences that stand for themselves first."""
    ordered = sorted(SENTENCES, key=lambda template: "%(" in template)
    return tuple((template, _pattern(template)) for template in ordered)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"%\((\w+)\)s", template)
    shaped = [re.escape(part) if n % 2 == 0 else f"(?P<{part}>.+)" for n, part in enumerate(parts)]
    return re.compile("".join(shaped), re.DOTALL)
