"""E-mail: queued in the transaction that causes it, composed when it is sent, sent by a transport."""

from infra24.mail.composing import ComposeContext, Composer, Composers, TokenSigner
from infra24.mail.model import Email, InvalidAddress, MessageHeaders
from infra24.mail.rendering import render
from infra24.mail.sending import QUEUE, TASK, Mailer, enqueue
from infra24.mail.transport import (
    InvalidMailServer,
    InvalidSender,
    MailTransport,
    PermanentFailure,
    TemporaryFailure,
)

__all__ = [
    "QUEUE",
    "TASK",
    "ComposeContext",
    "Composer",
    "Composers",
    "Email",
    "InvalidAddress",
    "InvalidMailServer",
    "InvalidSender",
    "MailTransport",
    "Mailer",
    "MessageHeaders",
    "PermanentFailure",
    "TemporaryFailure",
    "TokenSigner",
    "enqueue",
    "render",
]
