"""Answers kept for requests that may be sent again with the same Idempotency-Key."""

from infra24.idempotency.queries import Kept, claim_key, forget_answers, keep_answer, release_key

__all__ = ["Kept", "claim_key", "forget_answers", "keep_answer", "release_key"]
