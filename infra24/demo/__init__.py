"""Four organizations to try things on: Oolite, Bakehouse, Locust Projects and Atlas Fitness."""

from infra24.demo.loading import is_empty, load

__all__ = ["is_empty", "load"]
