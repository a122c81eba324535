"""The settings of the mail server and the sender."""

from urllib.parse import quote

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_SMTPS = 465
RESEND, TWILIO = "https://api.resend.com", "https://api.twilio.com"


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

    smtp_oauth_token_url: str | None = Field(
        default=None,
        description="Where access tokens for the mail server are fetched, when it takes no password "
        "(XOAUTH2): `https://oauth2.googleapis.com/token`, or "
        "`https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token`.",
        examples=["https://oauth2.googleapis.com/token"],
    )
    smtp_oauth_client_id: str = Field(
        default="",
        description="The client's id at that provider. The user is that of `SMTP_USER` or of the address.",
        examples=["1234.apps.googleusercontent.com"],
    )
    smtp_oauth_client_secret: SecretStr = Field(
        default=SecretStr(""), description="The client's secret.", examples=["secret"]
    )
    smtp_oauth_refresh_token: SecretStr = Field(
        default=SecretStr(""),
        description="The refresh token that the mailbox's owner granted. Without it the client asks for "
        "itself, as Microsoft's applications do.",
        examples=["1//0abc"],
    )
    smtp_oauth_scope: str = Field(
        default="",
        description="The scope to ask for, where the provider wants one: Microsoft "
        "`https://outlook.office365.com/.default`.",
        examples=["https://outlook.office365.com/.default"],
    )
    resend_api_key: SecretStr | None = Field(
        default=None,
        validation_alias="RESEND_API_KEY",
        description="Sends e-mail through Resend, where no mail server is set.",
        examples=["re_123"],
    )
    resend_from: str | None = Field(
        default=None,
        validation_alias="RESEND_FROM_EMAIL",
        description="The sender of e-mail through Resend, at a domain that is verified there. Without it "
        "`INFRA24_MAIL_FROM`.",
        examples=["Our House <booking@example.org>"],
    )
    resend_url: str = Field(
        default=RESEND,
        validation_alias="RESEND_API_URL",
        description="Where Resend's API is. Another address is for tests against an emulator.",
        examples=[RESEND],
    )
    twilio_account_sid: str | None = Field(
        default=None,
        validation_alias="TWILIO_ACCOUNT_SID",
        description="Sends text messages through this Twilio account, for organizations without one of their "
        "own. Without it text messages are only offered by those.",
        examples=["AC0123456789abcdef0123456789abcdef"],
    )
    twilio_auth_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="TWILIO_AUTH_TOKEN",
        description="The account's token.",
        examples=["token"],
    )
    twilio_number: str = Field(
        default="",
        validation_alias="TWILIO_PHONE_NUMBER",
        description="The number that text messages come from, with its country code.",
        examples=["+14155550123"],
    )
    twilio_url: str = Field(
        default=TWILIO,
        description="Where Twilio's API is. Another address is for tests against an emulator.",
        examples=[TWILIO],
    )
    mail_per_minute: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="The most e-mails a minute that one organization sends through this installation's mail "
        "server. Without it there is no limit. Messages over it wait.",
        examples=["120"],
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
