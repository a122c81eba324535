"""What a person reads when a proof is refused is there in every language."""

from io import BytesIO

from babel.messages.pofile import read_po

from infra24.auth import model, passwords
from infra24.errors import DomainError
from infra24.i18n import LANGUAGES, LOCALES


def test_every_refusal_is_a_sentence_in_every_language() -> None:
    kinds = [
        kind for kind in vars(model).values() if isinstance(kind, type) and issubclass(kind, DomainError)
    ]
    own = [kind().message for kind in kinds if kind.__module__ == model.__name__]
    wanted = {*own, passwords.TOO_SHORT, passwords.TOO_LONG, passwords.TOO_COMMON, passwords.TOO_CLOSE}
    assert len(wanted) == len(own) + 4
    for language in set(LANGUAGES) - {"en"}:
        catalogue = read_po(BytesIO((LOCALES / language / "LC_MESSAGES/infra24.po").read_bytes()))
        assert not wanted - {str(message.id) for message in catalogue if message.string}
