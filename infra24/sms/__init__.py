"""Text messages: what they say, to which numbers, and who carries them."""

from infra24.sms.model import MOST_CHARACTERS, InvalidNumber, Sms, region_of, to_e164
from infra24.sms.transport import SmsTransport

__all__ = ["MOST_CHARACTERS", "InvalidNumber", "Sms", "SmsTransport", "region_of", "to_e164"]
