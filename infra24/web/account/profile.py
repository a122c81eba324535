"""/account: what a person is called, their language, zone and e-mail address, and where they belong."""

from typing import Any

from babel import Locale
from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import people
from infra24.availability.json_reader import zone_named
from infra24.errors import Forbidden
from infra24.i18n import LANGUAGES
from infra24.people import EmailTaken, LinkExpired
from infra24.web.account.login import address_typed, count
from infra24.web.account.security import require_fresh, signed_in
from infra24.web.caller import address_of, caller_of
from infra24.web.errors import to_sign_in
from infra24.web.pages.forms import read_form
from infra24.web.pages.picker import ZONES
from infra24.web.rendering import page
from infra24.web.services import services

_YEAR = 365 * 24 * 3_600


class OtherAccount(Forbidden):
    """This e-mail is for another account. Sign out, sign in to that one, and open it again."""


async def profile(request: Request) -> Response:
    """The page; POST keeps what was changed, or names what is wrong."""
    user = signed_in(request)
    if request.method == "GET":
        return _page(request, {"name": user.name, "locale": user.locale, "zone": user.time_zone}, {})
    sent = await read_form(request)
    values = {
        "name": sent.get("name", "").strip(),
        "locale": sent.get("locale", ""),
        "zone": sent.get("zone", ""),
    }
    errors = {}
    if not 1 <= len(values["name"]) <= 200:
        errors["name"] = "name"
    if values["locale"] not in ("", *LANGUAGES):
        errors["locale"] = "locale"
    try:
        zone_named(values["zone"] or "UTC")
    except ValueError:
        errors["zone"] = "zone"
    if errors:
        return _page(request, values, errors, 422)
    app = services(request)
    async with app.database.accounts(caller_of(request).actor) as tx:
        await people.accounts.set_profile(tx, user.user_id, values["name"], values["locale"], values["zone"])
    answer = RedirectResponse("/account?done=profile", 303)
    if values["locale"]:
        answer.set_cookie("lang", values["locale"], max_age=_YEAR, samesite="lax")
    if values["zone"]:
        answer.set_cookie("tz", values["zone"], max_age=_YEAR, samesite="lax")
    return answer


async def ask_for_email(request: Request) -> Response:
    """POST /account/email: send the proof of a new address there; nothing changes until it is opened."""
    app, user, now = services(request), require_fresh(request), services(request).clock()
    sent = await read_form(request)
    values = {"name": user.name, "locale": user.locale, "zone": user.time_zone}
    email = address_typed(sent.get("email", ""))
    if email is None:
        return _page(request, {**values, "email": sent.get("email", "")}, {"email": "email"}, 422)
    await count(request, "emails from an address", address_of(request))
    await count(request, "emails to an account", str(user.user_id))
    async with app.database.accounts(caller_of(request).actor) as tx:
        await people.magic_links.send_email_change(tx, user.user_id, email, now)
    return RedirectResponse("/account?done=email", 303)


async def change_email(request: Request) -> Response:
    """/account/email/{token}: the new address is proved by its e-mail, and by the account that asked."""
    app, now, token = services(request), services(request).clock(), request.path_params["token"]
    try:
        link_id = people.magic_links.read(app.tokens, token)
        if request.method == "GET":
            async with app.database.accounts() as tx:
                opened = await people.magic_links.look(tx, link_id, "email", now)
            return page(request, "account/new_email.html", None, {"email": opened.email})
        await read_form(request)
        async with app.database.accounts(caller_of(request).actor) as tx:
            opened = await people.magic_links.look(tx, link_id, "email", now)
            if caller_of(request).user is None:
                return to_sign_in(request)
            if caller_of(request).user_id != opened.user_id:  # a click must not give someone's address away
                raise OtherAccount()
            opened = await people.magic_links.use(tx, link_id, "email", now)
            await people.accounts.set_email(tx, opened.user_id, opened.email)
    except (LinkExpired, EmailTaken, OtherAccount) as refusal:
        return page(request, "account/link_used.html", None, {"alert": refusal.message}, status=409)
    return RedirectResponse("/account?done=new_email", 303)


def _page(request: Request, values: dict[str, Any], errors: dict[str, str], status: int = 200) -> Response:
    user = signed_in(request)
    zones = sorted({*ZONES, *([user.time_zone] if user.time_zone else [])})
    names = {code: (Locale.parse(code).get_display_name(code) or code).capitalize() for code in LANGUAGES}
    context = {
        "values": {"email": "", **values},
        "errors": errors,
        "user": user,
        "zones": zones,
        "languages": names,
        "fresh": people.sessions.is_fresh(user, services(request).clock()),
        "done": request.query_params.get("done", ""),
    }
    return page(request, "account/profile.html", None, context, status=status)
