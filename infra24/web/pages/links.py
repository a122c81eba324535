"""/{org}/l/{link}: the page of a booking link, and the choice of a time by it."""

from fastapi import Request, Response

from infra24 import booking_links, resources
from infra24.booking_links import LinkOver
from infra24.web.caller import caller_of, current_org
from infra24.web.pages.booking import hold, picker_page
from infra24.web.pages.entry_points import keep_query, offered, way_by_link
from infra24.web.rendering import page
from infra24.web.services import services


async def link_page(request: Request) -> Response:
    """What the link offers; with one offer, the choice of a time at once."""
    app = services(request)
    here = current_org(request)
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        way = await way_by_link(tx, request, here)
    assert way.link is not None
    try:
        booking_links.check_open(way.link, app.clock())
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            slug = request.path_params.get("slug")
            if slug is None and len(way.link.offers) == 1:
                slug = way.link.offers[0][1]
            if slug is not None:
                resource = await offered(tx, way, slug)
                if request.method != "POST":
                    return await picker_page(tx, request, way, resource)
            else:
                all_ = await resources.several(tx, [id_ for id_, _, _ in way.link.offers])
    except LinkOver:
        return page(request, "link_expired.html", way.here, {}, status=410, frames=way.sites)
    if slug is not None:
        return await hold(request, way, resource)
    cards = [(r, keep_query(request, way.to(r))) for r in all_ if r.is_active and r.is_bookable]
    return page(request, "link.html", way.here, {"link": way.link, "cards": cards}, frames=way.sites)
