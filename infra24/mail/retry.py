"""How long a letter is tried: soon again, then ever more slowly, for about a day."""

import random

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from infra24.mail.model import NoAddress
from infra24.mail.transport import Refused

_FIRST_SECONDS, _LONGEST_SECONDS = 10.0, 3_600.0
_ATTEMPTS = 32


class Patience(BaseRetryStrategy):
    """Waits 10 seconds and twice as long each time, an hour at most, each time half as long or half as long
    again by chance, so that letters held up together do not come back together. A refusal for good is final,
    and so is an address to which nothing can go.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, Refused | NoAddress) or job.attempts >= _ATTEMPTS:
            return None
        seconds = pause(job.attempts) * random.SystemRandom().uniform(0.5, 1.5)
        return RetryDecision(retry_in={"seconds": int(seconds)})


def pause(attempts: int) -> float:
    """The seconds to wait after so many attempts before, before chance has its part."""
    return min(_FIRST_SECONDS * 2.0 ** min(attempts, 20), _LONGEST_SECONDS)
