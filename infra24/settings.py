"""Settings, read once from the environment by the composition root."""

import secrets
from contextlib import suppress
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra24.proofs.bearer import Issuer
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
        default=None, description="32 bytes or more; booking tokens derive from it"
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
    rate_limit_factor: int = Field(
        default=1,
        ge=1,
        le=1_000_000,
        description="how many times the usual a client may ask and keep",
    )
    pool_size: int = Field(default=10, ge=1, le=200, description="database connections per process")

    @property
    def base_url(self) -> str:
        """The address that links in answers and calendar files begin with, without a slash at the end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def missing_proxy(self) -> bool:
        """Whether visitors come by https, so through a proxy, and none is trusted: all have its address."""
        return self.base_url.startswith("https:") and not self.trusted_proxies

    def secret_key(self) -> bytes:
        """The installation's secret: the one set, or one made at the first start and kept in `data_dir`."""
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        kept = self.data_dir / "secret"
        if not kept.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            fresh = kept.with_suffix(f".{secrets.token_hex(4)}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_hex(32))
            with suppress(FileExistsError):  # another process was first: then theirs is the secret
                kept.hardlink_to(fresh)
            fresh.unlink()
        return kept.read_text().strip().encode()
