"""The addresses of the pages: what each needs, and who answers."""

from infra24.people import Scope
from infra24.rate_limits import Charge, RequestKind
from infra24.web.account import invitations, org_picker, passkeys, profile, providers, security, sign_in
from infra24.web.admin import announcements as announcement_pages
from infra24.web.admin import audit as audit_pages
from infra24.web.admin import blackouts as blackout_pages
from infra24.web.admin import booking as one_booking
from infra24.web.admin import bookings as booking_pages
from infra24.web.admin import calendar as calendar_page
from infra24.web.admin import explain, home, series_plan
from infra24.web.admin import fairness as fairness_pages
from infra24.web.admin import feeds as feed_pages
from infra24.web.admin import holidays as holiday_pages
from infra24.web.admin import links as admin_links
from infra24.web.admin import locations as location_pages
from infra24.web.admin import messages as message_pages
from infra24.web.admin import notices as notice_pages
from infra24.web.admin import opt_outs as opt_out_pages
from infra24.web.admin import outbox as outbox_pages
from infra24.web.admin import people as people_pages
from infra24.web.admin import resources as resource_pages
from infra24.web.admin import rules as rules_pages
from infra24.web.admin import senders as sender_pages
from infra24.web.admin import series as series_pages
from infra24.web.admin import settings as settings_pages
from infra24.web.admin import types as type_pages
from infra24.web.admin import webhooks as webhook_pages
from infra24.web.admin.analytics import analytics_page
from infra24.web.api import provider_reports, system
from infra24.web.dashboard import bookings as own
from infra24.web.dashboard import notifications as own_notifications
from infra24.web.guard import Access
from infra24.web.pages import (
    assets,
    booking,
    catalogue,
    inbox,
    manage,
    my_bookings,
    reference,
    unsubscribe,
)
from infra24.web.pages import links as link_pages
from infra24.web.routing import Page, actions

MONTH = Charge(RequestKind.RANGE, 31)
"""Questions about free times, of which a page shows a month."""
ASSET = Charge(RequestKind.ASSETS)

# A table, one row an address: it reads better unformatted.
# fmt: off
PAGES = (
    Page("/", catalogue.organizations_page),
    Page("/docs", reference.reference_page),
    Page("/openapi.json", system.contract),
    Page("/static/{version}/{path:path}", assets.static, charge=ASSET),
    Page("/embed.js", assets.embed, charge=ASSET),
    Page("/theme/{seed}-{radius}.css", assets.theme, charge=ASSET),
    Page("/inbox", inbox.inbox_page),
    Page("/inbox/{name}", inbox.message_page),
    Page("/inbox/{name}/html", inbox.message_html),
    Page("/book", catalogue.only_organization),
    Page("/sign-in", sign_in.sign_in, methods=("GET", "POST")),
    Page("/sign-in/code", sign_in.code, methods=("GET", "POST")),
    Page("/sign-in/link/{token}", sign_in.by_link, methods=("GET", "POST")),
    Page("/sign-in/passkey/options", passkeys.sign_in_options, methods=("POST",)),
    Page("/sign-in/passkey", passkeys.sign_in, methods=("POST",)),
    Page("/sign-in/with/{provider}", providers.begin),
    Page("/sign-in/with/{provider}/back", providers.back),
    Page("/sign-out", sign_in.sign_out, methods=("GET", "POST")),
    Page("/account", profile.profile, Access.SIGNED_IN, ("GET", "POST")),
    Page("/account/email", profile.ask_for_email, Access.SIGNED_IN, ("POST",)),
    Page("/account/email/{token}", profile.change_email, methods=("GET", "POST")),
    Page("/account/security", security.security, Access.SIGNED_IN),
    *actions("/account/security", *((name, do, Access.SIGNED_IN) for name, do in security.ACTIONS.items())),
    Page("/account/passkeys/options", passkeys.add_options, Access.SIGNED_IN, ("POST",)),
    Page("/account/passkeys", passkeys.add, Access.SIGNED_IN, ("POST",)),
    Page("/invitations/{token}", invitations.invitation, methods=("GET", "POST")),
    Page("/bookings", org_picker.redirect, Access.SIGNED_IN),
    Page("/admin", org_picker.redirect, Access.SIGNED_IN),
    Page("/admin/{rest:path}", org_picker.redirect, Access.SIGNED_IN),
    Page("/dashboard/{rest:path}", org_picker.redirect, Access.SIGNED_IN),
    Page("/feeds/{token}.ics", own.feed, Access.TOKEN),
    Page("/unsubscribe/{token}", unsubscribe.unsubscribe, Access.TOKEN, ("GET", "POST")),
    Page("/api/webhooks/resend/{token}", provider_reports.resend_report, Access.TOKEN, ("POST",)),
    Page("/api/webhooks/twilio/{token}", provider_reports.twilio_report, Access.TOKEN, ("POST",)),
    Page("/bookings/details/{token}", booking.details, Access.TOKEN, ("GET", "POST")),
    Page("/bookings/release/{token}", booking.release, Access.TOKEN, ("POST",)),
    Page("/bookings/confirmation/{token}", manage.confirmation, Access.TOKEN),
    Page("/bookings/reschedule/{token}", manage.reschedule, Access.TOKEN, ("GET", "POST"), MONTH),
    Page("/bookings/cancel/{token}", manage.cancel, Access.TOKEN, ("GET", "POST")),
    Page("/{org}", catalogue.organization),
    Page("/{org}/logo", settings_pages.logo, charge=ASSET),
    Page("/{org}/bookings", booking_pages.bookings_page, Scope.BOOKINGS_HOST),
    *actions("/{org}/bookings",
             ("selected/approve", booking_pages.approve, Scope.BOOKINGS_APPROVE),
             ("selected/decline", booking_pages.decline, Scope.BOOKINGS_APPROVE),
             ("selected/hand-over", booking_pages.hand_over, Scope.BOOKINGS_WRITE),
             ("selected/complete", booking_pages.complete, Scope.BOOKINGS_HOST),
             ("selected/no-show", booking_pages.no_show, Scope.BOOKINGS_HOST),
             ("selected/cancel", booking_pages.cancel, Scope.BOOKINGS_HOST)),
    Page("/{org}/bookings/{id}", one_booking.booking_page, Scope.BOOKINGS_HOST),
    *actions("/{org}/bookings/{id}",
             ("approve", one_booking.approve, Scope.BOOKINGS_APPROVE),
             ("decline", one_booking.decline, Scope.BOOKINGS_APPROVE),
             ("hand-over", one_booking.hand_over, Scope.BOOKINGS_WRITE),
             ("reschedule", one_booking.reschedule, Scope.BOOKINGS_HOST),
             ("move", one_booking.move, Scope.BOOKINGS_HOST),
             ("notes", one_booking.save_notes, Scope.BOOKINGS_HOST),
             ("complete", one_booking.complete, Scope.BOOKINGS_HOST),
             ("no-show", one_booking.no_show, Scope.BOOKINGS_HOST),
             ("cancel", one_booking.cancel, Scope.BOOKINGS_HOST)),
    Page("/{org}/admin", home.home_page, Scope.BOOKINGS_READ),
    Page("/{org}/admin/people", people_pages.people_page, Scope.PEOPLE_READ),
    *actions("/{org}/admin/people",
             ("invite", people_pages.invite, Scope.PEOPLE_WRITE),
             ("role", people_pages.change_role, Scope.PEOPLE_WRITE),
             ("remove", people_pages.remove, Scope.PEOPLE_WRITE),
             ("withdraw", people_pages.withdraw, Scope.PEOPLE_WRITE),
             ("close-deletion", people_pages.close_deletion, Scope.PEOPLE_WRITE)),
    Page("/{org}/admin/audit", audit_pages.audit_page, Scope.AUDIT_READ),
    Page("/{org}/admin/settings", settings_pages.settings_page, Scope.SETTINGS_WRITE, ("GET", "POST")),
    Page("/{org}/admin/keys", settings_pages.keys_page, Scope.SETTINGS_WRITE),
    Page("/{org}/admin/keys", settings_pages.make_key, Scope.SETTINGS_WRITE, ("POST",)),
    *actions("/{org}/admin/keys", ("revoke", settings_pages.revoke_key, Scope.SETTINGS_WRITE)),
    Page("/{org}/admin/webhooks", webhook_pages.webhooks_page, Scope.WEBHOOKS_WRITE),
    Page("/{org}/admin/webhooks", webhook_pages.create_webhook, Scope.WEBHOOKS_WRITE, ("POST",)),
    Page("/{org}/admin/webhooks/new", webhook_pages.new_webhook, Scope.WEBHOOKS_WRITE),
    Page("/{org}/admin/webhooks/{id}", webhook_pages.webhook_page, Scope.WEBHOOKS_WRITE),
    Page("/{org}/admin/webhooks/{id}", webhook_pages.change_webhook, Scope.WEBHOOKS_WRITE, ("POST",)),
    *actions("/{org}/admin/webhooks/{id}",
             ("rotate", webhook_pages.rotate_secret, Scope.WEBHOOKS_WRITE),
             ("test", webhook_pages.send_test, Scope.WEBHOOKS_WRITE),
             ("pause", webhook_pages.pause, Scope.WEBHOOKS_WRITE),
             ("enable", webhook_pages.enable, Scope.WEBHOOKS_WRITE),
             ("replay", webhook_pages.replay_failed, Scope.WEBHOOKS_WRITE),
             ("delete", webhook_pages.delete_webhook, Scope.WEBHOOKS_WRITE)),
    Page("/{org}/admin/webhooks/{id}/deliveries/{delivery}", webhook_pages.delivery_page,
         Scope.WEBHOOKS_WRITE),
    *actions("/{org}/admin/webhooks/{id}/deliveries/{delivery}",
             ("replay", webhook_pages.replay_delivery, Scope.WEBHOOKS_WRITE)),
    Page("/{org}/admin/senders", sender_pages.senders_page, Scope.SETTINGS_WRITE),
    Page("/{org}/admin/senders/{provider}", sender_pages.sender_page, Scope.SETTINGS_WRITE, ("GET", "POST")),
    *actions("/{org}/admin/senders/{provider}",
             ("test", sender_pages.send_test, Scope.SETTINGS_WRITE),
             ("remove", sender_pages.remove_sender, Scope.SETTINGS_WRITE)),
    Page("/{org}/admin/announcements", announcement_pages.announcements_page, Scope.BOOKINGS_READ),
    *actions("/{org}/admin/announcements", ("read", announcement_pages.mark_read, Scope.BOOKINGS_READ)),
    Page("/{org}/admin/messages", message_pages.messages_page, Scope.SETTINGS_WRITE),
    Page("/{org}/admin/messages/{kind}", message_pages.message_page, Scope.SETTINGS_WRITE, ("GET", "POST")),
    Page("/{org}/admin/messages/{kind}/preview", message_pages.preview_message, Scope.SETTINGS_WRITE),
    *actions("/{org}/admin/messages/{kind}", ("test", message_pages.send_test, Scope.SETTINGS_WRITE),
             ("reset", message_pages.reset_message, Scope.SETTINGS_WRITE)),
    Page("/{org}/admin/notices", notice_pages.notices_page, Scope.SETTINGS_WRITE),
    Page("/{org}/admin/notices", notice_pages.save_notice, Scope.SETTINGS_WRITE, ("POST",)),
    *actions("/{org}/admin/notices", ("delete", notice_pages.delete_notice, Scope.SETTINGS_WRITE)),
    Page("/{org}/admin/opt-outs", opt_out_pages.opt_outs_page, Scope.BOOKINGS_WRITE),
    Page("/{org}/admin/opt-outs", opt_out_pages.record, Scope.BOOKINGS_WRITE, ("POST",)),
    *actions("/{org}/admin/opt-outs", ("lift", opt_out_pages.lift, Scope.BOOKINGS_WRITE)),
    Page("/{org}/admin/feeds", feed_pages.feeds_page, Scope.SETTINGS_WRITE),
    Page("/{org}/admin/feeds", feed_pages.create_feed, Scope.SETTINGS_WRITE, ("POST",)),
    *actions("/{org}/admin/feeds", ("revoke", feed_pages.revoke_feed, Scope.SETTINGS_WRITE)),
    Page("/{org}/admin/outbox", outbox_pages.outbox_page, Scope.SETTINGS_WRITE),
    *actions("/{org}/admin/outbox", ("retry", outbox_pages.retry_failed, Scope.SETTINGS_WRITE)),
    Page("/{org}/dashboard/bookings", own.bookings_page, Scope.OWN),
    Page("/{org}/dashboard/notifications", own_notifications.notifications_page, Scope.OWN, ("GET", "POST")),
    Page("/{org}/dashboard/data.json", own.data, Scope.OWN),
    Page("/{org}/dashboard", own.dashboard, Scope.OWN),
    *actions("/{org}/dashboard",
             ("new-feed", own.new_feed, Scope.OWN),
             ("ask-for-deletion", own.ask_for_deletion, Scope.OWN),
             ("withdraw-deletion", own.withdraw_deletion, Scope.OWN)),
    Page("/{org}/admin/calendar", calendar_page.calendar_page, Scope.BOOKINGS_HOST),
    Page("/{org}/admin/calendar/changes", calendar_page.changes, Scope.BOOKINGS_HOST),
    Page("/{org}/admin/analytics", analytics_page, Scope.ANALYTICS_READ),
    Page("/{org}/my-bookings", my_bookings.ask, methods=("GET", "POST")),
    Page("/{org}/my-bookings/{signed}", my_bookings.list_page),
    Page("/{org}/book", catalogue.offers),
    Page("/{org}/book/{slug}", booking.picker, methods=("GET", "POST"), charge=MONTH),
    Page("/{org}/book/{slug}/changes", booking.changes),
    Page("/{org}/l/{link}", link_pages.link_page, methods=("GET", "POST"), charge=MONTH),
    Page("/{org}/l/{link}/{slug}", link_pages.link_page, methods=("GET", "POST"), charge=MONTH),
    Page("/{org}/admin/resources", resource_pages.list_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/resources/new", resource_pages.new_page, Scope.CATALOGUE_WRITE),
    Page("/{org}/admin/resources/new", resource_pages.create, Scope.CATALOGUE_WRITE, ("POST",)),
    Page("/{org}/admin/resources/{slug}", resource_pages.edit_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/resources/{slug}", resource_pages.save, Scope.CATALOGUE_WRITE, ("POST",)),
    *actions("/{org}/admin/resources/{slug}", ("preview", resource_pages.preview, Scope.CATALOGUE_WRITE)),
    Page("/{org}/admin/resources/{slug}/archive", resource_pages.archive_page, Scope.CATALOGUE_WRITE),
    Page("/{org}/admin/resources/{slug}/archive", resource_pages.archive, Scope.CATALOGUE_WRITE, ("POST",)),
    Page("/{org}/admin/resources/{slug}/restore", resource_pages.restore, Scope.CATALOGUE_WRITE, ("POST",)),
    Page("/{org}/admin/resources/{slug}/rules", rules_pages.rules_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/resources/{slug}/rules", rules_pages.save, Scope.CATALOGUE_WRITE, ("POST",)),
    *actions("/{org}/admin/resources/{slug}/rules", ("preview", rules_pages.preview, Scope.CATALOGUE_WRITE)),
    Page("/{org}/admin/types", type_pages.list_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/types/new", type_pages.new_page, Scope.CATALOGUE_WRITE),
    Page("/{org}/admin/types/new", type_pages.create, Scope.CATALOGUE_WRITE, ("POST",)),
    Page("/{org}/admin/types/{slug}", type_pages.edit_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/types/{slug}", type_pages.save, Scope.CATALOGUE_WRITE, ("POST",)),
    *actions("/{org}/admin/types/{slug}", ("preview", type_pages.preview, Scope.CATALOGUE_WRITE)),
    Page("/{org}/admin/blackouts", blackout_pages.list_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/blackouts", blackout_pages.close, Scope.CATALOGUE_WRITE, ("POST",)),
    *actions("/{org}/admin/blackouts",
             ("preview", blackout_pages.preview, Scope.CATALOGUE_WRITE),
             ("open", blackout_pages.open_again, Scope.CATALOGUE_WRITE),
             ("bookings/move", blackout_pages.move_bookings, Scope.BOOKINGS_WRITE),
             ("bookings/cancel", blackout_pages.cancel_bookings, Scope.BOOKINGS_WRITE)),
    Page("/{org}/admin/locations", location_pages.list_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/locations", location_pages.add, Scope.CATALOGUE_WRITE, ("POST",)),
    Page("/{org}/admin/locations/{id}", location_pages.change, Scope.CATALOGUE_WRITE, ("POST",)),
    Page("/{org}/admin/locations/{id}/remove", location_pages.remove, Scope.CATALOGUE_WRITE, ("POST",)),
    Page("/{org}/admin/links", admin_links.links_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/links", admin_links.create_link, Scope.CATALOGUE_WRITE, ("POST",)),
    Page("/{org}/admin/links/new", admin_links.new_link, Scope.CATALOGUE_WRITE),
    Page("/{org}/admin/links/{link}", admin_links.one_link, Scope.CATALOGUE_READ),
    Page("/{org}/admin/links/{link}", admin_links.change_link, Scope.CATALOGUE_WRITE, ("POST",)),
    *actions("/{org}/admin/links/{link}",
             ("private", admin_links.sign_address, Scope.CATALOGUE_WRITE),
             ("archive", admin_links.archive_link, Scope.CATALOGUE_WRITE),
             ("restore", admin_links.restore_link, Scope.CATALOGUE_WRITE)),
    Page("/{org}/admin/series", series_pages.series_page, Scope.BOOKINGS_READ),
    Page("/{org}/admin/series/new", series_plan.new_series, Scope.BOOKINGS_WRITE),
    Page("/{org}/admin/series/new", series_plan.make_series, Scope.BOOKINGS_WRITE, ("POST",)),
    Page("/{org}/admin/series/{id}", series_pages.one_series, Scope.BOOKINGS_READ),
    *actions("/{org}/admin/series/{id}",
             ("move", series_pages.move_series, Scope.BOOKINGS_WRITE),
             ("cancel", series_pages.cancel_series, Scope.BOOKINGS_WRITE)),
    Page("/{org}/admin/holidays", holiday_pages.holidays_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/holidays", holiday_pages.save_holidays, Scope.CATALOGUE_WRITE, ("POST",)),
    Page("/{org}/admin/explain", explain.explain_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/fairness", fairness_pages.fairness_page, Scope.CATALOGUE_READ),
    Page("/{org}/admin/fairness/{slug}", fairness_pages.ledger_page, Scope.CATALOGUE_READ),
)
# fmt: on
