"""Why Google refuses, and what to do about what it says in its text only."""

from __future__ import annotations

import re

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, mark
from shortdrama.sora2.answers import kind_of_refusal
from shortdrama.sora2.wire import JobError, number_of

RULES = re.compile(
    r"violat|usage guidelines|responsible ai|safety|blocked|sensitive|support code", re.IGNORECASE
)
# A reason why a clip was held back that names what went in. "An issue with the audio for your
# prompt" is about what came out.
ABOUT_INPUT = re.compile(
    r"(the|this|your|text) prompt (could not|couldn|contains|violates|was)|"
    r"(input|reference|provided|uploaded).{0,10}(image|photo|picture)|celebrit",
    re.IGNORECASE,
)
_RETRY_IN = re.compile(r"retry in ([\d.]+)s")
# The same words are said of a minute's rate and of an empty account; these tell them apart.
_NOTHING_LEFT = re.compile(r"limit: 0\b|per.?day|prepa|credits? .{0,20}depleted", re.IGNORECASE)
_KEY = re.compile(r"API.key (not valid|expired|not found)|API_KEY_INVALID", re.IGNORECASE)
_NO_FREE_TIER = mark(
    "Google makes no clips on its free tier. Enable billing for the key’s project in Google AI "
    "Studio, then try again."
)


def kind_of(status: int, error: JobError) -> FailureKind:
    """What an HTTP error of Google's means; its numbers alone say too little."""
    if _KEY.search(error.message):
        return FailureKind.AUTH
    if status == 429:
        is_empty = _NOTHING_LEFT.search(error.message)
        return FailureKind.QUOTA if is_empty else FailureKind.RATE_LIMITED
    if 400 <= status < 404 and (ABOUT_INPUT.search(error.message) or _is_rules(error)):
        return FailureKind.MODERATION_INPUT
    return kind_of_refusal(status, error)


def _is_rules(error: JobError) -> bool:
    return "polic" in error.message.lower() or RULES.search(error.message) is not None


def explained(error: ProviderError) -> ProviderError:
    """With what Google says in its text only: how long to wait, and that nothing is free."""
    said = str(error.details.get("provider_message"))
    if error.kind == FailureKind.QUOTA and "limit: 0" in said:
        details = {**error.details, "explains": True}
        return ProviderError(_NO_FREE_TIER, kind=error.kind, **details)
    wait = _RETRY_IN.search(said)
    if error.kind == FailureKind.RATE_LIMITED and error.retry_after_s is None and wait:
        error.retry_after_s = number_of(wait[1])
    return error
