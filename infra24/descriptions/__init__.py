"""An organization written down in one YAML file: read with line numbers, compared, applied, shown."""

from infra24.descriptions.applying import Change, apply, changes_of
from infra24.descriptions.model import Description, describe
from infra24.descriptions.reading import Misread, read, read_file
from infra24.descriptions.writing import show, written

__all__ = [
    "Change",
    "Description",
    "Misread",
    "apply",
    "changes_of",
    "describe",
    "read",
    "read_file",
    "show",
    "written",
]
