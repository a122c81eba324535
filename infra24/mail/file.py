"""The transport of an installation without a mail server: each e-mail is a file that only its owner reads."""

from email.headerregistry import Address
from pathlib import Path

from infra24.mail.mime import message
from infra24.mail.model import Email, MessageHeaders
from infra24.message_files import MessageFiles


class FileTransport:
    """Writes e-mails as .eml files into a folder and keeps the newest 200."""

    def __init__(self, folder: Path, by: Address) -> None:
        self.files = MessageFiles(folder, ".eml")
        self.by = by

    @property
    def domain(self) -> str:
        """The sender's."""
        return self.by.domain

    @property
    def sender(self) -> str:
        """The sender's address."""
        return self.by.addr_spec

    async def send(self, email: Email, headers: MessageHeaders) -> str:
        """Write the file, its links whole; its name. The same Message-ID is the same file."""
        return await self.files.write(
            headers.id.partition("@")[0], bytes(message(email, headers, self.by, "8bit"))
        )

    async def check(self) -> str:
        """The folder, if it can be written to."""
        await self.files.check()
        return f"files in {self.files.folder}"
