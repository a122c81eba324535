"""Letters: what people are told by e-mail. Queued with the fact, written when sent, carried by a post."""

from infra24.letters.model import Letter, NoAddress, Stamp
from infra24.letters.port import Delayed, Facts, Letterbox, NoSender, NoServer, Post, Refused
from infra24.letters.registry import Desk, Secrets, Writer, Writers
from infra24.letters.sending import Office, post, queued
from infra24.letters.wording import write

__all__ = [
    "Delayed",
    "Desk",
    "Facts",
    "Letter",
    "Letterbox",
    "NoAddress",
    "NoSender",
    "NoServer",
    "Office",
    "Post",
    "Refused",
    "Secrets",
    "Stamp",
    "Writer",
    "Writers",
    "post",
    "queued",
    "write",
]
