"""Who wants which messages: purposes one can decline, and addresses that are sent nothing."""

from infra24.consent.model import (
    NotDeclinable,
    Preference,
    Purpose,
    Source,
    Suppression,
    SuppressionCause,
    UnknownSuppression,
)
from infra24.consent.preferences import (
    addresses_wanting,
    choose,
    organizations_wanting,
    preferences_of,
    unwanted,
    wants,
)
from infra24.consent.suppressions import lift, listed, record, resume, suppress
from infra24.consent.unsubscribing import unsubscribe_token, unsubscribed_by

__all__ = [
    "NotDeclinable",
    "Preference",
    "Purpose",
    "Source",
    "Suppression",
    "SuppressionCause",
    "UnknownSuppression",
    "addresses_wanting",
    "choose",
    "lift",
    "listed",
    "organizations_wanting",
    "preferences_of",
    "record",
    "resume",
    "suppress",
    "unsubscribe_token",
    "unsubscribed_by",
    "unwanted",
    "wants",
]
