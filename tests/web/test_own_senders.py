"""An organization's own senders: chosen by a form, tried, used, removed; by nobody else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from infra24 import senders
from infra24.auth import SecretBox
from infra24.channels import Channel
from infra24.db import Database
from infra24.errors import ValidationFailed
from infra24.people import Role
from infra24.senders import Provider, SenderDraft
from infra24.settings import Settings
from tests.factories import Shop
from tests.installation import Installation, csrf_in
from tests.senders.servers import NUMBER, SID
from tests.serving import NOW

SMTP = {"from": "Us <us@example.org>", "host": "smtp.example.org", "port": "587", "auth": "password"}


def draft(
    provider: Provider = Provider.SMTP, secret: dict[str, str] | None = None, **fields: str
) -> SenderDraft:
    usual = {
        Provider.SMTP: SMTP,
        Provider.RESEND: {"from": "Us <us@example.org>"},
        Provider.TWILIO: {"account_sid": SID, "number": NUMBER},
    }[provider]
    kept = {"key": "re_1", "token": "t", "password": "p"} if secret is None else secret
    return SenderDraft(provider, {**usual, **fields}, kept)


@pytest.mark.parametrize(
    ("wanted", "wrong"),
    [
        (draft(host=""), {"host"}), (draft(host="http://x"), {"host"}), (draft(port="0"), {"port"}),
        (draft(**{"from": "nobody"}), {"from"}), (draft(**{"from": "a@b.c, d@e.f"}), {"from"}),
        (draft(auth="oauth", secret={}), {"client_secret"}), (draft(user="u", secret={}), {"password"}),
        (draft(token_url="http://169.254.169.254/"), {"token_url"}), (draft(per_minute="0"), {"per_minute"}),
        (draft(Provider.RESEND, secret={}), {"key"}),
        (draft(Provider.TWILIO, number="12", account_sid="x"), {"number", "account_sid"}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_sender_is_said_by_field(
    run: Any, shop: Shop, settings: Settings, wanted: SenderDraft, wrong: set[str]
) -> None:
    seals = SecretBox(settings.keyring())

    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            with pytest.raises(ValidationFailed) as refused:
                await senders.set_sender(tx, seals, wanted, NOW)
            assert set(refused.value.errors) == wrong

    run(scenario)


def test_a_secret_stays_where_the_provider_stays_and_two_at_once_leave_one(
    run: Any, shop: Shop, settings: Settings
) -> None:
    seals = SecretBox(settings.keyring())

    async def put(database: Database, wanted: SenderDraft) -> None:
        async with database.transaction(shop.org_id) as tx:
            await senders.set_sender(tx, seals, wanted, NOW)

    async def scenario(database: Database) -> None:
        await asyncio.gather(*(put(database, draft(Provider.RESEND)) for _ in range(6)))
        await put(database, draft(Provider.RESEND, secret={}, per_minute="7"))
        async with database.transaction(shop.org_id) as tx:
            kept = await senders.current(tx, Channel.EMAIL)
            assert kept is not None
            assert kept.settings["per_minute"] == 7
        await asyncio.gather(
            put(database, draft()), put(database, draft(Provider.RESEND)), put(database, draft())
        )
        async with database.transaction(shop.org_id) as tx:
            with pytest.raises(ValidationFailed):  # another provider has no secret to keep
                await senders.set_sender(tx, seals, draft(Provider.TWILIO, secret={}), NOW)
            await senders.remove(tx, Channel.EMAIL)
            assert await senders.current(tx, Channel.EMAIL) is None

    run(scenario)


def test_the_form_shows_no_secret_and_tries_only_what_is_ones_own(
    here: Installation, shop: Shop, tmp_path: Path
) -> None:
    owner = here.someone(shop=shop, role=Role.OWNER)
    with here.signed_in(owner) as browser:
        path = f"/{shop.slug}/admin/senders/smtp"
        proof = {"csrf": csrf_in(browser.get(path).text)}
        assert browser.post(f"{path}/test", data={**proof, "to": "victim@example.org"}).status_code == 404
        sent = {**proof, **SMTP, "host": "localhost", "user": "u", "password": "s3cret-s3cret"}
        assert browser.post(path, data=sent).status_code == 303
        page = browser.get(path).text
        assert "s3cret" not in page
        assert "Kept. Type to replace it." in page
        tried = browser.post(f"{path}/test", data={**proof, "to": owner.email})
        assert tried.status_code == 422
        assert "private network" in tried.text, "no way inside"
        assert browser.get(f"/{shop.slug}/admin/senders/nothing").status_code == 404
        assert browser.post(f"{path}/remove", data=proof).status_code == 303
    audit = here.owner("SELECT coalesce(before::text, '') || coalesce(after::text, '') FROM audit_entries")
    assert not any("s3cret" in text for (text,) in audit)
