"""Retries: which outcomes, how often, and the wait in between."""

from dataclasses import dataclass

from . import _rules
from ._errors import Received
from ._protocol import NoResponse

# A retry of these may succeed: too slow, too many requests, a fault, or a proxy without a service behind it.
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How a request is retried. Raises `InvalidInputError` for a value that makes no sense."""

    attempts: int = 5
    """Attempts, the first one included."""
    first_delay: float = 0.1
    """The longest wait after the first failed attempt, in seconds. Doubles with each attempt."""
    longest_delay: float = 20.0
    """The longest wait of all, in seconds. A longer `Retry-After` ends the retries."""

    def __post_init__(self) -> None:
        _rules.attempts(self.attempts)
        _rules.seconds(self.first_delay, "first_delay")
        _rules.seconds(self.longest_delay, "longest_delay")

    def wait(self, outcome: Received | NoResponse, attempt: int, jitter: float) -> float | None:
        """Seconds until the next attempt, or `None` if the attempt with this number (from 1) was the last.

        `jitter` is a random number from 0 to 1. Full jitter spreads the retries of clients that failed together.
        """
        retry_after = _retry_after(outcome)
        if not is_transient(outcome) or attempt >= self.attempts or retry_after > self.longest_delay:
            return None
        return retry_after + jitter * min(self.longest_delay, self.first_delay * 2.0 ** (attempt - 1))


def is_transient(outcome: Received | NoResponse) -> bool:
    """Whether another attempt may succeed.

    Every request may be repeated: reads are safe, a create has its key, and the version guards confirm and close.
    """
    return isinstance(outcome, NoResponse) or outcome.status in _TRANSIENT or _is_in_progress(outcome)


def may_be_done(outcome: Received | NoResponse) -> bool:
    """Whether a write may have taken effect although this is the outcome."""
    if isinstance(outcome, NoResponse):
        return outcome.is_sent
    return outcome.status in _TRANSIENT


def _is_in_progress(received: Received) -> bool:
    return received.details.reason == "request_in_progress"


def _retry_after(outcome: Received | NoResponse) -> float:
    return 0.0 if isinstance(outcome, NoResponse) else outcome.retry_after or 0.0
