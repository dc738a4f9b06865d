"""How long takes take: the one reckoning behind every time that the studio says. Pure.

What earlier takes needed gives the usual work of one take; what is under way at its connection
gives when its turn comes; its own progress corrects that. The result stands in the take's row, and
every page, event and answer reads it there.
"""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.take import Take, TakeStatus

WAITED_FOR = frozenset({TakeStatus.QUEUED, TakeStatus.SUBMITTING, TakeStatus.GENERATING})
_JITTER = 0.15  # of the whole: later by less than this is no news
_SLOWEST_PERCENT = 10  # below, a progress says little of the speed


@dataclass(frozen=True, slots=True)
class Run:
    """A finished take of one model on one connection."""

    seconds: int  # of the clip
    sent_at: datetime
    ready_at: datetime

    @property
    def duration_s(self) -> float:
        return (self.ready_at - self.sent_at).total_seconds()


def usual_s(runs: Sequence[Run], seconds: int, at_once: int | None) -> float | None:
    """Seconds of work that a clip of this length usually needs; None without any history.

    Args:
        runs: In any order. The waiting behind each other is not counted as work.
        seconds: Of the clip. Where no clip was as long, others tell by their length.
        at_once: How many the connection makes at the same time; None where nobody knows.
    """
    works = list(_works(runs, at_once))
    same = [work_s for run, work_s in works if run.seconds == seconds]
    if same:
        return statistics.median(same)
    by_length = [work_s / run.seconds for run, work_s in works if run.seconds > 0]
    return statistics.median(by_length) * seconds if by_length else None


def _works(runs: Sequence[Run], at_once: int | None) -> Iterable[tuple[Run, float]]:
    free_at: list[datetime] = []
    for run in sorted(runs, key=lambda run: run.sent_at):
        began = run.sent_at
        if at_once is not None and len(free_at) >= at_once:
            began = max(began, heapq.heappop(free_at))
        heapq.heappush(free_at, run.ready_at)
        if began < run.ready_at:
            yield run, (run.ready_at - began).total_seconds()


def until_ready_s(work_s: float, takes: int, lefts_s: Sequence[float], at_once: int) -> float:
    """Seconds until the last of some new takes is ready.

    Args:
        work_s: What each of them needs by itself.
        takes: How many are new.
        lefts_s: What each take that is under way already still needs.
        at_once: How many are made at the same time.
    """
    at_once = min(at_once, len(lefts_s) + takes)
    free_in = sorted(lefts_s)[-at_once:]
    free_in = [0.0] * (at_once - len(free_in)) + free_in
    heapq.heapify(free_in)
    last_s = 0.0
    for _ in range(takes):
        last_s = heapq.heappop(free_in) + work_s
        heapq.heappush(free_in, last_s)
    return last_s


def left_s(take: Take, now: datetime) -> float | None:
    """Seconds until it is ready. 0: it takes longer than usual. None: nobody knows."""
    if take.status not in WAITED_FOR or take.estimate_s is None:
        return None
    since = take.submitted_at or take.created_at
    return max(0.0, take.estimate_s - (now - since).total_seconds())


def lefts_of(
    takes: Iterable[Take], connection_id: ConnectionId | None, work_s: float, now: datetime
) -> list[float]:
    """What each take under way at this connection still needs; all of them where it is None."""
    lefts_s = []
    for take in takes:
        is_here = connection_id in (None, take.request.connection_id)
        if is_here and take.status in WAITED_FOR:
            known_s = left_s(take, now)
            lefts_s.append(work_s if known_s is None else known_s)
    return lefts_s


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Why a take under way does not go on just now. `until` is known of a busy provider."""

    why: str  # of `NO_KEY`, `KEY_REFUSED`, `SILENT`, `BUSY`, `UNREACHABLE`, `STORAGE_AWAY`, `LOST`
    until: datetime | None = None


NO_KEY = "no_key"  # of its connection, on this machine
KEY_REFUSED = "key_refused"  # again and again; the job may go on there
SILENT = "silent"  # asked about the job again and again
BUSY = "busy"
UNREACHABLE = "unreachable"
STORAGE_AWAY = "storage_away"  # with the pictures that go with the prompt
LOST = "lost"  # the built-in engine's job went with its process


def busy_until(moment: datetime) -> str:
    """What a take's `provider_status` says while it waits as long as its provider told."""
    return f"{BUSY} {moment.astimezone(UTC).isoformat(timespec='milliseconds')}"


_NO_ANSWER = "no answer: "


def no_answer(message: str) -> str:
    """What a take's `provider_status` says while its provider tells nothing of the job."""
    return f"{_NO_ANSWER}{message}"


def held_up(take: Take) -> HeldUp | None:
    """None where nothing holds it up."""
    said = take.provider_status or ""
    if said.startswith(_NO_ANSWER):
        return HeldUp(SILENT) if take.status is TakeStatus.GENERATING else None
    word, _, moment = said.partition(" ")
    if word in {NO_KEY, KEY_REFUSED} and not moment:
        return HeldUp(word) if take.is_active else None
    if take.status is not TakeStatus.QUEUED or word not in {BUSY, UNREACHABLE, STORAGE_AWAY, LOST}:
        return None
    try:
        until = datetime.fromisoformat(moment) if moment else None
    except ValueError:
        return None
    return HeldUp(word, until)


_UNKNOWN = "unknown "


def unknown_word(word: str) -> str:
    """What a take's `provider_status` says of a word that nobody here knows."""
    return f"{_UNKNOWN}{word}"


def strange_word(take: Take) -> str:
    """The word that its provider goes on saying and nobody here knows; "" where there is none."""
    said = take.provider_status or ""
    is_strange = take.status is TakeStatus.GENERATING and said.startswith(_UNKNOWN)
    return said.removeprefix(_UNKNOWN) if is_strange else ""


def when_sent_s(take: Take, now: datetime) -> float | None:
    """The estimate of a queued take that is sent now, counted from now on.

    What was ordered with one estimate keeps it; what waited past it begins to count again.
    """
    left = left_s(take, now)
    return take.estimate_s if held_up(take) or not left else left


@dataclass(frozen=True, slots=True)
class Pace:
    """A running job, in seconds since it was sent."""

    elapsed_s: float
    progress: int | None
    idle_s: float = 0.0  # before it began to move


def corrected_s(first_s: float | None, told_s: float | None, pace: Pace) -> float | None:
    """Seconds from its sending until it is ready, as its progress says.

    Args:
        first_s: What was expected when it was sent.
        told_s: What was said last; later than that only where it is much later.
        pace: How far it is.
    """
    progress = pace.progress
    if progress is None or not _SLOWEST_PERCENT <= progress < 100:
        return told_s
    by_progress = pace.idle_s + (pace.elapsed_s - pace.idle_s) * 100 / progress
    is_refuted = first_s is None or pace.elapsed_s >= first_s
    share = 1.0 if is_refuted else progress / 100
    new_s = by_progress * share + (first_s or 0.0) * (1 - share)
    if told_s is not None and told_s <= new_s < told_s * (1 + _JITTER):
        return told_s
    return new_s
