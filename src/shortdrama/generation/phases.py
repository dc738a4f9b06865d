"""The phases of a take's life, and what the phases share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import Take, TakeRequest, TakeStatus
from shortdrama.generation.journal import Journal
from shortdrama.generation.keys import Keys
from shortdrama.generation.pauses import Pauses
from shortdrama.generation.polls import Polls
from shortdrama.generation.ports import (
    ProviderJob,
    Providers,
    TakeBlobs,
    TakeMedia,
    TakeRecords,
)
from shortdrama.generation.progress import ProgressBoard
from shortdrama.generation.sharing import Share
from shortdrama.generation.slots import Downloads, Slots

_FINISHES = 6  # clips of which stills are made at once


class Phase(StrEnum):
    SUBMIT = "submit"
    WAIT = "wait"
    FETCH = "fetch"
    FINISH = "finish"
    RECONCILE = "reconcile"  # a person asked to look for a job that may exist


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient the studio is; all in seconds."""

    unreachable_pauses_s: tuple[float, ...] = (1, 2, 4, 8, 15, 30, 60)
    # Half an hour in all, then the last one again and again.
    busy_pauses_s: tuple[float, ...] = (5, 10, 20, *(30,) * 57, 60, 120, 300)
    longest_busy_s: float = 86_400.0  # a take that was turned away all day has failed
    longest_wish_s: float = 900.0  # a Retry-After of a download beyond this is not waited for
    search_pauses_s: tuple[float, ...] = (0, 2, 5, 10)
    clock_skew_s: float = 30.0
    not_found_grace_s: float = 60.0
    deadline_s: float = 1200.0
    deadline_per_second_s: float = 120.0
    reopened_s: float = 60.0  # at least this long is looked at again after a check or a restart
    fetch_pauses_s: tuple[float, ...] = (1, 2, 4, 8, 15, 30)
    progress_every_s: float = 0.5
    watched_fetch_s: float = 0.3  # a download that is over by then needs no progress

    def deadline_of(self, request: TakeRequest) -> float:
        return max(self.deadline_s, self.deadline_per_second_s * request.seconds)


@dataclass(frozen=True)
class Tools:
    """What every phase works with; `tmp` is a folder on the data directory's disk."""

    records: TakeRecords
    providers: Providers
    blobs: TakeBlobs
    media: TakeMedia
    tmp: Path
    pauses: Pauses = field(default_factory=Pauses)
    limits: Limits = field(default_factory=Limits)
    max_takes: int = 64  # under way at once; the others are queued
    share: Share | None = None  # None: no other process works on these takes
    sending: set[TakeId] = field(default_factory=set)  # an answer is waited for in this process
    # What was said of jobs when they were done, and when: their links are young for a while.
    finished: dict[TakeId, tuple[ProviderJob, float]] = field(default_factory=dict)
    # When a provider wishes to be asked first, as it said when it took the job; in seconds.
    wishes: dict[TakeId, float] = field(default_factory=dict)
    downloads: Downloads = field(default_factory=Downloads)
    finishes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_FINISHES))

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.records, self.share)

    @cached_property
    def keys(self) -> Keys:
        return Keys(self.providers, self.pauses, self.polls.wake)

    @cached_property
    def polls(self) -> Polls:
        share = self.share
        return Polls(self.providers, self.pauses.scale, lambda: share.alive if share else 1)

    @cached_property
    def slots(self) -> Slots:
        # Where the work is shared, the room there is is told by the rows.
        return Slots(None if self.share else self.max_takes)

    @cached_property
    def progress(self) -> ProgressBoard:
        return ProgressBoard(self.journal, self.pauses, self.limits.progress_every_s)


def phase_of(take: Take | None) -> Phase | None:
    """What is to be done next; None where nothing is, or where a person must decide."""
    if take is None:
        return None
    match take.status:
        case TakeStatus.QUEUED | TakeStatus.SUBMITTING:
            return Phase.SUBMIT
        case TakeStatus.GENERATING:
            return Phase.WAIT
        case TakeStatus.CANCELLING:
            return Phase.WAIT if take.provider_job_id else Phase.SUBMIT
        case TakeStatus.DOWNLOADING:
            return Phase.FINISH if take.clip else Phase.FETCH
        case _:
            return None
