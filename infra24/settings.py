"""Settings, read once from the environment by the composition root."""

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra24.proofs.bearer import Issuer
from infra24.proofs.keyring import Keyring
from infra24.proofs.oidc import Provider

CHECKOUT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What an installation can set; each has a default that works on a laptop."""

    model_config = SettingsConfigDict(env_prefix="INFRA24_", populate_by_name=True)

    port: int = Field(default=8000, validation_alias="PORT", description="where to serve")
    host: str = Field(default="127.0.0.1", description="the address to listen on")
    data_dir: Path = Field(
        default=CHECKOUT / ".data", description="the embedded database and the secret live here"
    )
    database_url: str | None = Field(
        default=None, validation_alias="DATABASE_URL", description="a PostgreSQL 15+ of your own"
    )
    owner_database_url: str | None = Field(
        default=None, description="the role that migrates, when DATABASE_URL is the application's"
    )
    secret: SecretStr | None = Field(
        default=None, description="32 bytes or more; links, tokens and seals are made under it"
    )
    earlier_secrets: tuple[SecretStr, ...] = Field(
        default=(), description="former secrets, as JSON: what was made under them still opens"
    )
    public_url: str | None = Field(default=None, description="how visitors reach this server")
    smtp_url: SecretStr | None = Field(
        default=None,
        description="the mail server, smtp://user:password@host:587; else letters are files in data_dir",
    )
    mail_from: str | None = Field(
        default=None, description="the sender of letters: Infra24 <post@example.org>"
    )
    providers: tuple[Provider, ...] = Field(
        default=(),
        description="OpenID Connect providers, as JSON: [{slug, title, issuer, client_id, client_secret}]",
    )
    issuers: tuple[Issuer, ...] = Field(
        default=(), description="whose bearer tokens are taken, as JSON: [{issuer, azp: [our site]}]"
    )
    owner_email: str = Field(default="owner@example.org", description="whose account the first run makes")
    trusted_proxies: str = Field(
        default="", description="addresses of proxies in front whose X-Forwarded-For is believed: 127.0.0.1"
    )
    pool_size: int = Field(default=10, ge=1, le=200, description="database connections per process")

    @property
    def base_url(self) -> str:
        """The address that links in answers and calendar files begin with, without a slash at the end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def secret_file(self) -> Path:
        """Where secrets are kept that are not set: one a line, the current one first."""
        return self.data_dir / "secret"

    def keyring(self) -> Keyring:
        """The installation's secrets; the first start makes one and keeps it. Refuses with SecretTooShort."""
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


def new_secret() -> str:
    """256 random bits, as a line of text."""
    return secrets.token_hex(32)
