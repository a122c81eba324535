"""A text message to one number, and numbers as they are written the world over (E.164)."""

from dataclasses import dataclass, field

import phonenumbers
from babel.core import get_global
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from infra24.errors import Invalid

MOST_CHARACTERS = 480
"""Three parts of a long message: the words are cut, never the link."""
_TAKES_NO_TEXT = (PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE)


class InvalidNumber(Invalid):
    """This is not a mobile number. Write it with its country code, such as +34 612 345 678."""


@dataclass(frozen=True, slots=True)
class Sms:
    """A text to a number in E.164, from the organization's."""

    to: str
    text: str = field(repr=False)


def to_e164(written: str, region: str | None) -> str:
    """A number as +34612345678; without a country code it is one of `region`. Raises InvalidNumber."""
    try:
        number = phonenumbers.parse(written, region)
    except NumberParseException as error:
        raise InvalidNumber() from error
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) in _TAKES_NO_TEXT:
        raise InvalidNumber()
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def region_of(zone: str) -> str | None:
    """The country that a time zone lies in, as CLDR has it; None for one that lies in none."""
    found = get_global("zone_territories").get(zone)
    return str(found) if found and len(found) == 2 else None
