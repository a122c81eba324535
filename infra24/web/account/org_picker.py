"""Addresses without an organization: on to the one that the person belongs to."""

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24.people import SCOPES, Scope
from infra24.web.account.security import signed_in
from infra24.web.rendering import page


async def redirect(request: Request) -> Response:
    """/bookings, /admin…, /dashboard…: the same of the only organization where they may, or a choice."""
    path = request.url.path
    needed = Scope.OWN if path.startswith("/dashboard") else Scope.BOOKINGS_HOST
    query = f"?{request.url.query}" if request.url.query else ""
    fitting = [place for place in signed_in(request).orgs if needed in SCOPES[place.role]]
    if len(fitting) == 1:
        return RedirectResponse(f"/{fitting[0].slug}{path}{query}", 303)
    choices = [(place, f"/{place.slug}{path}{query}") for place in fitting]
    return page(request, "account/choose_organization.html", None, {"choices": choices})
