"""What the demo organizations are and have. The rules are written as any organization writes them."""

from dataclasses import dataclass, field
from typing import Any

WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
SIX_DAYS = [*WEEK, "Saturday"]
MIAMI = "America/New_York"


@dataclass(frozen=True, slots=True)
class Demo:
    """One organization: people first, for the rules of the rest name them."""

    slug: str
    name: str
    time_zone: str
    locale: str
    currency: str
    theme: dict[str, Any]
    locations: dict[str, str]
    people: dict[str, str]
    resources: list[dict[str, Any]] = field(default_factory=list)


def _host(email: str, days: list[str], start: str, end: str) -> dict[str, Any]:
    return {"by": "host", "host": email, "days": days, "start": start, "end": end}


def _open(days: list[str], start: str, end: str) -> dict[str, Any]:
    return {"by": "resource", "days": days, "start": start, "end": end}


OOLITE = Demo(
    slug="oolite",
    name="Oolite Arts",
    time_zone=MIAMI,
    locale="en_US",
    currency="USD",
    theme={"seed": "#0b6e6e", "radius": 14},
    locations={
        "Print Room": "924 Lincoln Road, Miami Beach",
        "Digital Lab": "924 Lincoln Road, Miami Beach",
    },
    people={"mo@oolite.org": "Mo Rivera", "carla@oolite.org": "Carla Jiménez"},
    resources=[
        {
            "type": "other",
            "title": "Remote Studio Visit",
            "category": "Conversations",
            "description": "Half an hour by video with someone from Oolite who looks at your work with "
            "you: a portfolio, an application, a project that is stuck.",
            "meeting_url": "https://meet.jit.si/oolite-{room}",
            "availability_rules": {
                "timezone": "America/New_York",
                "slot_minutes": 30,
                "buffer_before": 10,
                "buffer_after": 10,
                "max_per_day_per_host": 4,
                "windows": [_host("mo@oolite.org", ["Tuesday", "Wednesday", "Thursday"], "12:00", "16:00")],
                "blackouts": [{"date": "2025-10-21"}, {"range": ["2025-11-25", "2025-11-28"]}],
                "pooling": "round_robin",
            },
        },
        {
            "type": "space",
            "title": "Print Room Consultation",
            "category": "Conversations",
            "capacity": 1,
            "location": "Print Room",
            "description": "Technical guidance at the presses: papers, inks, plates, and an induction if "
            "you have not printed here before.",
            "requirements": ["Closed shoes"],
            "availability_rules": {
                "timezone": MIAMI,
                "slot_minutes": 60,
                "step_minutes": 30,
                "buffer_after": 15,
                "min_notice_minutes": 240,
                "cancel_notice_minutes": 1440,
                "reschedule_notice_minutes": 1440,
                "windows": [
                    _host("carla@oolite.org", ["Monday", "Wednesday", "Friday"], "10:00", "17:00"),
                    _host("mo@oolite.org", ["Friday"], "10:00", "14:00"),
                ],
                "pooling": "any",
            },
        },
        {
            "type": "equipment",
            "title": "Large-format printer",
            "category": "Digital lab",
            "capacity": 1,
            "location": "Digital Lab",
            "price": 1500,
            "description": "44 inches wide, eleven pigment inks. Bring your own paper or buy ours.",
            "requirements": ["Induction done"],
            "availability_rules": {
                "timezone": MIAMI,
                "slot_minutes": 60,
                "durations": [60, 120, 240],
                "buffer_after": 15,
                "windows": [_open(SIX_DAYS, "10:00", "18:00")],
                "max_per_week_per_booker": 3,
            },
        },
        {
            "type": "equipment",
            "title": "3D printers",
            "category": "Digital lab",
            "capacity": 3,
            "location": "Digital Lab",
            "description": "Three machines of the same kind; you get the one that is free.",
            "availability_rules": {
                "timezone": MIAMI,
                "slot_minutes": 120,
                "step_minutes": 60,
                "windows": [_open(SIX_DAYS, "10:00", "18:00")],
            },
        },
        {
            "type": "equipment",
            "title": "Laser cutter",
            "category": "Digital lab",
            "capacity": 1,
            "location": "Digital Lab",
            "price": 2500,
            "requirements": ["Induction done", "Eye protection"],
            "description": "Wood, card, acrylic, leather, up to 90 × 60 cm. Staff confirm each booking.",
            "availability_rules": {
                "timezone": MIAMI,
                "slot_minutes": 90,
                "step_minutes": 30,
                "buffer_before": 15,
                "approval": True,
                "windows": [_open(["Tuesday", "Thursday", "Saturday"], "11:00", "17:00")],
            },
        },
    ],
)

BAKEHOUSE = Demo(
    slug="bakehouse",
    name="Bakehouse Art Complex",
    time_zone=MIAMI,
    locale="es_US",
    currency="USD",
    theme={"seed": "#b3401f", "radius": 6},
    locations={"Ceramics studio": "561 NW 32nd Street, Miami", "Woodshop": "561 NW 32nd Street, Miami"},
    people={"lena@bacfl.org": "Lena Ortiz", "sam@bacfl.org": "Sam Whitfield"},
    resources=[
        {
            "type": "other",
            "title": "Residency Conversation",
            "category": "Visits",
            "description": "Meet one of us and see whether a studio here would suit you.",
            "location": "Ceramics studio",
            "availability_rules": {
                "timezone": MIAMI,
                "slot_minutes": 45,
                "step_minutes": 60,
                "buffer_after": 15,
                "max_per_day_per_host": 4,
                "windows": [
                    _host("lena@bacfl.org", ["Monday", "Tuesday", "Thursday"], "10:00", "16:00"),
                    _host("sam@bacfl.org", ["Tuesday", "Wednesday", "Thursday"], "12:00", "18:00"),
                ],
                "hosts": [
                    {"host": "lena@bacfl.org", "weight": 100},
                    {"host": "sam@bacfl.org", "weight": 50},
                ],
                "pooling": "round_robin",
            },
        },
        {
            "type": "equipment",
            "title": "Kiln firing",
            "category": "Studios",
            "capacity": 2,
            "location": "Ceramics studio",
            "price": 3500,
            "description": "Two electric kilns. A firing takes the whole day, cooling included.",
            "availability_rules": {
                "timezone": MIAMI,
                "slot_minutes": 480,
                "windows": [_open(SIX_DAYS, "09:00", "17:00")],
                "cancel_notice_minutes": 1440,
            },
        },
        {
            "type": "space",
            "title": "Woodshop bench",
            "category": "Studios",
            "capacity": 6,
            "location": "Woodshop",
            "description": "A bench with vices and hand tools; the machines by arrangement.",
            "availability_rules": {
                "timezone": MIAMI,
                "slot_minutes": 60,
                "durations": [60, 120, 180],
                "windows": [_open(WEEK, "09:00", "20:00"), _open(["Saturday"], "10:00", "16:00")],
            },
        },
    ],
)

LOCUST = Demo(
    slug="locust-projects",
    name="Locust Projects",
    time_zone=MIAMI,
    locale="en_US",
    currency="USD",
    theme={"seed": "#ffd400", "radius": 0},
    locations={"Main gallery": "297 NE 67th Street, Miami"},
    people={"rosa@locustprojects.org": "Rosa Delgado", "ian@locustprojects.org": "Ian Park"},
    resources=[
        {
            "type": "other",
            "title": "Proposal Surgery",
            "category": "Conversations",
            "meeting_url": "https://meet.jit.si/locust-{room}",
            "description": "Both of us read your proposal with you, line by line.",
            "availability_rules": {
                "timezone": MIAMI,
                "slot_minutes": 30,
                "min_notice_minutes": 1440,
                "windows": [
                    _host("rosa@locustprojects.org", ["Wednesday", "Thursday"], "11:00", "15:00"),
                    _host("ian@locustprojects.org", ["Wednesday", "Friday"], "13:00", "17:00"),
                ],
                "pooling": "collective",
            },
        },
        {
            "type": "space",
            "title": "Project room",
            "category": "Spaces",
            "capacity": 1,
            "location": "Main gallery",
            "price": 8000,
            "description": "120 m² with grid and black-out curtains, for rehearsals, shoots and try-outs.",
            "availability_rules": {
                "timezone": MIAMI,
                "slot_minutes": 120,
                "durations": [120, 240, 480],
                "step_minutes": 60,
                "buffer_before": 30,
                "buffer_after": 30,
                "windows": [
                    _open(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"], "09:00", "21:00")
                ],
                "cancel_notice_minutes": 2880,
                "reschedule_notice_minutes": 1440,
            },
        },
    ],
)

ATLAS = Demo(
    slug="atlas-fitness",
    name="Atlas Fitness",
    time_zone="Europe/London",
    locale="en_GB",
    currency="GBP",
    theme={"seed": "#3b3bb3", "radius": 18},
    locations={"Main gym floor": "14 Mill Lane, London"},
    people={
        "amara@atlas.example": "Amara Okafor",
        "ben@atlas.example": "Ben Hughes",
        "chloe@atlas.example": "Chloe Martin",
    },
    resources=[
        {
            "type": "other",
            "title": "Personal Training Session",
            "category": "Training",
            "price": 5000,
            "location": "Main gym floor",
            "description": "One to one, an hour, with whoever of our trainers is free.",
            "availability_rules": {
                "timezone": "Europe/London",
                "slot_minutes": 60,
                "buffer_after": 15,
                "step_minutes": 30,
                "cancel_notice_minutes": 720,
                "reschedule_notice_minutes": 720,
                "windows": [
                    _host("amara@atlas.example", WEEK, "07:00", "14:00"),
                    _host("ben@atlas.example", WEEK, "12:00", "20:00"),
                    _host(
                        "chloe@atlas.example",
                        ["Monday", "Wednesday", "Friday", "Saturday"],
                        "08:00",
                        "16:00",
                    ),
                ],
                "pooling": "round_robin",
            },
        },
        {
            "type": "other",
            "title": "Gym Consultation",
            "category": "Training",
            "location": "Main gym floor",
            "description": "Your goals, a baseline, and a plan for four weeks. Free for new members.",
            "availability_rules": {
                "timezone": "Europe/London",
                "slot_minutes": 30,
                "max_per_week_per_booker": 1,
                "windows": [_host("ben@atlas.example", WEEK, "12:00", "20:00")],
                "pooling": "fixed",
            },
        },
        {
            "type": "space",
            "title": "Squash court",
            "category": "Courts",
            "capacity": 2,
            "price": 1200,
            "location": "Main gym floor",
            "description": "Two courts. Rackets at the desk.",
            "availability_rules": {
                "timezone": "Europe/London",
                "slot_minutes": 45,
                "windows": [
                    _open(
                        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
                        "07:00",
                        "22:00",
                    )
                ],
            },
        },
    ],
)

DEMOS = (OOLITE, BAKEHOUSE, LOCUST, ATLAS)
