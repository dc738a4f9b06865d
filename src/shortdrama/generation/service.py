"""Takes as people deal with them: order, cancel, try again, decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from shortdrama.domain.ids import PromptId, ShotId, TakeId, new_id
from shortdrama.domain.model import Mode
from shortdrama.domain.money import Buyer
from shortdrama.domain.prompt import Prompt, clean_prompt
from shortdrama.domain.take import Take, TakeRequest, TakeStatus
from shortdrama.errors import Conflict, InvalidInput, NotFound
from shortdrama.generation import books
from shortdrama.generation.failures import CANDIDATES
from shortdrama.generation.journal import Journal, tell
from shortdrama.generation.orders import TakeOrder, Terms, fingerprint
from shortdrama.generation.ports import Runner, TakeRecords, TakeTransaction

_S = TakeStatus
_MAX_KEY_CHARS = 200
_RUNNING = frozenset({_S.SUBMITTING, _S.GENERATING, _S.DOWNLOADING, _S.CANCELLING})
_TO_LOOK_AT = frozenset({_S.UNCERTAIN, _S.STALLED})
_CANCELLED_AT_ONCE = frozenset({_S.QUEUED, _S.UNCERTAIN})
_CANCELLED_BY_PROVIDER = frozenset({_S.SUBMITTING, _S.GENERATING})
_REPEATABLE = frozenset({_S.FAILED, _S.CANCELLED, _S.READY})
_NOBODY = Buyer()
Beside = Callable[[TakeTransaction, Take], None]


class Decision(StrEnum):
    """What a person says of an uncertain take."""

    CHECK = "check"  # look for its job in the provider's list
    NOT_SENT = "not_sent"
    SEND_AGAIN = "send_again"  # may be paid for twice; their word


@dataclass(frozen=True, slots=True)
class QueueSummary:
    running: int
    queued: int
    to_look_at: int


@dataclass(frozen=True, slots=True)
class _New:
    """A take to be written, and how its order is known again."""

    take: Take
    key: str
    mark: str
    beside: Beside | None


class TakeService:
    """Writes what people want; the runner does it."""

    def __init__(
        self,
        records: TakeRecords,
        runner: Runner,
        terms: Callable[[TakeOrder], Terms],
        default_shot: Callable[[], ShotId],
    ) -> None:
        """Set up the service.

        Args:
            records: The studio's rows.
            runner: Makes takes happen.
            terms: The connection, price and time of an order; raises `InvalidInput` for what the
                model cannot do.
            default_shot: The shot that an order without one belongs to.
        """
        self._records = records
        self._runner = runner
        self._terms = terms
        self._default_shot = default_shot

    def order(
        self,
        order: TakeOrder,
        idempotency_key: str,
        buyer: Buyer = _NOBODY,
        beside: Beside | None = None,
    ) -> Take:
        """Make a take and start it. May cost money. The same key again is the same take.

        Args:
            order: What to make.
            idempotency_key: 1 to 200 plain characters.
            buyer: Who orders.
            beside: Writes what belongs to the new take, such as its shot, in its transaction and
                before it; raises to write nothing at all.

        Raises:
            InvalidInput: The prompt, or something that the model cannot do.
            NotFound: The shot.
            Conflict: `idempotency_key_reused`: the key belongs to another request.
                `connection_gone`: its connection was removed meanwhile.
            OverBudget: `cap_reached` or `price_unknown`: a cap forbids it. `confirmation_needed`:
                nobody has agreed to its price.
        """
        order = replace(order, prompt=clean_prompt(order.prompt))
        _check_key(idempotency_key)
        mark = fingerprint(order)
        take = self._made_before(idempotency_key, mark)
        if take is None:
            terms = self._terms(order)
            shot_id = order.shot_id or self._default_shot()
            made = replace(_new_take(order, shot_id, terms), ordered_by=buyer.actor)
            new = _New(made, idempotency_key, mark, beside)
            take = self._write(new, buyer, terms)
        if take.is_active:
            self._runner.start(take.id)
        return take

    def get(self, take_id: TakeId) -> Take:
        with self._records.read() as tx:
            return _found(tx.takes.get(take_id))

    def page(self, before: TakeId | None = None, limit: int = 50) -> list[Take]:
        """Newest first."""
        with self._records.read() as tx:
            return tx.takes.page(before, limit)

    def cancel(self, take_id: TakeId) -> Take:
        """Stop a take. One that the provider has stays `cancelling` until it is known to be over.

        Raises:
            Conflict: There is nothing to stop any more, or the clip is made and paid for.
        """
        with self._records.begin() as tx:
            take = _found(tx.takes.get(take_id))
            if take.status is _S.CANCELLING or take.status is _S.CANCELLED:
                return take
            tell(tx, take := self._cancelled(tx, take))
        self._runner.start(take.id)
        return take

    def retry(self, take_id: TakeId, idempotency_key: str, buyer: Buyer = _NOBODY) -> Take:
        """A new take with the same request. May cost money."""
        before = self.get(take_id)
        if before.status not in _REPEATABLE:
            raise Conflict("This take is not over yet.", code="take_not_over")
        request = before.request
        order = TakeOrder(
            prompt=request.prompt,
            model=request.model,
            seconds=request.seconds,
            size=request.size,
            references=request.references,
            shot_id=before.shot_id,
            connection_id=request.connection_id,
            retry_of=before.id,
            mode=Mode(request.mode) if request.mode else None,
            extra=dict(request.extra),
        )
        return self.order(order, idempotency_key, buyer)

    def fetch_again(self, take_id: TakeId) -> Take:
        """Download a finished clip again; nothing is generated."""
        with self._records.begin() as tx:
            take = _found(tx.takes.get(take_id))
            if not take.can_fetch_again:
                raise Conflict(
                    "The provider has no finished clip to download.",
                    code="nothing_to_fetch",
                )
            take = _reopen(tx, take, _S.FAILED, _S.DOWNLOADING)
        self._runner.start(take.id)
        return take

    def check_again(self, take_id: TakeId) -> Take:
        """Ask the provider again for a stalled take."""
        with self._records.begin() as tx:
            take = _found(tx.takes.get(take_id))
            if take.status is not _S.STALLED:
                raise Conflict("This take is not stalled.", code="take_not_stalled")
            take = _reopen(tx, take, _S.STALLED, _S.GENERATING)
        self._runner.start(take.id)
        return take

    def resolve_uncertain(self, take_id: TakeId, decision: Decision, actor: str = "") -> Take:
        """Carry out a person's word. `SEND_AGAIN` may be paid for twice, and is signed by `actor`.

        Raises:
            Conflict: `check_running`: what the provider has is known soon, so nothing is decided
                before; or the take is not uncertain any more.
            OverBudget: A cap has no room for sending it again.
        """
        with self._records.begin() as tx:
            tx.ledger.lock()
            take = _found(tx.takes.get(take_id))
            if take.status is not _S.UNCERTAIN:
                raise Conflict("This take is not uncertain any more.", code="take_not_uncertain")
            if decision is not Decision.CHECK:
                self._check_is_over(take)
            if decision is Decision.NOT_SENT:
                take = _reopen(tx, take, _S.UNCERTAIN, _S.CANCELLED)
                books.never_sent(tx, take.id)
            elif decision is Decision.SEND_AGAIN:
                books.check_room(tx, take)
                take = _reopen(tx, take, _S.UNCERTAIN, _S.QUEUED)
                books.sign(tx, take.id, actor)
        if decision is not Decision.NOT_SENT:
            self._runner.start(take.id)
        return take

    def adopt(self, take_id: TakeId, job_id: str) -> Take:
        """A person says which of the provider's jobs is an uncertain take's own.

        Raises:
            Conflict: The take is not uncertain any more, `job_unknown`: it is none of those that
                the provider's list told, or `job_taken`: another take has it.
        """
        with self._records.read() as tx:
            take = _found(tx.takes.get(take_id))
            attempt = tx.submissions.count(take_id)
        if take.status is not _S.UNCERTAIN:
            raise Conflict("This take is not uncertain any more.", code="take_not_uncertain")
        self._check_is_over(take)
        if job_id not in candidates_of(take):
            raise Conflict("This job is not among those that fit.", code="job_unknown")
        adopted = Journal(self._records).adopt(take_id, attempt, job_id, "")
        if adopted is None:
            raise Conflict("Another take has this job already.", code="job_taken")
        self._runner.start(take_id)
        return adopted

    def queue_position(self, take: Take) -> int | None:
        """1 is next; None where the take is not queued."""
        if take.status is not _S.QUEUED:
            return None
        with self._records.read() as tx:
            queued = [waiting.id for waiting in tx.takes.with_status(frozenset({_S.QUEUED}))]
        return queued.index(take.id) + 1 if take.id in queued else None

    def queue(self) -> list[Take]:
        """Everything that is on its way or waits for a person, oldest first."""
        with self._records.read() as tx:
            return tx.takes.with_status(_RUNNING | _TO_LOOK_AT | {_S.QUEUED})

    def queue_summary(self) -> QueueSummary:
        found = [take.status for take in self.queue()]
        return QueueSummary(
            running=sum(status in _RUNNING for status in found),
            queued=found.count(_S.QUEUED),
            to_look_at=sum(status in _TO_LOOK_AT for status in found),
        )

    def _made_before(self, key: str, mark: str) -> Take | None:
        with self._records.read() as tx:
            return _same(tx, key, mark)

    def _write(self, new: _New, buyer: Buyer, terms: Terms) -> Take:
        """Prompt, take, its price put aside and event in one transaction; the earlier take where
        the key has won one."""
        take = new.take
        prompt = Prompt(take.prompt_id, take.request.prompt, take.shot_id, take.created_at)
        with self._records.begin() as tx:
            tx.lock(f"order {new.key}")  # the same order may come to two processes at once
            if take.estimate_micro_usd != 0:
                tx.ledger.lock()
            made = _same(tx, new.key, new.mark)
            if made is not None:
                return made
            _need_connection(tx, terms)
            if new.beside is not None:
                new.beside(tx, take)
            if tx.shots.get(take.shot_id) is None:
                raise NotFound("This shot is not there any more.", code="shot_not_found")
            tx.prompts.add(prompt)
            take = replace(take, number=tx.takes.next_number(take.shot_id))
            tx.takes.add(take, new.key, new.mark)
            books.reserve(tx, take, buyer, dict(terms.unit_prices))
            tx.prompts.link_take(prompt.id, take.id)
            tx.events.append("prompt.added", {"prompt_id": prompt.id})
            tell(tx, take)
        return take

    def _check_is_over(self, take: Take) -> None:
        """A job that is found for a take that was given up would run on, paid for and unseen."""
        if take.status is _S.UNCERTAIN and self._runner.is_checking(take.id):
            raise Conflict(
                "The studio is just looking for this take at its provider. "
                "Decide when it has an answer.",
                code="check_running",
            )

    def _cancelled(self, tx: TakeTransaction, take: Take) -> Take:
        if take.status is _S.STALLED:
            # The provider may still be at work: reopened, so that it is asked to stop.
            take = _reopen(tx, take, _S.STALLED, _S.GENERATING)
        if take.status in _CANCELLED_AT_ONCE:
            self._check_is_over(take)
            changes = {"finished_at": datetime.now(UTC)}
            moved = tx.takes.move(take.id, frozenset({take.status}), _S.CANCELLED, changes)
        elif take.status in _CANCELLED_BY_PROVIDER:
            moved = tx.takes.move(take.id, frozenset({take.status}), _S.CANCELLING)
        elif take.status is _S.DOWNLOADING:
            raise Conflict(
                "The clip is finished and is being downloaded, so it is kept. "
                "Reject it if you do not want it.",
                code="clip_finished",
            )
        else:
            raise Conflict("This take is over already.", code="take_over")
        return moved or _found(tx.takes.get(take.id))


def _need_connection(tx: TakeTransaction, terms: Terms) -> None:
    """A take of a connection that goes in this very moment could never be fetched."""
    if not terms.is_kept:
        return
    tx.lock(f"connection {terms.connection_id}")
    if tx.connections.get(terms.connection_id) is None:
        raise Conflict(
            "The connection of this model was just removed. Choose another model.",
            code="connection_gone",
        )


def _same(tx: TakeTransaction, key: str, mark: str) -> Take | None:
    made = tx.takes.by_key(key)
    if made is None:
        return None
    take, mark_before = made
    if mark_before != mark:
        raise Conflict(
            "This Idempotency-Key belongs to another request. Send a new key.",
            code="idempotency_key_reused",
        )
    return take


def _reopen(tx: TakeTransaction, take: Take, expected: TakeStatus, to: TakeStatus) -> Take:
    changes = {"failure": None, "finished_at": datetime.now(UTC) if to is _S.CANCELLED else None}
    moved = tx.takes.move(take.id, frozenset({expected}), to, changes)
    return tell(tx, moved) or _found(tx.takes.get(take.id))


def _new_take(order: TakeOrder, shot_id: ShotId, terms: Terms) -> Take:
    now = datetime.now(UTC)
    request = TakeRequest(
        prompt=order.prompt,
        model=order.model,
        connection_id=terms.connection_id,
        seconds=order.seconds,
        size=order.size,
        references=order.references,
        extra=dict(order.extra),
        mode=terms.mode.value,
    )
    return Take(
        id=TakeId(new_id()),
        shot_id=shot_id,
        prompt_id=PromptId(new_id()),
        number=0,
        request=request,
        status=_S.QUEUED,
        created_at=now,
        updated_at=now,
        retry_of=order.retry_of,
        estimate_micro_usd=terms.micro_usd,
        estimate_s=terms.expected_s,
    )


def candidates_of(take: Take) -> dict[str, dict[str, Any]]:
    """The provider's jobs that may be an uncertain take's own, by their ids."""
    told = take.failure.details.get(CANDIDATES, []) if take.failure else []
    return {candidate["id"]: candidate for candidate in told}


def _check_key(key: str) -> None:
    if not key or len(key) > _MAX_KEY_CHARS or not (key.isascii() and key.isprintable()):
        raise InvalidInput(
            "An Idempotency-Key has 1 to 200 plain characters.", code="idempotency_key_malformed"
        )


def _found(take: Take | None) -> Take:
    if take is None:
        raise NotFound("This take is not there any more.", code="take_not_found")
    return take
