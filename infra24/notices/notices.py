"""Writing notices, and what of them is shown now."""

from datetime import datetime
from uuid import UUID, uuid4

from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.notices import queries
from infra24.notices.model import (
    MOST_CHARACTERS,
    MOST_NOTICES,
    Notice,
    NoticeDraft,
    TooManyNotices,
    UnknownNotice,
)


async def create(tx: Tx, draft: NoticeDraft, now: datetime) -> Notice:
    """A new notice. Raises ValidationFailed and TooManyNotices."""
    checked = _checked(draft)
    if len(await queries.listed(tx)) >= MOST_NOTICES:
        raise TooManyNotices()
    made = Notice(uuid4(), checked.text, checked.shown_from, checked.shown_until)
    await queries.insert(tx, made, now)
    return made


async def change(tx: Tx, id_: UUID, draft: NoticeDraft, now: datetime) -> None:
    """Another text, other times. Raises UnknownNotice and ValidationFailed."""
    checked = _checked(draft)
    if not await queries.update(tx, id_, checked, now):
        raise UnknownNotice()


async def delete(tx: Tx, id_: UUID) -> None:
    """Show it no more, anywhere. Raises UnknownNotice."""
    if not await queries.delete(tx, id_):
        raise UnknownNotice()


async def get(tx: Tx, id_: UUID) -> Notice:
    """One notice. Raises UnknownNotice."""
    for one in await queries.listed(tx):
        if one.id == id_:
            return one
    raise UnknownNotice()


async def listed(tx: Tx) -> list[Notice]:
    """All notices, the one that begins last first."""
    return await queries.listed(tx)


async def shown(tx: Tx, now: datetime) -> list[str]:
    """The texts that visitors see now."""
    return await queries.shown(tx, now)


def _checked(draft: NoticeDraft) -> NoticeDraft:
    errors: dict[str, Message] = {}
    text = " ".join(draft.text.split())
    if not text:
        errors["text"] = Message("Write what visitors should know.")
    elif len(text) > MOST_CHARACTERS:
        errors["text"] = Message("Write at most 500 characters.")
    if draft.shown_until is not None and draft.shown_until <= draft.shown_from:
        errors["until"] = Message("Choose a time after the beginning.")
    if errors:
        raise ValidationFailed(errors)
    return NoticeDraft(text, draft.shown_from, draft.shown_until)
