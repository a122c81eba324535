"""The settings of the mail server and the sender."""

from urllib.parse import quote

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_SMTPS = 465


class MailSettings(BaseSettings):
    """Where e-mail is sent: one address, or its parts under the names that other programs use."""

    model_config = SettingsConfigDict(env_prefix="INFRA24_", populate_by_name=True)

    smtp_url: SecretStr | None = Field(
        default=None,
        description="The mail server: `smtp://` with STARTTLS or `smtps://`. Write `@`, `/` and `:` in a "
        "password as `%40`, `%2F` and `%3A`. Without it e-mail is written to files in the data "
        "folder and not sent.",
        examples=["smtp://user:password@mail.example.org:587"],
    )
    smtp_host: str | None = Field(
        default=None,
        validation_alias="SMTP_HOST",
        description="The mail server's name, where `INFRA24_SMTP_URL` is not set.",
        examples=["mail.example.org"],
    )
    smtp_port: int = Field(
        default=587,
        ge=1,
        le=65535,
        validation_alias="SMTP_PORT",
        description="Its port, for `SMTP_HOST`: 465 is encrypted from the start, any other by STARTTLS.",
        examples=["587"],
    )
    smtp_user: str | None = Field(
        default=None,
        validation_alias="SMTP_USER",
        description="The user to sign in as, for `SMTP_HOST`.",
        examples=["booking@example.org"],
    )
    smtp_password: SecretStr | None = Field(
        default=None,
        validation_alias="SMTP_PASSWORD",
        description="Their password, for `SMTP_HOST`; written as it is.",
        examples=["password"],
    )
    mail_from: str | None = Field(
        default=None,
        validation_alias=AliasChoices("INFRA24_MAIL_FROM", "SMTP_FROM"),
        description="The sender of e-mail. Without it `Infra24 Booking <booking@…>` with the host of "
        "`INFRA24_PUBLIC_URL`.",
        examples=["Our House <booking@example.org>"],
    )

    @property
    def mail_server(self) -> str | None:
        """The mail server as an address: the one that is set, or made of SMTP_HOST and its others."""
        if self.smtp_url is not None:
            return self.smtp_url.get_secret_value()
        if not self.smtp_host:
            return None
        password = quote(self.smtp_password.get_secret_value(), safe="") if self.smtp_password else ""
        user = f"{quote(self.smtp_user, safe='')}:{password}@" if self.smtp_user else ""
        scheme = "smtps" if self.smtp_port == _SMTPS else "smtp"
        return f"{scheme}://{user}{self.smtp_host}:{self.smtp_port}"
