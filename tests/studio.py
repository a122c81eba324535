"""An organization with a bit of everything, for tests of offers that need several things at once."""

from typing import Any

from infra24.resources import Draft
from tests.factories import opening, rules

ANN, BEN, CYD = "ann@studio.example", "ben@studio.example", "cyd@studio.example"
DAY = {"start": "08:00", "end": "18:00"}


def person(name: str, email: str, *tags: str, **own: Any) -> Draft:
    """A person with hours of their own."""
    return Draft("person", name, email=email, is_bookable=False, tags=list(tags),
                 availability_rules=rules(opening(**DAY), **own))  # fmt: skip


def appointment(title: str, *needs: dict[str, Any], **more: Any) -> Draft:
    """An appointment type of half an hour."""
    own = more.pop("rules", {})
    return Draft("other", title, needs=list(needs),
                 availability_rules={"timezone": "UTC", "slot_minutes": 30, **own}, **more)  # fmt: skip


def people_and_things() -> dict[str, Draft]:
    """Three people, two rooms, wheels, a hall of two halves, and types that need them."""
    hosts = {"hosts": [ANN, BEN]}
    return {
        "ann": person("Ann", ANN, "etching"),
        "ben": person("Ben", BEN, "etching", "glass"),
        "cyd": person("Cyd", CYD, "glass"),
        "north": Draft("space", "North room", capacity=1, tags=["quiet"]),
        "south": Draft("space", "South room", capacity=1, tags=["quiet"],
                       availability_rules=rules(opening(start="08:00", end="12:00"))),
        "wheels": Draft("equipment", "Wheels", capacity=3),
        "left": Draft("space", "Left half", capacity=1, availability_rules=rules(opening())),
        "right": Draft("space", "Right half", capacity=1, availability_rules=rules(opening())),
        "hall": Draft("space", "Hall", capacity=1, parts=["left-half", "right-half"],
                      availability_rules=rules(opening())),
        "saw": Draft("equipment", "Saw", capacity=1, availability_rules=rules(opening())),
        "booth": Draft("space", "Sound booth", capacity=1, excludes=["saw"], availability_rules=rules(opening())),
        "stage": Draft("space", "Stage", capacity=1, availability_rules=rules(opening()),
                       layouts={"chairs": {"setup": 30, "teardown": 30}, "mats": {"setup": 60, "teardown": 30}}),
        "lesson": appointment("Lesson", hosts, {"resource": "north-room"}, {"resource": "wheels", "units": 2}),
        "quiet": appointment("Quiet hour", {"tag": "quiet"}, {"skill": "glass"}),
        "chosen": appointment("With whom you like", {**hosts, "choose": True}),
        "turns": appointment("By turns", {**hosts, "pooling": "round_robin"}),
        "everyone": appointment("Everyone", {**hosts, "pooling": "collective"}),
        "talk": appointment("Talk", {"resource": "stage"}, layout="chairs"),
        "yoga": appointment("Yoga", {"resource": "stage"}, layout="mats"),
        "asking": appointment("With questions", hosts, meets="phone", prices={"public": 5000, "member": 0},
                              questions=[{"label": "Medium", "kind": "choice", "choices": ["ink", "clay"],
                                          "required": True},
                                         {"id": "size", "label": "Size", "kind": "number", "least": 1},
                                         {"id": "ok", "label": "I agree", "kind": "consent", "required": True}]),
    }  # fmt: skip
