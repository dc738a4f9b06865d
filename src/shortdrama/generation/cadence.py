"""How long to wait before asking a provider again. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_LONGEST_ASKED_S = 120.0
_JITTER = 0.15


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of a running job, in seconds since it was sent."""

    elapsed_s: float
    expected_s: float | None = None  # from this studio's history
    asked_s: float | None = None  # the provider's own wish
    progress: int | None = None
    still_s: float = 0.0  # since its progress last moved
    failed_polls: int = 0  # in a row
    is_local: bool = False  # the engine of this machine, where asking costs nothing
    least_s: float = 0.0  # between two looks at one job, as the vendor documents


def next_poll_s(watch: Watch, random: Callable[[], float]) -> float:
    """Seconds until the next poll; `random` gives numbers from 0 to 1.

    Sparse at first, about one second around the expected end, sparse again when it is overdue.
    A provider's own wish goes before everything else, but for the pause that its vendor documents.
    """
    return max(_pause_s(watch, random), watch.least_s * (1 + _JITTER * random()))


def _pause_s(watch: Watch, random: Callable[[], float]) -> float:
    if watch.asked_s is not None:
        wished = min(max(watch.asked_s, 0.1), _LONGEST_ASKED_S)
        # Never earlier than asked, and not all takes in the same moment.
        return wished * (1 + _JITTER * random()) if wished >= 1 else wished
    pause = _by_failures(watch) if watch.failed_polls else _by_time(watch)
    return pause * (1 + _JITTER * (2 * random() - 1))


def expected_total_s(watch: Watch) -> float | None:
    """When the job will be done, as its progress or this studio's history says."""
    if watch.progress is not None and 10 <= watch.progress < 100:
        by_progress = watch.elapsed_s * 100 / watch.progress
        return min(by_progress, watch.expected_s or by_progress)
    return watch.expected_s


def _by_time(watch: Watch) -> float:
    if watch.is_local:
        return _clamp(watch.elapsed_s * 0.1, 0.2, 2.0)
    slowest = _slowest(watch.elapsed_s)
    total = expected_total_s(watch)
    if total is None:
        return _clamp(watch.elapsed_s * 0.1, 1.0, slowest)
    left = total - watch.elapsed_s
    pause = left * 0.3 if left > 0 else -left * 0.15
    # A job that stands still at 99 % is not asked every second for ever.
    return _clamp(max(pause, watch.still_s * 0.05), 1.0, slowest)


def _by_failures(watch: Watch) -> float:
    return min(60.0, 2.0 ** min(watch.failed_polls, 6))


def _slowest(elapsed_s: float) -> float:
    # providers.md section E: 10 s, 15 s after five minutes, 30 s after fifteen.
    if elapsed_s < 300:
        return 10.0
    return 15.0 if elapsed_s < 900 else 30.0


def _clamp(value: float, low: float, high: float) -> float:
    return max(low, min(value, high))
