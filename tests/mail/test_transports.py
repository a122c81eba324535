"""Every post keeps the same promises; a real server on loopback, encrypted and not."""

import asyncio
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from infra24.channels import PermanentFailure, ServerUnavailable, TemporaryFailure
from infra24.errors import Invalid
from infra24.mail import Email, InvalidMailServer, InvalidSender, MailTransport, MessageHeaders
from infra24.mail.file import FileTransport
from infra24.mail.mime import sender
from infra24.mail.smtp import Server, SmtpTransport
from infra24.settings import Settings
from tests.mail.servers import Certificate, Mailbox, mail_server, self_made
from tests.serving import NOW

BY = sender("Infra24 <post@example.org>")
LINK = "https://example.org/sign-in/" + "s3cret-" * 20
EMAIL = Email("ada@example.org", "Hello", f"Open\n\n{LINK}\n", language="es")
STAMP = MessageHeaders("sign_in.7.abc@example.org", NOW)


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def plain(box: Mailbox) -> Iterator[int]:
    with mail_server(box, auth_require_tls=False) as port:
        yield port


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_made(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def encrypted(box: Mailbox, certificate: Certificate) -> Iterator[int]:
    with mail_server(box, tls_context=certificate.context, require_starttls=True, auth_required=True) as port:
        yield port


def smtp(url: str, seconds: float = 20.0) -> SmtpTransport:
    return SmtpTransport(Server.of(url), BY, seconds=seconds)


def send(post: MailTransport, mailed: Email = EMAIL, stamp: MessageHeaders = STAMP) -> str:
    return asyncio.run(post.send(mailed, stamp))


@pytest.fixture(params=["folder", "smtp"])
def post_and_read(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[MailTransport, Callable[[], list[EmailMessage]]]:
    if request.param == "smtp":
        box = request.getfixturevalue("box")
        return smtp(f"smtp://127.0.0.1:{request.getfixturevalue('plain')}"), lambda: box.sent_emails
    folder = tmp_path / "e-mails"

    def read() -> list[EmailMessage]:
        found = sorted(folder.glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]  # type: ignore[misc]

    return FileTransport(folder, BY), read


def test_what_arrives_is_what_was_written(
    post_and_read: tuple[MailTransport, Callable[[], list[EmailMessage]]],
) -> None:
    post, read = post_and_read
    said = send(
        post,
        replace(EMAIL, subject=("Café, ¿mañana? " * 9).strip(), html="<p>Hí</p>", reply_to="mo@example.org"),
    )
    (arrived,) = read()
    assert arrived["From"] == "Infra24 <post@example.org>"
    assert (arrived["To"], arrived["Reply-To"]) == ("ada@example.org", "mo@example.org")
    assert arrived["Subject"] == ("Café, ¿mañana? " * 9).strip()
    assert arrived["Message-ID"] == "<sign_in.7.abc@example.org>"
    assert arrived["Date"].datetime == NOW
    assert (arrived["Auto-Submitted"], arrived["Content-Language"]) == ("auto-generated", "es")
    text, html = arrived.get_body(("plain",)), arrived.get_body(("html",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == EMAIL.text
    assert html is not None
    assert html.get_content().strip() == "<p>Hí</p>"
    assert "ada@" not in said
    assert "s3cret" not in said


def test_an_email_sent_again_can_be_recognized(
    post_and_read: tuple[MailTransport, Callable[[], list[EmailMessage]]],
) -> None:
    post, read = post_and_read
    for _ in range(2):
        send(post)
    assert {mailed["Message-ID"] for mailed in read()} == {"<sign_in.7.abc@example.org>"}
    assert isinstance(post, SmtpTransport) or len(read()) == 1


def test_a_message_id_stays_on_its_line(box: Mailbox, plain: int) -> None:
    """Folded, it is none to some servers, which then give each repeat another."""
    long = f"booking_confirmed.{'0' * 36}@post.example.org"
    send(smtp(f"smtp://127.0.0.1:{plain}"), stamp=MessageHeaders(long, NOW))
    assert f"\r\nMessage-ID: <{long}>\r\n".encode() in box.raw[0]


def test_looking_says_where_emails_go_and_sends_none(
    post_and_read: tuple[MailTransport, Callable[[], list[EmailMessage]]],
) -> None:
    post, read = post_and_read
    assert asyncio.run(post.check())
    assert read() == []


@pytest.mark.parametrize(
    "evil", ["ada@example.org\r\nBcc: all@example.org", "ada@example.org, bob@example.org", "ada", "",
             "Ada <ada@example.org>", "ada@example.org\n", "a\x00b@example.org", "@example.org", "ada@"],
)  # fmt: skip
def test_an_address_is_one_address(evil: str) -> None:
    with pytest.raises(Invalid):
        Email(evil, "Hello", "text")
    if evil:
        with pytest.raises(Invalid):
            Email("ada@example.org", "Hello", "text", reply_to=evil)


@pytest.mark.parametrize(
    "evil", ["Hi\r\nBcc: all@example.org", "Hi\nX: y", "Hi\rX: y", "Hi\u2028X: y", "Hi\x85X: y", ""]
)
def test_no_subject_adds_a_header(evil: str) -> None:
    with pytest.raises(Invalid):
        Email("ada@example.org", evil, "text")
    with pytest.raises(Invalid):
        Email("ada@example.org", "Hi", "text", language=evil)


def test_a_domain_in_any_script_is_written_in_ascii(box: Mailbox, plain: int) -> None:
    send(smtp(f"smtp://127.0.0.1:{plain}"), replace(EMAIL, to="ada@bücher.example"))
    assert box.sent_emails[0]["To"] == "ada@xn--bcher-kva.example"


def test_a_name_in_any_script_goes_where_the_server_takes_it(box: Mailbox, plain: int) -> None:
    zoe = replace(EMAIL, to="zoë@example.org")
    with pytest.raises(PermanentFailure, match="beyond ASCII"):
        send(smtp(f"smtp://127.0.0.1:{plain}"), zoe)
    with mail_server(box, enable_SMTPUTF8=True) as port:
        send(smtp(f"smtp://127.0.0.1:{port}"), zoe)
    assert box.recipients == ["zoë@example.org"]


def test_an_email_does_not_show_its_links_when_it_is_printed() -> None:
    assert "s3cret" not in repr(EMAIL)


def test_a_file_has_its_links_whole(tmp_path: Path) -> None:
    name = send(FileTransport(tmp_path, BY), replace(EMAIL, text=f"¡Hola!\n\n{LINK}?a=b\n"))
    assert f"{LINK}?a=b" in (tmp_path / name).read_text().splitlines()


def test_a_text_that_looks_like_headers_or_the_end_stays_text(box: Mailbox, plain: int) -> None:
    send(smtp(f"smtp://127.0.0.1:{plain}"), replace(EMAIL, text=".\r\n.\nBcc: all@example.org\n\nQUIT\n"))
    (arrived,) = box.sent_emails
    assert arrived["Bcc"] is None
    assert arrived.get_content().splitlines() == [".", ".", "Bcc: all@example.org", "", "QUIT"]


def test_starttls_and_a_password_by_a_certificate_that_is_trusted_by_name(
    box: Mailbox, encrypted: int, certificate: Certificate
) -> None:
    post = smtp(f"smtp://infra24:p%40ss%2Fword@127.0.0.1:{encrypted}?ca={certificate.path}")
    send(post)
    assert len(box.sent_emails) == 1
    assert box.sessions[0].ssl is not None
    assert box.sessions[0].authenticated
    assert "TLSv1." in asyncio.run(post.check())


def test_smtps_is_encrypted_from_the_first_byte(box: Mailbox, certificate: Certificate) -> None:
    with mail_server(box, ssl_context=certificate.context) as port:
        send(smtp(f"smtps://127.0.0.1:{port}?ca={certificate.path}"))
    assert len(box.sent_emails) == 1


def test_a_certificate_that_nobody_trusts_gets_no_password(
    box: Mailbox, encrypted: int, tmp_path: Path
) -> None:
    other = self_made(tmp_path)
    with pytest.raises(TemporaryFailure, match="CERTIFICATE_VERIFY_FAILED"):
        send(smtp(f"smtp://infra24:p%40ss%2Fword@127.0.0.1:{encrypted}?ca={other.path}"))
    assert box.logins == []


def test_a_server_without_starttls_gets_no_password_where_it_is_wanted(
    box: Mailbox, plain: int, certificate: Certificate
) -> None:
    with pytest.raises(TemporaryFailure, match="STARTTLS"):
        send(smtp(f"smtp://infra24:p%40ss%2Fword@127.0.0.1:{plain}?ca={certificate.path}"))
    assert (box.logins, box.tried) == ([], 0)


def test_encryption_is_wanted_everywhere_but_on_this_machine() -> None:
    wanted = {
        "smtp://mail.example.org": True, "smtp://192.0.2.1:25": True, "smtp://localhost.example.org": True,
        "smtp://localhost": False, "smtp://127.0.0.9": False, "smtp://[::1]:25": False,
        "smtp://localhost?ca=/x.pem": True,
    }  # fmt: skip
    assert {url: Server.of(url).starttls for url in wanted} == wanted
    assert Server.of("smtps://mail.example.org").implicit_tls
    assert (Server.of("smtps://h").port, Server.of("smtp://h").port) == (465, 587)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org:587",
        "http://u:hunter2@h",
        "smtp://u:hunter2@",
        "smtp://u:hunter2@h:x",
        "smtp://u:hunter2@h?tls=no",
    ],
)
def test_an_address_of_no_server_is_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(InvalidMailServer) as refused:
        Server.of(url)
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(Server.of("smtp://u:hunter2@h"))


@pytest.mark.parametrize(
    "by", ["", "nobody", "A <a@b.example>, C <c@d.example>", "A <a@b.example>\nBcc: c@d.example"]
)
def test_a_sender_is_one_address(by: str) -> None:
    with pytest.raises(InvalidSender):
        sender(by)


def test_a_wrong_password_is_the_settings_fault_and_loses_no_email(
    box: Mailbox, encrypted: int, certificate: Certificate
) -> None:
    with pytest.raises(TemporaryFailure, match="does not let infra24 in"):
        send(smtp(f"smtp://infra24:wrong@127.0.0.1:{encrypted}?ca={certificate.path}"))
    assert box.sent_emails == []


@pytest.mark.parametrize(
    ("answer", "kind"), [("451 come later", TemporaryFailure), ("421 busy", TemporaryFailure), ("550 no such user", PermanentFailure),
                         ("530 encrypt first", TemporaryFailure), ("554 spam", PermanentFailure)],
)  # fmt: skip
@pytest.mark.parametrize("step", ["to_rcpt", "to_data"])
def test_what_a_refusal_means(
    box: Mailbox, plain: int, step: str, answer: str, kind: type[Exception]
) -> None:
    getattr(box, step).append(f"{answer} ada@example.org <ada@example.org> {LINK}")
    with pytest.raises(kind, match=answer) as failed:
        send(smtp(f"smtp://127.0.0.1:{plain}"))
    assert "ada@" not in str(failed.value)
    assert "s3cret" not in str(failed.value)
    assert failed.value.__cause__ is None
    send(smtp(f"smtp://127.0.0.1:{plain}"))
    assert len(box.sent_emails) == 1


def test_a_sender_who_is_refused_is_the_settings_fault_and_an_email_too_large_its_own(
    box: Mailbox, plain: int
) -> None:
    box.to_mail = ["553 not yours <post@example.org>", "552 too large"]
    with pytest.raises(ServerUnavailable, match=r"takes nothing from post@example\.org: 553 not yours"):
        send(smtp(f"smtp://127.0.0.1:{plain}"))
    with pytest.raises(PermanentFailure, match="552 too large"):
        send(smtp(f"smtp://127.0.0.1:{plain}"))
    send(smtp(f"smtp://127.0.0.1:{plain}"))
    assert len(box.sent_emails) == 1


def test_a_server_that_is_gone_or_hangs_up_delays(box: Mailbox) -> None:
    with mail_server(box) as port:
        pass
    with pytest.raises(TemporaryFailure, match="does not answer"):
        send(smtp(f"smtp://127.0.0.1:{port}"))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        with pytest.raises(TemporaryFailure):
            asyncio.run(smtp(f"smtp://127.0.0.1:{silent.getsockname()[1]}", 0.2).check())


def test_files_are_their_owners_alone_and_the_newest_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "e-mails"
    post = FileTransport(folder, BY)

    async def main() -> None:
        for n in range(203):
            await post.send(EMAIL, MessageHeaders(f"sign_in.{n}.abc@example.org", NOW))

    asyncio.run(main())
    files = {path.name for path in folder.iterdir()}
    assert len(files) == 200
    assert {"sign_in.202.abc.eml", "sign_in.3.abc.eml"} <= files
    assert "sign_in.2.abc.eml" not in files
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_folder_that_cannot_be_written_to_delays(tmp_path: Path) -> None:
    (tmp_path / "e-mails").write_text("in the way")
    with pytest.raises(TemporaryFailure, match="cannot be written to"):
        send(FileTransport(tmp_path / "e-mails", BY))


@pytest.mark.parametrize(
    ("set_", "server"),
    [
        ({}, None),
        ({"SMTP_HOST": "mail.example.org"}, "smtp://mail.example.org:587"),
        (
            {
                "SMTP_HOST": "mail.example.org",
                "SMTP_PORT": "465",
                "SMTP_USER": "a@b",
                "SMTP_PASSWORD": "p:/@ß",
            },
            "smtps://a%40b:p%3A%2F%40%C3%9F@mail.example.org:465",
        ),
        ({"SMTP_HOST": "other", "INFRA24_SMTP_URL": "smtp://mine.example.org"}, "smtp://mine.example.org"),
    ],
)
def test_the_mail_server_is_named_by_its_address_or_by_its_parts(
    monkeypatch: pytest.MonkeyPatch, set_: dict[str, str], server: str | None
) -> None:
    for name, value in {
        "SMTP_FROM": "Ours <a@b.org>",
        "NEXT_PUBLIC_APP_URL": "https://b.org",
        **set_,
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.mail_server == server
    assert (settings.mail_from, settings.base_url) == ("Ours <a@b.org>", "https://b.org")
    if server:
        read = Server.of(server)
        assert (read.user, read.password) == (set_.get("SMTP_USER", ""), set_.get("SMTP_PASSWORD", ""))
