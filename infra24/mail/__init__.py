"""E-mail: queued in the transaction that causes it, composed when it is sent, sent by a transport."""

from infra24.mail.composing import ComposeContext, Composer, Composers, TokenSigner
from infra24.mail.content import Brand, Content, render_content, wording
from infra24.mail.model import CalendarPart, Email, InvalidAddress, MessageHeaders
from infra24.mail.rendering import render
from infra24.mail.sending import QUEUE, TASK, Mailer, enqueue
from infra24.mail.transport import InvalidMailServer, InvalidSender, MailTransport

__all__ = [
    "QUEUE",
    "TASK",
    "Brand",
    "CalendarPart",
    "ComposeContext",
    "Composer",
    "Composers",
    "Content",
    "Email",
    "InvalidAddress",
    "InvalidMailServer",
    "InvalidSender",
    "MailTransport",
    "Mailer",
    "MessageHeaders",
    "TokenSigner",
    "enqueue",
    "render",
    "render_content",
    "wording",
]
