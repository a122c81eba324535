"""Queues the worker's tasks with the COMMIT of the transaction that asks for them."""

import json
from collections.abc import Sequence
from typing import LiteralString

from infra24.db import Job, Statement

_DEFER: LiteralString = """
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW (j.queue, j.task, 0, NULL, NULL, j.args::jsonb, NULL)::procrastinate_job_to_defer_v1))
    FROM unnest(%(queues)s::text[], %(tasks)s::text[], %(args)s::text[]) AS j (queue, task, args)
"""
"""As procrastinate defers jobs, but as a statement that can go with the COMMIT."""


def statements(jobs: Sequence[Job]) -> list[Statement]:
    """What queues the jobs of a transaction."""
    if not jobs:
        return []
    args = {
        "queues": [job.queue for job in jobs],
        "tasks": [job.task for job in jobs],
        "args": [json.dumps(job.args) for job in jobs],
    }
    return [Statement(_DEFER, args)]
