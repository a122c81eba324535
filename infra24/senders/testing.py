"""The message that tries a sender."""

from infra24.channels import Channel
from infra24.i18n import locale_format
from infra24.mail import Brand, Content, Email, render_content
from infra24.sms import Sms


def trial_message(channel: Channel, brand: Brand, to: str, language: str) -> Email | Sms:
    """A message that says that an organization's messages arrive. Raises InvalidAddress."""
    said = locale_format(language, language).translated
    words = said("Messages from %(name)s arrive.") % {"name": brand.name}
    if channel is Channel.SMS:
        return Sms(to, words)
    footer = said("You get this because you asked for a test.")
    return render_content(Content(said("Test"), words, brand.name, "", footer=footer), brand, to, language)
