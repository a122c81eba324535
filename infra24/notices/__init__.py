"""Notices: what an organization tells everyone on its booking pages, for a time."""

from infra24.notices.model import Notice, NoticeDraft, TooManyNotices, UnknownNotice
from infra24.notices.notices import change, create, delete, get, listed, shown

__all__ = [
    "Notice",
    "NoticeDraft",
    "TooManyNotices",
    "UnknownNotice",
    "change",
    "create",
    "delete",
    "get",
    "listed",
    "shown",
]
