"""The mailbox that answers come to: what calendars reply to invitations, and what could not be delivered."""

from infra24.mailbox.imap import ImapMailbox, InvalidMailbox
from infra24.mailbox.reader import MailboxReader
from infra24.mailbox.reading import Bounce, CalendarReply, read

__all__ = ["Bounce", "CalendarReply", "ImapMailbox", "InvalidMailbox", "MailboxReader", "read"]
