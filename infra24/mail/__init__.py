"""Letters: what people are told by e-mail. Queued with the fact, written when sent, carried by a post."""

from infra24.mail.composers import Desk, Secrets, Writer, Writers
from infra24.mail.model import Letter, NoAddress, Stamp
from infra24.mail.rendering import write
from infra24.mail.sending import Office, post, queued
from infra24.mail.transport import Delayed, Facts, Letterbox, NoSender, NoServer, Post, Refused

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
