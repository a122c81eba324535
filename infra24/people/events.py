"""The events of the people who work in an organization."""

from infra24.events import EventType, Field

_ROLE = Field("role", "their role")

INVITED = EventType(
    "person.invited",
    "someone was invited",
    (Field("email", "whom the invitation went to", personal=True), _ROLE),
)
JOINED = EventType(
    "person.joined",
    "someone accepted an invitation",
    (Field("name", "what they are called", personal=True), _ROLE),
)
ROLE_CHANGED = EventType(
    "person.role_changed",
    "a member has another role",
    (Field("from", "the former"), Field("to", "the present")),
)
LEFT = EventType(
    "person.left", "someone is no longer a member", (Field("name", "what they are called", personal=True),)
)
TYPES = (INVITED, JOINED, ROLE_CHANGED, LEFT)
