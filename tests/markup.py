"""Reading the markup of pages, however their templates are laid out."""

import re


def tags_on_one_line(html: str) -> str:
    """The same page with each tag on one line, its attributes a space apart."""
    return re.sub(r"<[^>]+>", lambda tag: " ".join(tag[0].split()), html)
