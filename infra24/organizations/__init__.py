"""The tenants: who they are, where they are, and the keys that speak for them."""

from infra24.organizations.directory import Directory, UnknownResource, get
from infra24.organizations.holidays import (
    Country,
    Day,
    HolidayPlan,
    HolidaysChanged,
    holiday_plan,
    read_plan,
    set_holidays,
    set_holidays_seen,
)
from infra24.organizations.keys import hash_of, new_key, org_of_key
from infra24.organizations.locations import (
    LocationInUse,
    add_location,
    change_location,
    location,
    locations,
    remove_location,
)
from infra24.organizations.model import Location, Organization, UnknownOrganization
from infra24.organizations.provisioning import (
    RESERVED,
    check_facts,
    create,
    delete,
    facts_of,
    id_of,
    issue_key,
    update,
)
from infra24.organizations.settings import change, logo, set_logo

__all__ = [
    "RESERVED",
    "Country",
    "Day",
    "Directory",
    "HolidayPlan",
    "HolidaysChanged",
    "Location",
    "LocationInUse",
    "Organization",
    "UnknownOrganization",
    "UnknownResource",
    "add_location",
    "change",
    "change_location",
    "check_facts",
    "create",
    "delete",
    "facts_of",
    "get",
    "hash_of",
    "holiday_plan",
    "id_of",
    "issue_key",
    "location",
    "locations",
    "logo",
    "new_key",
    "org_of_key",
    "read_plan",
    "remove_location",
    "set_holidays",
    "set_holidays_seen",
    "set_logo",
    "update",
]
