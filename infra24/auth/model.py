"""What a provider says of someone, and the ways in which a proof is refused."""

from dataclasses import dataclass

from infra24.errors import Conflict, Forbidden, Unauthenticated, Unavailable


@dataclass(frozen=True, slots=True)
class Claims:
    """Someone as an issuer knows them: `issuer` and `subject` together are the only name that never changes.

    An address that is not verified proves nothing: never look an account up by it. `session` is the issuer's
    own session, where a token names one.
    """

    issuer: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    session: str | None = None


class ProviderRefused(Forbidden):
    """Your sign-in could not be confirmed. Go back and sign in once more."""


class SignInDeclined(ProviderRefused):
    """The sign-in was not finished there. Try again, or choose another way to sign in."""


class ProviderDown(Unavailable):
    """The sign-in service cannot be reached right now. Try again in a minute, or sign in another way."""


class ProviderUnfit(ProviderDown):
    """This way to sign in is not set up right. Sign in another way, and tell whoever runs this site."""


class BearerRefused(Unauthenticated):
    """This token is not valid here, or not any more. Get a new one from where you signed in."""


class PasskeyRefused(Forbidden):
    """This passkey could not be confirmed. Try again, or sign in another way."""


class PasskeyCopied(PasskeyRefused):
    """This passkey was used out of turn, so there may be a copy of it. Remove it and make a new one."""


class PasswordsBusy(Unavailable):
    """Too many people are signing in at once. Try again in a minute."""


class DecryptionFailed(Forbidden):
    """This request could not be verified. Start again."""


class DecryptionExpired(DecryptionFailed):
    """This took too long. Start again."""


class PasskeysImpossible(Conflict):
    """Passkeys work only over HTTPS at a domain name. Sign in another way."""
