"""What a person is told when a take goes wrong: what happened and what to do.

Whether money was spent is a field of its own (`Failure.money`). Sentences are constant, so that
the page can translate them; what varies is in `details`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from shortdrama.domain.take import Failure, FailureKind, Money
from shortdrama.errors import ProviderError, Sentence, StudioError, mark
from shortdrama.generation.ports import ProviderJob

_K = FailureKind
CANDIDATES = "candidates"  # in the details of an uncertain take
_MOST_CANDIDATES = 10


REFUSED: dict[FailureKind, str] = {
    _K.AUTH: mark("The provider did not accept the key. Check it in the settings, then try again."),
    _K.QUOTA: mark("The account at the provider has no credit left. Top it up, then try again."),
    _K.RATE_LIMITED: mark("The provider kept saying that it is too busy. Try again later."),
    _K.INVALID_REQUEST: mark("The provider refused the request. Change it, or try another model."),
    _K.UNSUPPORTED: mark("This model cannot do what was asked. Change it, or try another model."),
    _K.MODERATION_INPUT: mark(
        "The provider’s content rules refused the prompt or a reference. "
        "Edit the prompt, or take another reference."
    ),
    _K.NOT_FOUND: mark(
        "The provider does not know this model or address. Check the connection in the settings."
    ),
    _K.NETWORK: mark(
        "The provider could not be reached. Check this machine’s network and the connection’s "
        "address, then try again."
    ),
    _K.PROVIDER_FAILURE: mark("The provider has trouble of its own. Try again later."),
}
FAILED: dict[FailureKind, str] = {
    _K.MODERATION_INPUT: REFUSED[_K.MODERATION_INPUT],
    _K.MODERATION_OUTPUT: mark(
        "The provider’s content rules held back the finished clip. "
        "The same prompt may pass another time; try again, or edit it."
    ),
    _K.QUOTA: REFUSED[_K.QUOTA],
    _K.NOT_FOUND: mark("The provider does not know this job any more. Try again."),
    _K.EXPIRED: mark("The provider let the job expire before it was done. Try again."),
    _K.PROVIDER_FAILURE: mark(
        "The provider could not make this clip. Try again, or change the prompt."
    ),
}
STALLED = mark(
    "The provider has not finished in the time that such a take may need. "
    "It may still finish: check again later."
)
UNCERTAIN = mark(
    "The connection broke after the request left and before the provider answered. It may be "
    "generating now. Check with the provider, then decide; nothing is sent again by itself."
)
NO_ANSWER = mark(
    "The request left, and the provider did not answer in time. It may be generating now. Check "
    "with the provider, then decide; nothing is sent again by itself."
)
CUT_OFF = mark(
    "The studio ended while the request was on its way, so its answer is not known. It may be "
    "generating now. Check with the provider, then decide; nothing is sent again by itself."
)
TROUBLED = mark(
    "The provider answered that it has trouble of its own, and not whether it took the request. "
    "It may be generating now. Check with the provider, then decide; nothing is sent again by "
    "itself."
)
UNREADABLE = mark(
    "The provider took the request, but its answer names no job that the studio can read. It is "
    "probably generating now. Check with the provider, then decide; nothing is sent again by "
    "itself."
)
TAKEN = mark(
    "The provider answered with a job that another take has already. It may have made this one "
    "as well. Check with the provider, then decide; nothing is sent again by itself."
)
CLIP_LOST = mark(
    "The provider answered with the clip itself, but it did not come through whole, or could not "
    "be kept here. Decide whether it is ordered again; nothing is sent again by itself."
)
NOT_DOWNLOADED = mark(
    "The clip is made, but it could not be downloaded. Download it again; nothing is "
    "generated anew."
)
BROKEN = mark(
    "The provider handed out a file that is no whole clip. Download it again; nothing is "
    "generated anew."
)
NOT_CHECKED = mark(
    "The studio could not check the clip: the program that reads it broke down. "
    "Download it again; nothing is generated anew."
)
NOT_HANDED_OUT = mark(
    "The provider says that the clip is done but does not hand it out. Try again."
)
NOT_KEPT = mark(
    "The clip could not be stored: the disk took no more. Free some space, then download it again."
)
CANCELLED_LATE = mark(
    "The take was cancelled after it had been sent. Whether the provider charges for it is "
    "not known."
)
KEPT = mark("The clip was finished before the cancellation arrived, so it is kept.")
FOUND_LATE = mark(
    "The provider has a job of an earlier attempt at this take. It may be charged as well."
)
REFERENCE_GONE = mark(
    "A reference is not in the library any more. Choose another one and try again."
)
STUDIO_FAULT = mark("The studio made a mistake with this take. Its log has the details. Try again.")


def refusal(error: ProviderError) -> Failure:
    """Nothing was made: the request never left, or the provider said no.

    An adapter's own sentence is told where it knows what to do: with `explains=True`, and where
    the adapter itself refused what cannot be done.
    """
    kind = kind_of(error)
    usual = REFUSED.get(kind, REFUSED[_K.PROVIDER_FAILURE])
    is_ours = kind is _K.UNSUPPORTED and error.details.get("not_sent") is True
    return Failure(
        kind=kind,
        message=error.template if is_ours or error.details.get("explains") else usual,
        money=Money.NONE,
        can_retry=kind not in {_K.MODERATION_INPUT, _K.INVALID_REQUEST, _K.UNSUPPORTED},
        provider_code=_code(error),
        details=details_of(error),
    )


def job_failure(kind: FailureKind, *, is_free: bool, code: str | None, said: str | None) -> Failure:
    """The provider took the job and did not make a clip of it.

    `said` is the provider's word, or a `Sentence` of an adapter that knows what to do about it.
    """
    told = {"provider_message": said} if said else {}
    told |= said.details if isinstance(said, Sentence) else {}
    usual = FAILED.get(kind, FAILED[_K.PROVIDER_FAILURE])
    return Failure(
        kind=kind,
        message=said.template if isinstance(said, Sentence) else usual,
        money=money(is_free),
        can_retry=kind is not _K.MODERATION_INPUT,
        provider_code=code,
        details={**told, "at": _now()},
    )


def download_failure(error: StudioError, message: str, *, is_free: bool) -> Failure:
    """The clip exists at the provider and is not here."""
    told = kind_of(error) if isinstance(error, ProviderError) else _K.DOWNLOAD
    kind = told if told in {_K.MODERATION_OUTPUT, _K.AUTH, _K.QUOTA} else _K.DOWNLOAD
    is_held_back = kind is _K.MODERATION_OUTPUT
    return Failure(
        kind=kind,
        message=FAILED[kind] if is_held_back else message,
        money=Money.NONE if is_free else (Money.MAYBE if is_held_back else Money.CHARGED),
        can_retry=True,
        can_fetch_again=not is_held_back,
        provider_code=_code(error),
        details=details_of(error),
    )


def storage_failure(error: StudioError, *, is_free: bool) -> Failure:
    charged = Money.NONE if is_free else Money.CHARGED
    return Failure(_K.STORAGE, NOT_KEPT, charged, True, True, None, details_of(error))


def not_checked(error: StudioError, *, is_free: bool) -> Failure:
    """The clip came, and this machine could not look into it: no fault of the provider's."""
    charged = Money.NONE if is_free else Money.CHARGED
    details = {**details_of(error), "error": error.code}
    return Failure(_K.UNKNOWN, NOT_CHECKED, charged, True, True, None, details)


def uncertain(
    error: StudioError | None,
    asked: str,
    others: Sequence[ProviderJob] = (),
    before: Failure | None = None,
) -> Failure:
    """A paid request whose outcome is not known.

    Args:
        error: What came in place of an answer; None where nobody was there to hear it.
        asked: What the provider's list said.
        others: Jobs of it that may be the take's own; they are kept with the take, so that a
            person can choose one.
        before: What was said of the take so far, where it is uncertain already.
    """
    if before is not None:
        message, told = before.message, dict(before.details)
        told.pop(CANDIDATES, None)
    else:
        message, told = _of_no_answer(error)
    details: dict[str, Any] = {**told, "asked": asked}
    if others:
        details[CANDIDATES] = [_candidate(job) for job in others[:_MOST_CANDIDATES]]
    return Failure(_K.UNKNOWN, message, Money.MAYBE, details=details)


def _of_no_answer(error: StudioError | None) -> tuple[str, dict[str, Any]]:
    """What happened, in words and for a bug report."""
    if error is None:
        return CUT_OFF, {"at": _now()}
    details = details_of(error)
    if error.details.get("is_taken"):
        return TAKEN, details
    if error.details.get("was_clip"):
        return CLIP_LOST, details
    status = error.details.get("http_status")
    if "provider_job_id" in error.details or (status is not None and status < 400):
        return UNREADABLE, details
    if status is not None:
        return TROUBLED, details
    is_late = "Timeout" in str(error.details.get("cause"))
    return (NO_ANSWER if is_late else UNCERTAIN), details


def _candidate(job: ProviderJob) -> dict[str, Any]:
    made = datetime.fromtimestamp(job.created_at, UTC).isoformat() if job.created_at else None
    return {"id": job.id, "status": job.raw_status[:80], "created_at": made}


def stalled(last_word: str | None, *, is_free: bool) -> Failure:
    details = {"provider_status": last_word, "at": _now()}
    return Failure(_K.TIMEOUT, STALLED, money(is_free), can_retry=False, details=details)


def cancelled_late() -> Failure:
    return Failure(_K.UNKNOWN, CANCELLED_LATE, Money.MAYBE, details={"at": _now()})


def reference_gone() -> Failure:
    return Failure(_K.INVALID_REQUEST, REFERENCE_GONE, Money.NONE, details={"at": _now()})


def studio_fault(name: str, *, may_be_charged: bool) -> Failure:
    """A bug of ours. `name` is the class of the error, never its text."""
    cost = Money.MAYBE if may_be_charged else Money.NONE
    details = {"error": name, "at": _now()}
    return Failure(_K.UNKNOWN, STUDIO_FAULT, cost, can_retry=True, details=details)


def money(is_free: bool) -> Money:
    return Money.NONE if is_free else Money.MAYBE


def kind_of(error: ProviderError) -> FailureKind:
    try:
        return FailureKind(error.kind)
    except ValueError:
        return FailureKind.UNKNOWN


def details_of(error: StudioError) -> dict[str, Any]:
    """For a bug report: what the adapters have already taken every secret out of."""
    told = {key: value for key, value in error.details.items() if key != "explains"}
    kept = {key: value for key, value in told.items() if value is not None}
    return {**kept, "said": error.message, "at": _now()}


def _code(error: StudioError) -> str | None:
    code = error.details.get("provider_code")
    return str(code)[:200] if code else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
