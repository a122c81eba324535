"""Which messages an organization sends, and in whose words: the product's, or its own."""

from infra24.message_settings.model import VARIABLES, MessageSetting, MessageText, filled
from infra24.message_settings.settings import get, listed, reset, save

__all__ = ["VARIABLES", "MessageSetting", "MessageText", "filled", "get", "listed", "reset", "save"]
