"""What to call the device that a browser says it is on: enough to know one's own again."""

import re

_WORD = re.compile(r"^[A-Za-z0-9._-]{1,20}(?:/[0-9.]{1,12})?")
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("FxiOS/", "Firefox"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_named(agent: str) -> str:
    """The browser and the system, as "Firefox · Linux"; else the first word of what it says of itself.

    An e-mail carries no sentence that whoever signs in has written.
    """
    known = [next((name for mark, name in table if mark in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in known if name) or "".join(_WORD.findall(agent)[:1])


def system_named(agent: str) -> str:
    """The system alone, or nothing."""
    return next((name for mark, name in _SYSTEMS if mark in agent), "")
