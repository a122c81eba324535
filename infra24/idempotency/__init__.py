"""Answers kept for requests that may be sent again with the same Idempotency-Key."""

from infra24.idempotency.queries import StoredResponse, claim_key, delete_expired, release_key, store_response

__all__ = ["StoredResponse", "claim_key", "delete_expired", "release_key", "store_response"]
