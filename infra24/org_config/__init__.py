"""An organization written down in one YAML file: read with line numbers, compared, applied, shown."""

from infra24.org_config.applying import Change, apply, plan
from infra24.org_config.model import OrgConfig, describe
from infra24.org_config.reading import ConfigError, read, read_file
from infra24.org_config.writing import show, to_yaml

__all__ = [
    "Change",
    "ConfigError",
    "OrgConfig",
    "apply",
    "describe",
    "plan",
    "read",
    "read_file",
    "show",
    "to_yaml",
]
