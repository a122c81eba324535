"""The sitemap: every address, what it needs, and who answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from starlette.routing import Route

from infra24.web.api import (
    availability,
    bookings,
    closing,
    fairness,
    fields,
    links,
    resources,
    series,
    staffed,
    system,
)
from infra24.web.pages import assets, booking, catalogue, manage
from infra24.web.pages import fairness as fairness_page
from infra24.web.pages import links as link_pages

PUBLIC, KEY, TOKEN, EITHER = "public", "key", "token", "key or token"
"""What a request must show: nothing, the organization's key, a booking's token, or one of these."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the API. `refuses` are the statuses of its refusals."""

    method: str
    path: str
    answers: Callable[..., Any]
    needs: str = PUBLIC
    gives: Any = None
    status: int = 200
    refuses: tuple[int, ...] = ()
    media: str = "application/json"


@dataclass(frozen=True, slots=True)
class Page:
    """One address for people."""

    path: str
    answers: Callable[..., Any]
    needs: str = PUBLIC
    methods: tuple[str, ...] = field(default=("GET",))


API = (
    Address("GET", "/health", system.health),
    Address("GET", "/api/test/booking-system", system.self_test),
    Address(
        "GET",
        "/api/availability",
        availability.availability,
        gives=fields.AvailabilityView,
        refuses=(404, 422),
    ),
    Address(
        "GET",
        "/api/availability/explain",
        availability.explain,
        gives=fields.ExplanationView,
        refuses=(404, 422),
    ),
    Address(
        "GET",
        "/api/resources/{id}/availability",
        availability.resource_availability,
        gives=fields.AvailabilityView,
        refuses=(404, 422),
    ),
    Address(
        "GET",
        "/api/organizations/{org}/resources",
        resources.list_resources,
        gives=fields.ResourcePage,
        refuses=(401, 404, 422),
    ),
    Address(
        "POST",
        "/api/organizations/{org}/resources",
        resources.create_resource,
        KEY,
        fields.ResourceView,
        201,
        (401, 404, 409, 422),
    ),
    Address(
        "GET",
        "/api/organizations/{org}/resources/{id}",
        resources.read_resource,
        gives=fields.ResourceView,
        refuses=(401, 404, 422),
    ),
    Address(
        "PATCH",
        "/api/organizations/{org}/resources/{id}",
        resources.change_resource,
        KEY,
        fields.ResourceView,
        refuses=(401, 404, 409, 422),
    ),
    Address(
        "DELETE",
        "/api/organizations/{org}/resources/{id}",
        resources.archive_resource,
        KEY,
        fields.ResourceView,
        refuses=(401, 404, 422),
    ),
    Address(
        "GET",
        "/api/availability/reasons",
        availability.reasons,
        refuses=(404, 422),
    ),
    Address(
        "GET",
        "/api/organizations/{org}/appointment-types",
        resources.list_types,
        gives=fields.ResourcePage,
        refuses=(401, 404, 422),
    ),
    Address(
        "POST",
        "/api/organizations/{org}/appointment-types",
        resources.create_type,
        KEY,
        fields.ResourceView,
        201,
        (401, 404, 409, 422),
    ),
    Address(
        "GET",
        "/api/organizations/{org}/resources/{id}/fairness",
        fairness.fairness,
        KEY,
        fields.FairnessView,
        refuses=(401, 404, 422),
    ),
    Address(
        "GET",
        "/api/organizations/{org}/holidays",
        closing.read_holidays,
        gives=fields.HolidaysView,
        refuses=(404, 422),
    ),
    Address(
        "PUT",
        "/api/organizations/{org}/holidays",
        closing.set_holidays,
        KEY,
        fields.HolidaysView,
        refuses=(401, 404, 409, 422),
    ),
    Address(
        "POST",
        "/api/organizations/{org}/impact",
        closing.impact,
        KEY,
        refuses=(401, 404, 409, 422),
    ),
    Address(
        "GET", "/api/organizations/{org}/shifted-bookings", closing.shifted, KEY, refuses=(401, 404, 422)
    ),
    Address("GET", "/api/organizations/{org}/booking-links", links.list_links, KEY, refuses=(401, 404, 422)),
    Address(
        "POST",
        "/api/organizations/{org}/booking-links",
        links.create_link,
        KEY,
        fields.LinkView,
        201,
        (401, 404, 409, 422),
    ),
    Address(
        "GET",
        "/api/organizations/{org}/booking-links/{slug}",
        links.read_link,
        KEY,
        fields.LinkView,
        refuses=(401, 404, 422),
    ),
    Address(
        "PATCH",
        "/api/organizations/{org}/booking-links/{slug}",
        links.change_link,
        KEY,
        fields.LinkView,
        refuses=(401, 404, 409, 422),
    ),
    Address(
        "DELETE",
        "/api/organizations/{org}/booking-links/{slug}",
        links.archive_link,
        KEY,
        fields.LinkView,
        refuses=(401, 404, 422),
    ),
    Address(
        "POST",
        "/api/organizations/{org}/booking-links/{slug}/private",
        links.private_link,
        KEY,
        refuses=(401, 404, 422),
    ),
    Address(
        "POST",
        "/api/organizations/{org}/series/plan",
        series.plan_series,
        PUBLIC,
        fields.PlanView,
        refuses=(401, 404, 409, 422),
    ),
    Address(
        "POST",
        "/api/organizations/{org}/series",
        series.create_series,
        PUBLIC,
        fields.SeriesView,
        201,
        (401, 404, 409, 422),
    ),
    Address(
        "GET",
        "/api/organizations/{org}/series/{id}",
        series.read_series,
        KEY,
        fields.SeriesView,
        refuses=(401, 404, 422),
    ),
    Address(
        "PATCH",
        "/api/organizations/{org}/series/{id}",
        series.move_series,
        KEY,
        fields.SeriesView,
        refuses=(401, 404, 409, 422),
    ),
    Address(
        "DELETE",
        "/api/organizations/{org}/series/{id}",
        series.cancel_series,
        KEY,
        fields.SeriesView,
        refuses=(401, 404, 409, 422),
    ),
    Address("GET", "/api/organizations/{org}/locations", resources.list_locations, refuses=(404, 422)),
    Address(
        "POST",
        "/api/organizations/{org}/locations",
        resources.create_location,
        KEY,
        None,
        201,
        (401, 404, 409, 422),
    ),
    Address(
        "GET",
        "/api/organizations/{org}/announcements",
        system.list_announcements,
        KEY,
        refuses=(401, 404, 422),
    ),
    Address("GET", "/api/organizations/{org}/events", system.list_events, KEY, refuses=(401, 404, 422)),
    Address("POST", "/api/bookings", bookings.create, PUBLIC, fields.NewBookingView, 201, (404, 409, 422)),
    Address("GET", "/api/bookings", bookings.list_bookings, KEY, fields.BookingPage, refuses=(401, 404, 422)),
    Address("POST", "/api/holds", bookings.hold, PUBLIC, fields.NewBookingView, 201, (404, 409, 422)),
    Address("GET", "/api/bookings/{id}", bookings.read, EITHER, fields.BookingView, refuses=(401, 404, 422)),
    Address(
        "PUT",
        "/api/bookings/{id}",
        bookings.change,
        EITHER,
        fields.BookingView,
        refuses=(401, 403, 404, 409, 422),
    ),
    Address(
        "PATCH",
        "/api/bookings/{id}",
        bookings.change,
        EITHER,
        fields.BookingView,
        refuses=(401, 403, 404, 409, 422),
    ),
    Address(
        "DELETE",
        "/api/bookings/{id}",
        bookings.cancel,
        EITHER,
        fields.BookingView,
        refuses=(401, 404, 409, 422),
    ),
    Address(
        "GET",
        "/api/bookings/{id}/ics",
        bookings.ics,
        EITHER,
        refuses=(401, 404, 422),
        media="text/calendar",
    ),
    Address(
        "GET",
        "/api/bookings/{id}/calendar-urls",
        bookings.calendar_urls,
        EITHER,
        fields.CalendarUrls,
        refuses=(401, 404, 422),
    ),
    Address(
        "GET",
        "/api/booking/availability",
        staffed.staff_availability,
        gives=fields.StaffAvailabilityView,
        refuses=(404, 409, 422),
    ),
    Address(
        "POST",
        "/api/booking/create",
        staffed.create_staffed,
        PUBLIC,
        fields.NewBookingView,
        201,
        (404, 409, 422),
    ),
    Address(
        "GET",
        "/api/booking/manage",
        bookings.manage,
        TOKEN,
        fields.BookingView,
        refuses=(401, 404, 422),
    ),
    Address(
        "PUT",
        "/api/booking/manage",
        bookings.manage_move,
        TOKEN,
        fields.BookingView,
        refuses=(401, 403, 404, 409, 422),
    ),
    Address(
        "DELETE",
        "/api/booking/manage",
        bookings.manage_cancel,
        TOKEN,
        fields.BookingView,
        refuses=(401, 404, 409, 422),
    ),
)

PAGES = (
    Page("/health", system.health, methods=("HEAD",)),
    Page("/", catalogue.organizations_page),
    Page("/static/{version}/{path:path}", assets.static),
    Page("/embed.js", assets.embed),
    Page("/theme/{seed}-{radius}.css", assets.theme),
    Page("/book", catalogue.only_organization),
    Page("/bookings/details/{token}", booking.details, TOKEN, ("GET", "POST")),
    Page("/bookings/release/{token}", booking.release, TOKEN, ("POST",)),
    Page("/bookings/confirmation/{token}", manage.confirmation, TOKEN),
    Page("/bookings/reschedule/{token}", manage.reschedule, TOKEN, ("GET", "POST")),
    Page("/bookings/cancel/{token}", manage.cancel, TOKEN, ("GET", "POST")),
    Page("/{org}", catalogue.organization),
    Page("/{org}/book", catalogue.offers),
    Page("/{org}/book/{slug}", booking.picker, methods=("GET", "POST")),
    Page("/{org}/book/{slug}/changes", booking.changes),
    Page("/{org}/l/{link}", link_pages.link_page, methods=("GET", "POST")),
    Page("/{org}/l/{link}/{slug}", link_pages.link_page, methods=("GET", "POST")),
    Page("/{org}/fairness/{slug}", fairness_page.fairness_page, methods=("GET", "POST")),
)


def install(app: FastAPI) -> None:
    """Give the application its addresses."""
    for address in API:
        app.add_api_route(
            address.path,
            address.answers,
            methods=[address.method],
            status_code=address.status,
            response_model=None,
            responses=_documented(address),
            openapi_extra=_security(address),
            operation_id=f"{address.answers.__name__}_{address.method.lower()}",
        )
    for page in PAGES:
        app.router.routes.append(Route(page.path, page.answers, methods=list(page.methods)))


def _documented(address: Address) -> dict[int | str, dict[str, Any]]:
    answers: dict[int | str, dict[str, Any]] = dict(fields.problems(*address.refuses))
    if address.media == "text/calendar":
        answers[200] = {"content": {address.media: {"schema": {"type": "string"}}}}
    elif address.gives is not None:
        answers[address.status] = {"model": address.gives}
    return answers


def _security(address: Address) -> dict[str, Any]:
    wanted: dict[str, list[dict[str, list[str]]]] = {
        PUBLIC: [{}, {"key": []}],
        KEY: [{"key": []}],
        TOKEN: [{"token": []}],
        EITHER: [{"key": []}, {"token": []}],
    }
    return {"security": wanted[address.needs]}
