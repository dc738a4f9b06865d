"""Everything a provider is known to do wrong, and how a take that meets it must end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shortdrama.domain.take import FailureKind, Money, Take, TakeStatus

S, K = TakeStatus, FailureKind


@dataclass(frozen=True)
class Case:
    """A script of the double, and how the take must end."""

    script: dict[str, Any]
    status: TakeStatus = S.READY
    kind: FailureKind | None = None
    money: Money = Money.NONE
    jobs: int = 1
    submits: int = 1
    can_fetch_again: bool = False


def refused(step: str, kind: FailureKind) -> Case:
    return Case({"submit": step}, S.FAILED, kind, Money.NONE, jobs=0)


def lost(step: str) -> Case:
    """No job was made, and no answer says so for certain."""
    return Case({"submit": step}, S.UNCERTAIN, None, Money.MAYBE, jobs=0)


def job_failed(poll: str, kind: FailureKind = K.PROVIDER_FAILURE) -> Case:
    return Case({"poll": ["queued", poll]}, S.FAILED, kind, Money.MAYBE)


def not_downloaded(step: str | list[str], kind: FailureKind = K.DOWNLOAD) -> Case:
    return Case({"content": step}, S.FAILED, kind, Money.CHARGED, can_fetch_again=True)


SUBMIT = {
    "answer lost, job made": Case({"submit": "drop_after_accept"}),
    "HTML with 200, job made": Case({"submit": "200_html"}),
    "nothing with 200, job made": Case({"submit": "200_empty"}),
    "no id with 200, job made": Case({"submit": "200_no_id"}),
    "id of 600 characters": Case({"job_id": "long"}),
    "queue full, then taken": Case({"submit": ["200_error", "ok"]}, submits=2),
    "429 without a time": Case({"submit": ["429", "ok"]}, submits=2),
    "429 with seconds": Case({"submit": ["429:0.1", "ok"]}, submits=2),
    "429 with a date": Case({"submit": ["429_date:1", "ok"]}, submits=2),
    "503": Case({"submit": ["503", "ok"]}, submits=2),
    "503 page": Case({"submit": ["503_html", "ok"]}, submits=2),
    "400": refused("400", K.INVALID_REQUEST),
    "401": refused("401", K.AUTH),
    "402": refused("402", K.QUOTA),
    "403": refused("403", K.AUTH),
    "404": refused("404", K.NOT_FOUND),
    "422": refused("422", K.INVALID_REQUEST),
    "moderation": refused("moderation", K.MODERATION_INPUT),
    "quota behind 429": refused("quota", K.QUOTA),
    "redirect": refused("redirect", K.INVALID_REQUEST),
    "connection cut": lost("drop"),
    "500": lost("500"),
    "502 with HTML": lost("502_html"),
    "504": lost("504"),
}
POLL = {
    "500": Case({"poll": ["queued", "500", "500", "completed"]}),
    "HTML": Case({"poll": ["html", "completed"]}),
    "nothing": Case({"poll": ["empty", "completed"]}),
    "502 with HTML": Case({"poll": ["502_html", "completed"]}),
    "connection cut": Case({"poll": ["drop", "queued", "drop", "completed"]}),
    "429": Case({"poll": ["429:0.1", "completed"]}),
    "401 for a moment": Case({"poll": ["401", "completed"]}),
    "error envelope with 200": Case({"poll": ["200_error", "completed"]}),
    "upper case": Case({"poll": ["status:IN_PROGRESS", "status:COMPLETED"]}),
    "synonyms": Case({"poll": ["status:NOT_START", "status:processing", "status:succeeded"]}),
    "unknown word": Case({"poll": ["frobnicating", "frobnicating", "completed"]}),
    "progress backwards": Case({"poll": ["in_progress:60", "in_progress:20", "completed"]}),
    "flap": Case({"poll": ["completed", "in_progress:10"]}),
    "404 just after": Case({"not_found_s": 0.2}),
    "nulls left out": Case({"poll": ["queued", "completed_sparse"]}),
    "seconds as a number": Case({"poll": "completed_int"}),
    "more keys": Case({"poll": "completed_extra"}),
    "failed with a code": job_failed("failed:video_generation_failed"),
    "failed, error as text": job_failed("failed_text"),
    "failed without a code": job_failed("failed_no_code"),
    "failed behind 422": job_failed("failed_422"),
    "failed behind 500": job_failed("failed_500"),
    "held back": job_failed("failed:moderation_blocked", K.MODERATION_OUTPUT),
    "expired": job_failed("expired", K.EXPIRED),
    "cancelled by the provider": job_failed("cancelled"),
    "404 for ever": Case({"not_found_s": 1e9}, S.FAILED, K.NOT_FOUND, Money.MAYBE),
}
CONTENT = {
    "chunked": Case({"content": "chunked"}),
    "octet stream": Case({"content": "octet_stream"}),
    "redirect to another host": Case({"content": "redirect"}),
    "502 three times": Case({"content": ["502", "502_html", "502", "ok"]}),
    "cut once": Case({"content": ["truncated", "ok"]}),
    "404 once": Case({"content": ["404", "ok"]}),
    "expired link, fresh one works": Case({"content": ["403", "ok"]}),
    "connection cut": Case({"content": ["drop", "ok"]}),
    "cut for ever": not_downloaded("truncated"),
    "half a file": not_downloaded("cut_file"),
    "no index": not_downloaded("no_moov"),
    "JSON in place of a video": not_downloaded("json"),
    "HTML": not_downloaded("html"),
    "nothing": not_downloaded("empty"),
    "404 for ever": not_downloaded("404"),
    "500 for ever": not_downloaded("500"),
    "redirect loop": not_downloaded("redirect_loop"),
    "401": not_downloaded("401", K.AUTH),
    "never done after all": not_downloaded("400"),
}
# Each with the prompt that it is played for.
EVERY = {
    f"{step}: {name}": case
    for step, cases in (("submit", SUBMIT), ("poll", POLL), ("content", CONTENT))
    for name, case in cases.items()
}


def check_failure(take: Take, case: Case) -> None:
    if case.status is S.READY:
        assert take.failure is None
        return
    assert take.failure is not None
    if case.kind is not None:
        assert take.failure.kind is case.kind
    assert take.failure.money is case.money
    assert take.failure.message.endswith(".")
    assert take.can_fetch_again is case.can_fetch_again
