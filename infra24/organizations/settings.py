"""Changing what an organization says of itself: by those who may, from its settings page."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.events import record
from infra24.organizations import events, queries
from infra24.organizations.directory import get
from infra24.organizations.model import Organization
from infra24.organizations.provisioning import check_facts
from infra24.rate_limits import CLIENT_QUOTAS

LOGO_MOST = 200 * 1024
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


async def change(tx: Tx, changes: Mapping[str, Any], now: datetime) -> Organization:
    """Change the name, zone, locale, theme or settings; what is left out stays. Raises ValidationFailed."""
    before = await get(tx)
    wanted = {
        "name": before.name,
        "time_zone": before.time_zone,
        "locale": before.locale,
        "theme": before.theme,
        "settings": before.settings,
        **changes,
    }
    problems: dict[str, Message] = {}
    try:
        check_facts(before.slug, wanted["time_zone"], wanted["locale"], before.currency)
    except ValidationFailed as problem:
        problems |= problem.errors
    if not 1 <= len(wanted["name"]) <= 200:
        problems["name"] = Message("write a name of at most 200 characters")
    if not re.fullmatch(r"#[0-9a-f]{6}", str(wanted["theme"].get("seed", before.seed))):
        problems["seed"] = Message("write a colour as # and six digits or letters from a to f")
    if not 0 <= int(wanted["theme"].get("radius", 14)) <= 40:
        problems["radius"] = Message("write a number from 0 to 40")
    if not 1 <= int(wanted["settings"].get("approval_hours", 72)) <= 24 * 90:
        problems["approval_hours"] = Message("write a number of hours from 1 to 2160")
    for name, effect in CLIENT_QUOTAS.items():
        if not 1 <= int(wanted["settings"].get(name, effect.usual)) <= effect.most:
            problems[name] = Message("write a number from 1 to %(most)s", most=effect.most)
    if problems:
        raise ValidationFailed(problems)
    await queries.change(tx, wanted)
    record(tx, events.UPDATED, tx.org_id, {"name": wanted["name"]}, now)
    return await get(tx)


async def set_logo(tx: Tx, picture: bytes | None, now: datetime) -> None:
    """Another logo, or none. Raises ValidationFailed if it is not PNG, JPEG or WebP, or too large."""
    kind = ""
    if picture is not None:
        if len(picture) > LOGO_MOST:
            raise ValidationFailed({"logo": Message("is larger than 200 KiB; make it smaller")})
        kind = next((kind for head, kind in _PICTURES.items() if picture.startswith(head)), "")
        if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
            kind = "image/webp"
        if not kind:
            raise ValidationFailed({"logo": Message("is not a picture in PNG, JPEG or WebP")})
    await queries.set_logo(tx, picture, kind)
    record(tx, events.UPDATED, tx.org_id, {"logo": bool(picture)}, now)


async def logo(tx: Tx) -> tuple[bytes, str] | None:
    """The logo and its media type."""
    return await queries.logo(tx)
