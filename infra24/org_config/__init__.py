"""An organization written down in one YAML file: read with line numbers, compared, applied, shown."""

from infra24.org_config.applying import Change, apply, changes_of
from infra24.org_config.model import Description, describe
from infra24.org_config.reading import Misread, read, read_file
from infra24.org_config.writing import show, written

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
