"""What the doctor finds."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: whether it is well, what was seen, and what to do if it is not."""

    part: str
    well: bool
    seen: str
    advice: str = ""


Check = Callable[[], Finding]
