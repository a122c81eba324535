"""E-mail: queued in the transaction that causes it, composed when it is sent, sent by a transport."""

from infra24.mail.composers import ComposeContext, Composer, Composers, TokenSigner
from infra24.mail.model import Email, InvalidAddress, MessageHeaders
from infra24.mail.rendering import render
from infra24.mail.sending import Mailer, enqueue, job_args
from infra24.mail.transport import (
    Facts,
    InvalidMailServer,
    InvalidSender,
    MailQueue,
    MailTransport,
    PermanentFailure,
    TemporaryFailure,
)

__all__ = [
    "ComposeContext",
    "Composer",
    "Composers",
    "Email",
    "Facts",
    "InvalidAddress",
    "InvalidMailServer",
    "InvalidSender",
    "MailQueue",
    "MailTransport",
    "Mailer",
    "MessageHeaders",
    "PermanentFailure",
    "TemporaryFailure",
    "TokenSigner",
    "enqueue",
    "job_args",
    "render",
]
