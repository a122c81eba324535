"""The route table: every address, what it needs, and who answers."""

from infra24.web.api_routes import API
from infra24.web.page_routes import PAGES

__all__ = ["API", "PAGES"]
