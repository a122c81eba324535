"""What can be booked: the organizations of this installation, and what each offers."""

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import notices, resources
from infra24.web.caller import caller_of, current_org
from infra24.web.rendering import page
from infra24.web.services import services


async def organizations_page(request: Request) -> Response:
    """Where would you like to book?"""
    everyone = await services(request).directory.all()
    return page(request, "organizations.html", None, {"organizations": everyone})


async def only_organization(request: Request) -> Response:
    """/book: the one organization's page, or the choice between several."""
    everyone = await services(request).directory.all()
    where = f"/{everyone[0].slug}/book" if len(everyone) == 1 else "/"
    return RedirectResponse(where, 303)


async def organization(request: Request) -> Response:
    """/{org}: its booking page."""
    found = current_org(request)
    return RedirectResponse(f"/{found.slug}/book", 303)


async def offers(request: Request) -> Response:
    """/{org}/book: what can be booked here. ?resource_id= goes to one of them."""
    app = services(request)
    here = current_org(request)
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        offered = await resources.bookable(tx, limit=200)
        told = await notices.shown(tx, app.clock())
    asked = request.query_params.get("resource_id")
    for resource in offered:
        if str(resource.id) == asked:
            return RedirectResponse(f"/{here.slug}/book/{resource.slug}", 303)
    groups: dict[str, list[resources.Resource]] = {}
    for resource in offered:
        if resource.is_offered:
            groups.setdefault(resource.category, []).append(resource)
    return page(request, "offers.html", here, {"groups": sorted(groups.items()), "notices": told})
