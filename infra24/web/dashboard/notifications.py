"""/{org}/dashboard/notifications: which e-mail a member gets, as each chooses."""

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import consent
from infra24.channels import Channel
from infra24.consent import Purpose, Source
from infra24.errors import Unauthenticated
from infra24.people import Scope
from infra24.web.caller import Caller, caller_of, current_org
from infra24.web.pages.forms import read_form
from infra24.web.rendering import page
from infra24.web.services import services

_FOR = {
    Purpose.REMINDER: Scope.OWN,
    Purpose.HOSTING: Scope.BOOKINGS_HOST,
    Purpose.DIGEST: Scope.BOOKINGS_HOST,
    Purpose.APPROVALS: Scope.BOOKINGS_APPROVE,
    Purpose.PROBLEMS: Scope.WEBHOOKS_WRITE,
}
"""What can be chosen, by whoever may do what it is about."""


async def notifications_page(request: Request) -> Response:
    """What they get; POST keeps what they want."""
    app, here, who = services(request), current_org(request), caller_of(request)
    email, offered = _email(who), [purpose for purpose, scope in _FOR.items() if who.may(scope)]
    sent = await read_form(request) if request.method == "POST" else None
    async with app.database.transaction(here.id, who.actor) as tx:
        for purpose in offered if sent is not None else ():
            wanted = purpose.value in (sent or {})
            await consent.choose(tx, Channel.EMAIL, email, purpose, wanted, Source.ACCOUNT, app.clock())
        rows = [(one.value, await consent.wants(tx, Channel.EMAIL, email, one)) for one in offered]
    if sent is not None:
        return RedirectResponse(f"{request.url.path}?done=1", 303)
    context = {"rows": rows, "email": email, "done": "done" in request.query_params}
    return page(request, "dashboard/notifications.html", here, context)


def _email(who: Caller) -> str:
    if who.user is None:  # a key is nobody: nothing is sent to it
        raise Unauthenticated()
    return who.user.email
