"""What a take's life needs of the outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from shortdrama.domain.asset import Asset
from shortdrama.domain.ids import (
    AssetId,
    ConnectionId,
    EpisodeId,
    ProjectId,
    PromptId,
    ShotId,
    TakeId,
)
from shortdrama.domain.model import Connection, Mode
from shortdrama.domain.money import Entry, Rules, Scope, Sum
from shortdrama.domain.project import Shot
from shortdrama.domain.prompt import Prompt
from shortdrama.domain.take import FailureKind, Take, TakeRequest, TakeStatus
from shortdrama.domain.waiting import Run
from shortdrama.state.ports import EventLog


class TakeStore(Protocol):
    def add(self, take: Take, idempotency_key: str, fingerprint: str) -> None: ...

    def by_key(self, idempotency_key: str) -> tuple[Take, str] | None:
        """The take made with this key, and the fingerprint of its request."""
        ...

    def get(self, take_id: TakeId) -> Take | None: ...

    def of_shot(self, shot_id: ShotId) -> list[Take]:
        """Newest first."""
        ...

    def of_shots(self, shot_ids: Sequence[ShotId]) -> dict[ShotId, list[Take]]:
        """Newest first within each shot; one query."""
        ...

    def page(self, before: TakeId | None, limit: int) -> list[Take]:
        """Newest first, keyset-paged."""
        ...

    def with_status(self, statuses: frozenset[TakeStatus]) -> list[Take]:
        """Oldest first."""
        ...

    def next_number(self, shot_id: ShotId) -> int: ...

    def move(
        self,
        take_id: TakeId,
        expected: frozenset[TakeStatus],
        to: TakeStatus,
        changes: dict[str, Any] | None = None,
    ) -> Take | None:
        """Guarded in SQL: None where the take was not in one of `expected`.

        `changes` are fields of `Take` (failure and clip as their dataclasses).
        """
        ...

    def note(self, take_id: TakeId, changes: dict[str, Any]) -> Take | None:
        """Change fields other than the status: progress, rejection, provider's word."""
        ...

    def recent_runs(
        self, model: str, connection_id: ConnectionId | None, limit: int = 60
    ) -> list[Run]:
        """The latest takes of a model that became ready; None: on any connection."""
        ...


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An attempt that may have made a job which this studio does not know."""

    take: Take
    attempt: int
    opened_at: datetime


class SubmissionStore(Protocol):
    """The intent of every paid call, committed before the call."""

    def open(self, take_id: TakeId, at: datetime) -> int:
        """The attempt's number."""
        ...

    def close(
        self, take_id: TakeId, attempt: int, outcome: str, provider_job_id: str | None
    ) -> None:
        """`outcome` is "accepted", "refused", "not_sent" or "lost"."""
        ...

    def open_attempt(self, take_id: TakeId) -> int | None:
        """An attempt whose outcome was never written: the program died inside the call."""
        ...

    def count(self, take_id: TakeId) -> int: ...

    def turned_away(self, take_id: TakeId) -> list[tuple[str | None, datetime]]:
        """Outcome and time of its latest attempts that made nothing, or are open; newest first."""
        ...

    def known_jobs(self, job_ids: Sequence[str]) -> set[str]:
        """Those of these provider jobs that an accepted submission of this studio already holds."""
        ...

    def holders(self, connection_id: ConnectionId, job_id: str) -> set[TakeId]:
        """Takes of this connection that have this job; more than one is one too many."""
        ...

    def unanswered(self, request: TakeRequest) -> list[Unanswered]:
        """Attempts of any take with these words for this model of this connection, oldest first.

        Without those of which a person has said that they were not sent.
        """
        ...


class LedgerStore(Protocol):
    """A row for every attempt, and the caps; see `books.py`."""

    def lock(self) -> None:
        """Orders, and changes of caps, are one after another until their transactions end.

        Across processes. Taken before any row is changed.
        """
        ...

    def place_of(self, shot_id: ShotId) -> tuple[ProjectId, EpisodeId]:
        """Raises `NotFound`."""
        ...

    def add(self, entry: Entry) -> None: ...

    def of_take(self, take_id: TakeId) -> list[Entry]:
        """In order of the attempts."""
        ...

    def change(self, take_id: TakeId, attempt: int, changes: dict[str, Any]) -> None:
        """`changes` are fields of `Entry`."""
        ...

    def counted(self, scope: Scope, owner: object) -> Sum:
        """`owner` is an id, or the day."""
        ...

    def rules(self) -> Rules: ...


class LeaseState(StrEnum):
    """How far a process is with a take that it works on."""

    STARTING = "starting"  # a queued one, about to be sent
    SENDING = "sending"  # its paid call is under way
    HELD = "held"


class WorkStore(Protocol):
    """Processes on one database, and which of them works on which take; see `sharing.py`."""

    def enlist(self, worker_id: str, name: str, lives_s: float) -> None: ...

    def beat(self, worker_id: str, lives_s: float) -> bool:
        """False where the process was given up for dead meanwhile."""
        ...

    def count_alive(self) -> int: ...

    def bury(self) -> list[str]:
        """Strike out processes that do not beat any more, with their leases; who they were."""
        ...

    def leave(self, worker_id: str) -> None: ...

    def lease(self, worker_id: str, take_id: TakeId) -> bool:
        """True where the take is this process's now, or was already."""
        ...

    def holder(self, take_id: TakeId) -> str | None: ...

    def held_by(self, worker_id: str) -> set[TakeId]: ...

    def mark(self, worker_id: str, take_id: TakeId, state: LeaseState) -> bool:
        """False, and nothing changed, where the lease is not this process's."""
        ...

    def drop(self, worker_id: str, take_id: TakeId) -> None: ...

    def being_sent(self) -> set[TakeId]:
        """Takes whose paid call some living process has under way."""
        ...

    def pick(self, worker_id: str, most: int, max_takes: int) -> list[TakeId]:
        """Lease takes that nobody works on, as far as there is room for them."""
        ...

    def has_room(self, take_id: TakeId, max_takes: int) -> bool:
        """Whether this queued take may be sent now; true until the transaction ends."""
        ...

    def call(self, word: str) -> None:
        """Heard by every process that listens, once this transaction is committed."""
        ...


class PromptStore(Protocol):
    def add(self, prompt: Prompt) -> None: ...

    def get(self, prompt_id: PromptId) -> Prompt | None: ...

    def page(self, query: str, before: PromptId | None, limit: int) -> list[Prompt]:
        """Newest first; `query` matches anywhere in the text, without case."""
        ...

    def link_take(self, prompt_id: PromptId, take_id: TakeId) -> None: ...


class ShotReader(Protocol):
    def get(self, shot_id: ShotId) -> Shot | None: ...

    def newest(self) -> Shot | None: ...

    def select_take(self, shot_id: ShotId, take_id: TakeId | None) -> None: ...


class ConnectionReader(Protocol):
    def get(self, connection_id: ConnectionId) -> Connection | None: ...


class AssetReader(Protocol):
    def get_many(self, asset_ids: Sequence[AssetId]) -> list[Asset]: ...


class TakeTransaction(Protocol):
    def lock(self, what: str) -> None:
        """Until the transaction ends, nobody else gets past this, in any process."""
        ...

    @property
    def takes(self) -> TakeStore: ...
    @property
    def submissions(self) -> SubmissionStore: ...
    @property
    def ledger(self) -> LedgerStore: ...
    @property
    def work(self) -> WorkStore: ...
    @property
    def prompts(self) -> PromptStore: ...
    @property
    def shots(self) -> ShotReader: ...
    @property
    def assets(self) -> AssetReader: ...
    @property
    def connections(self) -> ConnectionReader: ...
    @property
    def events(self) -> EventLog: ...


class TakeRecords(Protocol):
    def begin(self) -> AbstractContextManager[TakeTransaction]:
        """One transaction: committed when the block ends well, else rolled back."""
        ...

    def read(self) -> AbstractContextManager[TakeTransaction]:
        """One view of the records that never waits for a writer; nothing is written in it."""
        ...


class TakeBlobs(Protocol):
    def put_file(self, path: Path) -> str:
        """Take the file over; its SHA-256 in hex is the key. Durable when it returns."""
        ...

    def local_path(self, key: str) -> AbstractContextManager[Path]:
        """The blob as a file that may be read inside the block."""
        ...

    def size(self, key: str) -> int | None: ...


class TakeMedia(Protocol):
    """Sync; runs in worker processes."""

    def verify(self, path: Path, expected_s: float | None) -> dict[str, Any]: ...

    def remux_faststart(self, path: Path, destination: Path) -> None: ...

    def poster(self, path: Path, destination: Path) -> None: ...

    def last_frame(self, path: Path, destination: Path) -> None: ...


class JobPhase(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # a word nobody knows: keep polling


@dataclass(frozen=True, slots=True)
class Bill:
    """What a provider says that a job cost.

    Attributes:
        micro_usd: None where it tells units and no money.
        usage: Its own units, such as tokens or credits.
        was_charged: False where it says that nothing is owed, as for a refused job.
    """

    micro_usd: int | None = None
    usage: dict[str, float] = field(default_factory=dict)
    was_charged: bool | None = None


@dataclass(frozen=True, slots=True)
class ProviderJob:
    """What a provider said of its job just now.

    `id` is all that is needed to find the job again, in the provider's own form: a number, or a
    kind of task and a number, or addresses. Nobody else looks into it. At most 4 KiB.
    """

    id: str
    phase: JobPhase
    raw_status: str = ""
    progress: int | None = None
    error_code: str | None = None
    error_message: str | None = None
    failure_kind: FailureKind | None = None
    result_url: str | None = None
    poll_after_s: float | None = None
    seconds: float | None = None
    created_at: float | None = None  # unix seconds
    model: str | None = None
    prompt: str | None = None
    last_frame_url: str | None = None
    bill: Bill | None = None
    is_certain: bool = False  # found by a mark that only this one order was sent with
    is_guess: bool = False  # found by its time and model alone: a person may know
    clip: Path | None = None  # it came with the answer to the order, and is there


@dataclass(frozen=True, slots=True)
class Reference:
    path: Path
    mime: str
    name: str


@dataclass(frozen=True, slots=True)
class Submission:
    prompt: str
    model: str
    seconds: int
    size: str
    references: tuple[Reference, ...] = ()
    idempotency_key: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    mode: Mode = Mode.TEXT
    clip_to: Path | None = None  # where a clip goes that is the answer to the order


class Provider(Protocol):
    """One vendor protocol on one connection. Stateless: no database, no sleeping, no retries.

    All raise `ProviderError`; `submit` raises `SubmissionUncertain` where the request may have
    arrived although no answer came.
    """

    async def submit(self, submission: Submission) -> ProviderJob: ...

    async def poll(self, job_id: str) -> ProviderJob: ...

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        """Write the clip to `destination`; `on_progress(bytes so far, total or None)`."""
        ...

    async def cancel(self, job_id: str) -> bool:
        """True where the provider says that the job is stopped."""
        ...

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        """Jobs of the provider's list that a lost answer may have belonged to.

        Same model, prompt, length and size, made since then; also those of which that cannot be
        told yet (`is_guess`). Raises where it has no list.
        """
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a connection may be asked, over all takes together; None: the studio's own."""

    max_at_once: int | None = None
    polls_per_second: float | None = None
    poll_every_s: float = 0.0  # at the most, about one job; a person who cancels does not wait


class Providers(Protocol):
    def for_connection(self, connection_id: ConnectionId) -> Provider:
        """Raises `NotFound` or `ProviderError(kind="auth")` in words a person can act on."""
        ...

    def is_free(self, connection_id: ConnectionId) -> bool: ...

    def allowance_of(self, connection_id: ConnectionId) -> Allowance: ...

    async def close(self) -> None:
        """Let go of the network; called on the loop that the providers were used on."""
        ...


class Runner(Protocol):
    """Durable execution: a started take goes on after a crash until it stops by itself."""

    def start(self, take_id: TakeId) -> None: ...

    def wake(self, take_id: TakeId) -> None:
        """Look at the take again now: it was cancelled, or a person decided."""
        ...

    def is_checking(self, take_id: TakeId) -> bool:
        """Whether an uncertain take's job is being looked for just now."""
        ...
