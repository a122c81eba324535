"""Four organizations to try things on: Oolite, Bakehouse, Locust Projects and Atlas Fitness."""

from infra24.demo.loading import OWNER_EMAIL, is_empty, load

__all__ = ["OWNER_EMAIL", "is_empty", "load"]
