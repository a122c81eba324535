"""Settings, read once from the environment by the composition root."""

import fcntl
import os
import secrets
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator

from infra24.auth.bearer import Issuer
from infra24.auth.keyring import Keyring
from infra24.auth.oidc import Provider
from infra24.mail_settings import MailSettings

CHECKOUT = Path(__file__).resolve().parent.parent


_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Settings(MailSettings):
    """What an installation can set; each has a default that works on a laptop."""

    port: int = Field(
        default=8000,
        ge=1,
        le=65535,
        validation_alias="PORT",
        description="The TCP port that `serve` listens on.",
        examples=["8000"],
    )
    host: str = Field(
        default="127.0.0.1",
        description="The address that `serve` listens on. Leave it at the loopback address behind a reverse "
        "proxy on the same machine; `0.0.0.0` listens on every interface.",
        examples=["127.0.0.1"],
    )
    data_dir: Path = Field(
        default=CHECKOUT / ".data",
        description="The folder for the embedded database, the secret made at the first start, and e-mail "
        "when no mail server is set. It must be writable.",
        examples=["/var/lib/infra24"],
    )
    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="The PostgreSQL database (15 or newer) to use. Without it `infra24` runs an embedded "
        "PostgreSQL in the data folder.",
        examples=["postgresql://infra24:password@localhost:5432/infra24"],
    )
    owner_database_url: str | None = Field(
        default=None,
        description="The same database as the role that owns it and migrates it, when `DATABASE_URL` names a "
        "role with fewer rights. Without it `DATABASE_URL` does both.",
        examples=["postgresql://infra24_owner:password@localhost:5432/infra24"],
    )
    secret: SecretStr | None = Field(
        default=None,
        description="The secret that links in e-mail, booking tokens and sealed values are made under: "
        "32 bytes or more, the same for every process. Without it one is made at the first start "
        "and kept in the data folder. Make one with `openssl rand -hex 32`.",
        examples=["the output of openssl rand -hex 32"],
    )
    earlier_secrets: tuple[SecretStr, ...] = Field(
        default=(),
        description="Previous secrets, as a JSON list. Links and values made with them keep working.",
        examples=['["the former secret"]'],
    )
    imap_url: SecretStr | None = Field(
        default=None,
        description="The mailbox of the sender's address: `imaps://user:password@host/INBOX`. What calendars "
        "reply to invitations, and e-mail that comes back, is read there once a minute. Write `@`, `/` and "
        "`:` in a password as `%40`, `%2F` and `%3A`.",
        examples=["imaps://booking%40example.org:password@imap.example.org/INBOX"],
    )
    admin_api_key: SecretStr | None = Field(
        default=None,
        min_length=24,
        validation_alias="ADMIN_API_KEY",
        description="The key with which a scheduler may have messages sent "
        "(`POST /api/notifications/process`), 24 characters or more. Only needed where no `infra24 worker` "
        "runs.",
        examples=["the output of openssl rand -hex 32"],
    )
    public_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("INFRA24_PUBLIC_URL", "NEXT_PUBLIC_APP_URL"),
        description="The address at which visitors reach this installation; links in answers, e-mail and "
        "calendar files begin with it. Without it `http://localhost:<PORT>`.",
        examples=["https://booking.example.org"],
    )
    providers: tuple[Provider, ...] = Field(
        default=(),
        description="OpenID Connect providers to sign in with, as a JSON list. The redirect address to "
        "register at each is `<INFRA24_PUBLIC_URL>/sign-in/with/<slug>/back`.",
        examples=[
            '[{"slug": "google", "title": "Google", "issuer": "https://accounts.google.com", '
            '"client_id": "id", "client_secret": "secret"}]'
        ],
    )
    issuers: tuple[Issuer, ...] = Field(
        default=(),
        description="Outside issuers whose bearer tokens the API accepts, as a JSON list. Each needs "
        "`audience` or `azp`, the sites its tokens may be issued to.",
        examples=['[{"issuer": "https://login.example.org", "azp": ["https://example.org"]}]'],
    )
    owner_email: str | None = Field(
        default=None,
        description="The e-mail address of the first owner. While nobody has an account, `serve` makes one "
        "for it that owns every organization there is, and prints a link that signs in once; "
        "`organization` makes it the owner of what it creates.",
        examples=["you@example.org"],
    )
    trusted_proxies: str = Field(
        default="",
        description="The addresses or networks of the reverse proxies in front, separated by commas; `*` for "
        "any. Only their `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
        examples=["127.0.0.1"],
    )
    inner_networks: str = Field(
        default="",
        description="Private networks, separated by commas, that organizations' webhooks, calendars and "
        "other services may be in. Without it only public addresses are allowed.",
        examples=["10.20.0.0/16"],
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=200,
        description="The most database connections that a web process opens; a worker opens up to eight.",
        examples=["10"],
    )
    pool_timeout: float = Field(
        default=5,
        gt=0,
        le=300,
        description="How many seconds a request waits for a database connection; after that it gets 503.",
        examples=["5"],
    )
    rate_limit_factor: int = Field(
        default=1,
        ge=1,
        le=1_000_000,
        description="How many times the usual number of requests and bookings a client may make, for "
        "installations whose visitors share an address.",
        examples=["2"],
    )

    @field_validator("public_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        """Scheme and host, perhaps a port: the product is at the root of its host."""
        if not value:
            return None
        try:
            parts = urlsplit(value)
            whole = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
            _ = parts.port
        except ValueError:
            whole = None
        if not whole or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("write http:// or https://, and the host; nothing after it")
        return value

    @field_validator("trusted_proxies", "inner_networks")
    @classmethod
    def _are_addresses(cls, value: str, info: ValidationInfo) -> str:
        for part in _parts(value):
            try:
                (part == "*" and info.field_name == "trusted_proxies") or ip_network(part)
            except ValueError:
                raise ValueError(
                    f"{part[:50]!r} is not an IP address or network, such as 10.0.0.0/8"
                ) from None
        return value

    @field_validator("owner_email")
    @classmethod
    def _is_email(cls, value: str | None) -> str | None:
        if not value:
            return None
        try:
            return validate_email(value, check_deliverability=False).normalized.lower()
        except EmailNotValidError as error:
            raise ValueError(str(error)) from None

    @property
    def outbound_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The inner networks that an organization's addresses may lead to."""
        return tuple(ip_network(part) for part in _parts(self.inner_networks))

    @property
    def base_url(self) -> str:
        """The address that links in answers and calendar files begin with, without a slash at the end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def missing_proxy(self) -> bool:
        """Whether visitors come by https, so through a proxy, and none is trusted: all have its address."""
        return self.base_url.startswith("https:") and not self.trusted_proxies

    @property
    def mail_folder(self) -> Path:
        """Where e-mails are kept while there is no mail server."""
        return self.data_dir / "mail"

    @property
    def shows_inbox(self) -> bool:
        """Whether kept e-mails are shown at /inbox: only where nobody else can reach this installation."""
        local = {self.host, urlsplit(self.base_url).hostname} <= _LOOPBACK
        return self.mail_server is None and self.resend_api_key is None and local

    @property
    def secret_file(self) -> Path:
        """Where secrets are kept that are not set: one a line, the current one first."""
        return self.data_dir / "secret"

    def keyring(self) -> Keyring:
        """The installation's secrets; the first start makes one and keeps it. Raises SecretTooShort."""
        if self.secret is None and not self.secret_file.exists():
            fresh = self._written([new_secret()])
            with suppress(FileExistsError):  # another process was first: then theirs is the secret
                self.secret_file.hardlink_to(fresh)
            fresh.unlink()
        return Keyring(self._secrets)

    def put_secret_first(self, secret: str) -> None:
        """Keep another secret as the current one, and those before it as earlier ones."""
        folder = os.open(self.data_dir, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)  # of two who rotate at once neither loses the other's
            self._written([secret, *self._kept()]).replace(self.secret_file)
        finally:
            os.close(folder)

    def _secrets(self) -> list[bytes]:
        """The secret that is set, or those in the file; then earlier ones that are set."""
        set_ = [one.get_secret_value().encode() for one in (self.secret, *self.earlier_secrets) if one]
        kept = [] if self.secret is not None else [line.encode() for line in self._kept()]
        return kept + set_

    def _kept(self) -> list[str]:
        lines = map(str.strip, self.secret_file.read_text().splitlines())
        return [line for line in lines if line]

    def _written(self, kept: list[str]) -> Path:
        """A file of these beside the one that is kept, for nobody else to read."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        fresh = self.secret_file.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text("\n".join(kept))
        return fresh


def _parts(listed: str) -> list[str]:
    return [part for part in map(str.strip, listed.split(",")) if part]


def new_secret() -> str:
    """256 random bits, as a line of text."""
    return secrets.token_hex(32)


def variable_of(name: str) -> str:
    """The environment variable of a setting, named by its field or by that variable itself."""
    field = Settings.model_fields.get(name)
    if field is None:
        return name
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        alias = str(alias.choices[0])
    return str(alias or f"INFRA24_{name.upper()}")
