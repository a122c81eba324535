"""Senders: by which service, and as whom, an organization's e-mail and text messages go."""

from infra24.senders.home import home_mail, home_senders
from infra24.senders.model import (
    InstallationSenders,
    MailSender,
    Provider,
    Sender,
    SenderDraft,
    SmsSender,
)
from infra24.senders.rates import count_sent, may_send
from infra24.senders.reports import report_url, reported_by
from infra24.senders.resolving import SenderResolver
from infra24.senders.senders import current, remove, set_sender
from infra24.senders.signatures import is_from_resend, is_from_twilio
from infra24.senders.testing import trial_message

__all__ = [
    "InstallationSenders",
    "MailSender",
    "Provider",
    "Sender",
    "SenderDraft",
    "SenderResolver",
    "SmsSender",
    "count_sent",
    "current",
    "home_mail",
    "home_senders",
    "is_from_resend",
    "is_from_twilio",
    "may_send",
    "remove",
    "report_url",
    "reported_by",
    "set_sender",
    "trial_message",
]
