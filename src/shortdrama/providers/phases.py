"""What a vendor's status word means for a job."""

from __future__ import annotations

from shortdrama.generation.ports import JobPhase
from shortdrama.sora2.wire import JobStatus, normalise_status

_PHASES = {
    JobStatus.QUEUED: JobPhase.QUEUED,
    JobStatus.IN_PROGRESS: JobPhase.RUNNING,
    JobStatus.COMPLETED: JobPhase.SUCCEEDED,
    JobStatus.FAILED: JobPhase.FAILED,
    JobStatus.CANCELLED: JobPhase.CANCELLED,
    JobStatus.EXPIRED: JobPhase.EXPIRED,
    JobStatus.UNKNOWN: JobPhase.UNKNOWN,
}


def phase_of(word: object) -> JobPhase:
    """By the table of synonyms in `sora2.wire`; `UNKNOWN` for a word that is not in it.

    A vendor that means something else by a word looks it up in a table of its own first.
    """
    return _PHASES[normalise_status(word)]
