"""The tenants: who they are, where they are, and the keys that speak for them."""

from infra24.organizations.directory import Directory, UnknownResource, add_location, get, locations
from infra24.organizations.founding import amend, check_facts, facts_of, found, give_key, id_of, unfound
from infra24.organizations.holidays import (
    Country,
    Day,
    HolidayPlan,
    holiday_plan,
    read_plan,
    set_holidays,
)
from infra24.organizations.keys import new_key, org_of_key, speaks_for
from infra24.organizations.model import Location, Organization, UnknownOrganization

__all__ = [
    "Country",
    "Day",
    "Directory",
    "HolidayPlan",
    "Location",
    "Organization",
    "UnknownOrganization",
    "UnknownResource",
    "add_location",
    "amend",
    "check_facts",
    "facts_of",
    "found",
    "get",
    "give_key",
    "holiday_plan",
    "id_of",
    "locations",
    "new_key",
    "org_of_key",
    "read_plan",
    "set_holidays",
    "speaks_for",
    "unfound",
]
