"""How long sending an e-mail is retried: soon, then ever more slowly, for about a day."""

import random

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from infra24.channels import PermanentFailure
from infra24.mail.model import InvalidAddress

_FIRST_SECONDS, _LONGEST_SECONDS = 10.0, 3_600.0
ATTEMPTS = 32
"""After so many, about a day, it has failed."""


class MailRetry(BaseRetryStrategy):
    """Waits 10 seconds and twice as long each time, an hour at most, each time half as long or half as long
    again by chance, so that e-mails held up together do not come back together. A permanent failure is final,
    and so is an invalid address.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, PermanentFailure | InvalidAddress) or job.attempts >= ATTEMPTS:
            return None
        seconds = delay_seconds(job.attempts) * random.SystemRandom().uniform(0.5, 1.5)
        return RetryDecision(retry_in={"seconds": int(seconds)})


def delay_seconds(attempts: int) -> float:
    """The seconds to wait after so many attempts before, before chance has its part."""
    return min(_FIRST_SECONDS * 2.0 ** min(attempts, 20), _LONGEST_SECONDS)
