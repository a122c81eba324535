"""From the fact to the server: nothing lost, nothing sent of what did not happen, no secret in a job."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from pydantic import SecretStr

from infra24 import doctor, mail
from infra24.app import compose
from infra24.channels import PermanentFailure
from infra24.db import Database
from infra24.errors import Invalid
from infra24.mail import ComposeContext, Composers, Email, InvalidAddress, InvalidMailServer, render
from infra24.mail.retry import MailRetry, delay_seconds
from infra24.server import Urls
from infra24.settings import Settings
from infra24.worker import Worker
from tests.mail.servers import Mailbox, mail_server
from tests.serving import Clock

PERSON = UUID(int=7)


async def _sign_in(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
    proof = context.tokens.sign("sign in", UUID(facts["user"]).bytes).hex()
    return render(
        "sign_in", "ada@example.org", "en", name="Ada", link=f"{context.base_url}/sign-in/{proof}", minutes=15
    )


async def _silent(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
    return None


FAKES: Composers = {"sign_in": _sign_in, "silent": _silent}

Scenario = Callable[[Database, Worker], Awaitable[Any]]


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def by_mail(settings: Settings, box: Mailbox) -> Iterator[Settings]:
    with mail_server(box) as port:
        yield settings.model_copy(
            update={"smtp_url": SecretStr(f"smtp://127.0.0.1:{port}?from=Infra24%20<post@example.org>")}
        )


@pytest.fixture(scope="module")
def database_of_emails(make_database: Callable[[], str]) -> str:
    return make_database()


@pytest.fixture
def url(database_of_emails: str) -> str:
    """A database without jobs, which counts them from 1."""
    with psycopg.connect(database_of_emails, autocommit=True) as owner:
        owner.execute("TRUNCATE procrastinate_jobs, procrastinate_workers RESTART IDENTITY CASCADE")
    return database_of_emails


def tell(settings: Settings, url: str, clock: Clock, scenario: Scenario, composers: Composers = FAKES) -> Any:
    async def main() -> Any:
        database, worker = compose(settings, url, clock, composers)
        await database.open()
        try:
            return await scenario(database, worker)
        finally:
            await database.close()

    return asyncio.run(main())


async def ask(database: Database, worker: Worker, kind: str = "sign_in") -> None:
    async with database.accounts() as tx:
        mail.enqueue(tx, kind, user=PERSON)


async def drain(worker: Worker) -> None:
    await worker.run_until_idle()


def jobs(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as owner:
        return owner.execute(
            "SELECT status::text, attempts, extract(epoch FROM scheduled_at - now())::float, args "
            "FROM procrastinate_jobs WHERE task_name = 'send_email' ORDER BY id"
        ).fetchall()


def hurry(url: str) -> None:
    """The pause before the next try is over."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")


def test_an_email_goes_when_its_transaction_commits_and_its_job_has_no_secret(
    by_mail: Settings, url: str, clock: Clock, box: Mailbox
) -> None:
    kept: list[Any] = []

    async def scenario(database: Database, worker: Worker) -> None:
        await ask(database, worker)
        kept.extend(jobs(url))
        await drain(worker)

    tell(by_mail, url, clock, scenario)
    assert [job[3] for job in kept] == [{"kind": "sign_in", "facts": {"user": str(PERSON)}}]
    (mailed,) = box.sent_emails
    assert mailed["To"] == "ada@example.org"
    assert mailed["From"] == "Infra24 <post@example.org>"
    assert "/sign-in/" in mailed.get_content()
    assert mailed["Message-ID"].startswith("<sign_in.1.")
    assert mailed["Message-ID"].endswith("@example.org>")
    assert jobs(url)[0][0] == "succeeded"


def test_an_email_of_a_transaction_that_fails_is_never_sent(
    by_mail: Settings, url: str, clock: Clock, box: Mailbox
) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        with pytest.raises(RuntimeError):
            async with database.accounts() as tx:
                mail.enqueue(tx, "sign_in", user=PERSON)
                raise RuntimeError
        await drain(worker)

    tell(by_mail, url, clock, scenario)
    assert jobs(url) == []
    assert box.tried == 0


@pytest.mark.parametrize(
    "secret",
    ["https://example.org/x", "ada@example.org", "Kx9_aaaaaaaaaaaaaaaaaaaa", "a" * 41, "two words", ""],
)
def test_a_job_takes_no_secret_and_no_address(
    settings: Settings, url: str, clock: Clock, secret: str
) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        async with database.accounts() as tx:
            with pytest.raises(Invalid, match="does not go into a job"):
                mail.enqueue(tx, "sign_in", user=PERSON, token=secret)

    tell(settings, url, clock, scenario)
    assert jobs(url) == []


def test_a_server_that_is_busy_is_asked_again_later(
    by_mail: Settings, url: str, clock: Clock, box: Mailbox
) -> None:
    box.to_rcpt, box.to_data = ["450 later"], ["451 later"]
    waits = []

    async def scenario(database: Database, worker: Worker) -> None:
        await ask(database, worker)
        for _ in range(3):
            hurry(url)
            await drain(worker)
            waits.append(jobs(url)[0][:3])

    tell(by_mail, url, clock, scenario)
    assert [(status, attempts) for status, attempts, _ in waits] == [
        ("todo", 1),
        ("todo", 2),
        ("succeeded", 3),
    ]
    assert 1 < waits[0][2] <= 15
    assert 7 < waits[1][2] <= 30
    assert len(box.sent_emails) == 1


def test_a_refusal_for_good_is_final_and_logged_without_the_recipient(
    by_mail: Settings, url: str, clock: Clock, box: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    box.to_rcpt = ["550 <ada@example.org> is nobody here"]

    async def scenario(database: Database, worker: Worker) -> None:
        await ask(database, worker)
        for _ in range(2):
            hurry(url)
            await drain(worker)

    tell(by_mail, url, clock, scenario)
    assert jobs(url)[0][:2] == ("failed", 1)
    assert box.tried == 1
    said = [record.getMessage() for record in caplog.records if record.name == "infra24.mail"]
    assert said == ["e-mail sign_in of job 1 failed for good: 550 <…> is nobody here"]
    assert "ada@example.org" not in caplog.text


def test_nothing_to_say_is_nothing_sent(by_mail: Settings, url: str, clock: Clock, box: Mailbox) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        await ask(database, worker, "silent")
        await drain(worker)

    tell(by_mail, url, clock, scenario)
    assert box.tried == 0
    assert jobs(url)[0][0] == "succeeded"


def test_a_kind_that_this_worker_does_not_know_waits_for_one_that_does(
    by_mail: Settings, url: str, clock: Clock, box: Mailbox
) -> None:
    tell(by_mail, url, clock, ask)
    tell(by_mail, url, clock, lambda _, worker: drain(worker), composers={})
    assert jobs(url)[0][:2] == ("todo", 1)
    hurry(url)
    tell(by_mail, url, clock, lambda _, worker: drain(worker))
    assert len(box.sent_emails) == 1


def test_without_a_server_the_log_has_the_name_of_the_file_and_not_the_link(
    settings: Settings, url: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario(database: Database, worker: Worker) -> None:
        await ask(database, worker)
        await drain(worker)

    tell(settings, url, clock, scenario)
    (file,) = (settings.data_dir / "mail").iterdir()
    link = next(line for line in file.read_text().splitlines() if "/sign-in/" in line)
    assert f"e-mail sign_in: {file.name}" in caplog.text
    assert link[:40] not in caplog.text
    assert "/sign-in/" not in caplog.text
    assert "ada@example.org" not in caplog.text


@pytest.mark.parametrize(("step", "least"), [("before it is sent", 1), ("after it is sent", 2)])
def test_a_worker_killed_loses_no_email_and_a_repeat_can_be_recognized(
    by_mail: Settings, url: str, clock: Clock, box: Mailbox, step: str, least: int
) -> None:
    tell(by_mail, url, clock, ask)
    assert by_mail.smtp_url is not None
    script = f"""
import asyncio, os, signal
from infra24.app import compose
from infra24.mail import render
from infra24.settings import Settings

def die(): os.kill(os.getpid(), signal.SIGKILL)

async def sign_in(context, facts):
    if {step!r} == "before it is sent": die()
    return render("sign_in", "ada@example.org", "en", name="Ada", link="https://example.org/x", minutes=15)

async def main():
    database, worker = compose(Settings(secret="x" * 32), {url!r}, composers={{"sign_in": sign_in}})
    carry = worker.mailer.transport.send
    async def then_die(email, headers):
        await carry(email, headers); die()
    worker.mailer.transport.send = then_die
    await database.open()
    async with worker.jobs.open_async():
        await worker.jobs.run_worker_async(wait=False)
asyncio.run(main())
"""
    environment = {**os.environ, "INFRA24_SMTP_URL": by_mail.smtp_url.get_secret_value()}
    killed = subprocess.run(
        [sys.executable, "-c", script], timeout=60, capture_output=True, text=True, env=environment
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")

    async def again(_: Database, worker: Worker) -> None:
        async with worker.jobs.open_async():
            await worker.requeue_stalled(0)
        hurry(url)
        await drain(worker)

    tell(by_mail, url, clock, again)
    assert len(box.sent_emails) == least
    assert len({mailed["Message-ID"] for mailed in box.sent_emails}) == 1
    assert jobs(url)[0][0] == "succeeded"


def test_two_emails_about_the_same_are_two(by_mail: Settings, url: str, clock: Clock, box: Mailbox) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        await ask(database, worker)
        await ask(database, worker)
        await drain(worker)

    tell(by_mail, url, clock, scenario)
    assert len({mailed["Message-ID"] for mailed in box.sent_emails}) == 2


def test_patience_doubles_up_to_an_hour_and_lasts_about_a_day() -> None:
    assert [delay_seconds(n) for n in range(4)] == [10, 20, 40, 80]
    assert delay_seconds(30) == delay_seconds(10_000) == 3_600
    assert 20 < sum(delay_seconds(n) for n in range(32)) / 3_600 < 28
    assert MailRetry().get_retry_exception(RuntimeError(), _job(31)) is not None
    assert MailRetry().get_retry_exception(RuntimeError(), _job(32)) is None
    assert MailRetry().get_retry_exception(PermanentFailure(), _job(0)) is None
    assert MailRetry().get_retry_exception(InvalidAddress(), _job(0)) is None


def _job(attempts: int) -> Any:
    from procrastinate.jobs import Job

    return Job(id=1, queue="mail", lock=None, queueing_lock=None, task_name="send_email", attempts=attempts)


def _command(settings: Settings, **environment: str) -> tuple[int, str]:
    said = subprocess.run(
        [sys.executable, "-m", "infra24", "worker"], timeout=60, capture_output=True, text=True,
        env={**os.environ, "INFRA24_DATA_DIR": str(settings.data_dir), "DATABASE_URL": "postgresql:///x", **environment},
    )  # fmt: skip
    return said.returncode, said.stderr


def _mail(settings: Settings) -> doctor.Finding:
    found = doctor.examine(settings, Urls("postgresql:///nowhere?port=1", "postgresql:///nowhere?port=1"))
    return next(finding for finding in found if finding.part == "Mail")


def test_the_doctor_says_where_emails_go(by_mail: Settings, settings: Settings, box: Mailbox) -> None:
    sent = _mail(by_mail)
    assert (sent.well, "answers (not encrypted)" in sent.seen) == (True, True)
    assert box.tried == 0
    kept = _mail(settings)
    assert kept.well
    assert kept.seen == f"files in {settings.data_dir / 'mail'}; nothing is sent"
    public = _mail(settings.model_copy(update={"public_url": "https://book.example.org"}))
    assert not public.well
    assert "INFRA24_SMTP_URL" in public.advice


def test_the_doctor_says_what_is_wrong_with_a_server(settings: Settings) -> None:
    secret = uuid4().hex
    with mail_server(Mailbox()) as port:
        pass
    for url, said in (
        (f"smtp://u:{secret}@127.0.0.1:{port}", "does not answer"),
        (f"http://u:{secret}@h", "Write smtp://"),
    ):
        finding = _mail(settings.model_copy(update={"smtp_url": SecretStr(url)}))
        assert not finding.well
        assert said in finding.seen
        assert secret not in finding.seen
    assert _command(settings, INFRA24_SMTP_URL=f"http://u:{secret}@h") == (
        2,
        f"{InvalidMailServer().message}\n",
    )
    nobody = settings.model_copy(update={"mail_from": "nobody"})
    assert not _mail(nobody).well
