"""What Ark's error codes mean, and what to do about those that need explaining.

Codes as in the vendor's table of errors and in reports of its users, read 2026-11-23; see
`docs/providers.md`.
"""

from __future__ import annotations

import re

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, Sentence, mark
from shortdrama.sora2.answers import kind_of_job_error, kind_of_refusal
from shortdrama.sora2.wire import JobError

# Words are looked for in code and message: gateways in front of Ark pass on one or the other.
_KINDS = (
    (r"Output\w*SensitiveContent", FailureKind.MODERATION_OUTPUT),
    (r"SensitiveContent|PolicyViolation|RiskDetect", FailureKind.MODERATION_INPUT),
    (r"Overdue|QuotaExceeded|SetLimitExceeded|InsufficientBalance", FailureKind.QUOTA),
    (r"RateLimit|ServerOverloaded|TooFast|TooManyRequests", FailureKind.RATE_LIMITED),
)
_MODERATION = frozenset({FailureKind.MODERATION_INPUT, FailureKind.MODERATION_OUTPUT})
_ADVICE = (
    (
        r"PrivacyInformation|may contain real person",
        mark(
            "Seedance refused a picture because it may show a real person; made-up faces that look "
            "like photographs are refused too. Use a drawn or stylised picture, a portrait from "
            "the vendor’s own library of virtual people, or another model."
        ),
    ),
    (
        r"OutputAudioSensitiveContent",
        mark(
            "Seedance held back the finished clip because of its sound. Try again, or switch the "
            "sound off for this take."
        ),
    ),
    (
        r"ModelNotOpen",
        mark(
            "This model is not activated in your account. Activate it in the vendor’s console, "
            "then try again."
        ),
    ),
    (
        r"SetLimitExceeded",
        mark(
            "The limit that your account sets for this model is reached. Raise it in the vendor’s "
            "console, then try again."
        ),
    ),
)


def kind_of(status: int, error: JobError) -> FailureKind:
    """Of a refused request."""
    told = f"{error.code} {error.message}"
    found = (kind for words, kind in _KINDS if re.search(words, told))
    return next(found, None) or kind_of_refusal(status, error)


def kind_of_failure(error: JobError) -> FailureKind:
    """Of a task that was accepted and failed."""
    kind = kind_of(200, error)
    return kind if kind in _MODERATION else kind_of_job_error(error)


def explained(error: ProviderError) -> ProviderError:
    """The same refusal; in our words where the vendor's do not say what to do."""
    told = error.details
    advice = _advice_on(f"{told.get('provider_code')} {told.get('provider_message')}")
    if advice is None:
        return error
    return ProviderError(
        advice,
        kind=error.kind,
        is_transient=error.is_transient,
        retry_after_s=error.retry_after_s,
        **{**told, "explains": True},
    )


def sentence_of(error: JobError) -> str:
    """What a failed task tells; as `explained`."""
    advice = _advice_on(f"{error.code} {error.message}")
    return Sentence(advice, provider_message=error.message) if advice else error.message


def _advice_on(told: str) -> str | None:
    return next((advice for words, advice in _ADVICE if re.search(words, told)), None)
