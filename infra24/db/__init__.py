"""The pool and its transactions: the only place that begins, commits or rolls back."""

from infra24.db.pool import Database, Flush
from infra24.db.transaction import (
    SYSTEM,
    Actor,
    DatabaseDown,
    Job,
    OutcomeUnknown,
    Reader,
    Row,
    Statement,
    TransactionConflict,
    Tx,
    like_pattern,
)

__all__ = [
    "SYSTEM",
    "Actor",
    "Database",
    "DatabaseDown",
    "Flush",
    "Job",
    "OutcomeUnknown",
    "Reader",
    "Row",
    "Statement",
    "TransactionConflict",
    "Tx",
    "like_pattern",
]
