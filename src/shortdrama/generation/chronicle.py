"""A log line for each thing that happens to a take, so that its whole life can be read by its id.

Changes are told as they are written, within the transaction: where the records refuse one, its
warning follows. No line holds a prompt, an address or anybody's words but a provider's own codes.
"""

from __future__ import annotations

import logging
from typing import Any

from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import Take
from shortdrama.errors import ProviderError, StudioError, SubmissionUncertain
from shortdrama.logs import about_take

log = logging.getLogger("shortdrama.takes")
_MOST_CHARS = 200  # of an id: some providers' are addresses
_MOST_WORD_CHARS = 40


def changed(take: Take) -> None:
    """Its row is another."""
    failure = take.failure
    _tell(
        logging.INFO,
        take.id,
        take.status.value,
        connection=take.request.connection_id,
        model=take.request.model,
        job=take.provider_job_id,
        provider_status=(take.provider_status or "").partition(":")[0][:_MOST_WORD_CHARS],
        kind=failure.kind if failure else None,
        money=failure.money if failure else None,
    )


def closed(take_id: TakeId, attempt: int, outcome: str, job_id: str | None) -> None:
    """What came of a paid request is known."""
    _tell(logging.INFO, take_id, "attempt closed", attempt=attempt, outcome=outcome, job=job_id)


def refused(take: Take, attempt: int, error: StudioError) -> None:
    """A paid request was refused, or its answer is lost."""
    is_lost = isinstance(error, SubmissionUncertain)
    _went_wrong(
        take, "answer lost" if is_lost else "not taken", error, is_bad=is_lost, attempt=attempt
    )


def missed(take: Take, times: int, error: StudioError) -> None:
    """No answer about its job; told at first, and then ever more rarely."""
    if times & (times - 1) == 0:
        _went_wrong(take, "no answer about the job", error, is_bad=False, times=times)


def broke(take: Take, tries: int, error: StudioError) -> None:
    """Its clip did not come, or not whole."""
    _went_wrong(take, "download broke", error, is_bad=True, tries=tries)


def _went_wrong(
    take: Take, event: str, error: StudioError, *, is_bad: bool, **facts: object
) -> None:
    wait_s = error.retry_after_s if isinstance(error, ProviderError) else None
    _tell(
        logging.WARNING if is_bad else logging.INFO,
        take.id,
        event,
        connection=take.request.connection_id,
        job=take.provider_job_id,
        kind=error.kind if isinstance(error, ProviderError) else error.code,
        http_status=error.details.get("http_status"),
        code=error.details.get("provider_code"),
        cause=error.details.get("cause"),
        retry_after_s=wait_s,
        **facts,
    )


def _tell(level: int, take_id: TakeId, event: str, **facts: Any) -> None:
    if not log.isEnabledFor(level):
        return
    known = {name: _short(value) for name, value in facts.items() if value not in (None, "")}
    words = " ".join(f"{name}={value}" for name, value in known.items())
    with about_take(take_id):
        log.log(
            level, "take %s: %s %s", take_id, event, words, extra={"event": event, "facts": known}
        )


def _short(value: object) -> object:
    return value if isinstance(value, int | float) else str(value)[:_MOST_CHARS]
