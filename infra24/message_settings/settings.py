"""Setting which messages are sent and how they are worded."""

from datetime import datetime

from infra24.db import Tx
from infra24.errors import InvalidValue, Message, ValidationFailed
from infra24.message_settings import queries
from infra24.message_settings.model import MOST, MessageSetting, MessageText, checked


async def get(tx: Tx, kind: str) -> MessageSetting:
    """What the organization set of a kind; nothing where it set nothing."""
    return await queries.one(tx, kind) or MessageSetting(kind)


async def listed(tx: Tx) -> dict[str, MessageSetting]:
    """By kind what the organization set."""
    return {one.kind: one for one in await queries.listed(tx)}


async def save(
    tx: Tx, kind: str, is_sent: bool | None, language: str, text: MessageText, now: datetime
) -> None:
    """Send a kind or do not, and word it in a language. Raises ValidationFailed by part."""
    parts: dict[str, str] = {}
    errors: dict[str, Message] = {}
    for part in MOST:
        try:
            parts[part] = checked(part, getattr(text, part))
        except InvalidValue as wrong:
            errors[part] = wrong.message
    if errors:
        raise ValidationFailed(errors)
    before = await get(tx, kind)
    texts = {**before.texts, language: MessageText(**parts)}
    worded = {spoken: one for spoken, one in texts.items() if not one.is_blank}
    await queries.put(tx, MessageSetting(kind, is_sent, worded), now)


async def reset(tx: Tx, kind: str) -> None:
    """Say and send it as the product does, in every language."""
    await queries.delete(tx, kind)
