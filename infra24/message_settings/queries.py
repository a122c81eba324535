"""The SQL of message settings."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from infra24.db import Tx
from infra24.message_settings.model import MessageSetting, MessageText


async def one(tx: Tx, kind: str) -> MessageSetting | None:
    """What is set of a kind."""
    row = await tx.row(
        "SELECT kind, is_sent, texts FROM message_settings WHERE org_id = %s AND kind = %s", (tx.org_id, kind)
    )
    return _setting(*row) if row else None


async def listed(tx: Tx) -> list[MessageSetting]:
    """All that is set."""
    rows = await tx.rows(
        "SELECT kind, is_sent, texts FROM message_settings WHERE org_id = %s ORDER BY kind", (tx.org_id,)
    )
    return [_setting(*row) for row in rows]


async def put(tx: Tx, setting: MessageSetting, now: datetime) -> None:
    """Keep what is set of a kind, instead of what was."""
    await tx.run(
        """
        INSERT INTO message_settings (org_id, kind, is_sent, texts, updated_at) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (org_id, kind) DO UPDATE
        SET is_sent = excluded.is_sent, texts = excluded.texts, updated_at = excluded.updated_at
        """,
        (
            tx.org_id,
            setting.kind,
            setting.is_sent,
            Jsonb({language: asdict(text) for language, text in setting.texts.items()}),
            now,
        ),
    )


async def delete(tx: Tx, kind: str) -> None:
    """Forget what is set of a kind."""
    await tx.run("DELETE FROM message_settings WHERE org_id = %s AND kind = %s", (tx.org_id, kind))


def _setting(kind: str, is_sent: bool | None, texts: dict[str, dict[str, Any]]) -> MessageSetting:
    return MessageSetting(kind, is_sent, {language: MessageText(**text) for language, text in texts.items()})
