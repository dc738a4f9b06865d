"""What Kling's error codes mean, and what to do about those that need explaining.

Codes as in the vendor's page of general information, read 2026-11-23. Failed tasks have no code
but a text, whose wordings are not documented.
"""

from __future__ import annotations

import re

from shortdrama.domain.take import FailureKind
from shortdrama.errors import mark
from shortdrama.sora2.answers import kind_of_job_error, kind_of_refusal
from shortdrama.sora2.wire import JobError

CLOCK = mark("Kling’s keys are signed with the time. Set this machine’s clock, then try again.")
ADVICE = (
    (
        r"^100[012]\b",
        mark(
            "Kling did not accept the key. It is typed as access key, colon, secret key; check "
            "both in Kling’s console, and that they belong to the address of this connection."
        ),
    ),
    (r"^100[34]\b", CLOCK),
    (
        r"^1304\b",
        mark(
            "Kling lets only listed addresses in with this key. Add the address of this machine in "
            "Kling’s console, then try again."
        ),
    ),
    (
        r"^1102\b",
        mark(
            "The account at Kling has no resource pack that is good for this model. Buy one in "
            "Kling’s console, then try again."
        ),
    ),
)
_RISK = re.compile(r"risk control|sensitive|violat|policy|prohibit|moderation|illegal", re.I)
_INPUT = re.compile(r"\b(prompt|input|image|picture|text|upload)", re.I)
_KINDS = {
    **dict.fromkeys(range(1000, 1005), FailureKind.AUTH),
    1100: FailureKind.AUTH,
    1101: FailureKind.QUOTA,
    1102: FailureKind.QUOTA,
    1103: FailureKind.AUTH,
    1200: FailureKind.INVALID_REQUEST,
    1201: FailureKind.INVALID_REQUEST,
    1202: FailureKind.NOT_FOUND,
    1203: FailureKind.NOT_FOUND,
    1300: FailureKind.MODERATION_INPUT,
    1301: FailureKind.MODERATION_INPUT,
    1302: FailureKind.RATE_LIMITED,
    1303: FailureKind.RATE_LIMITED,
    1304: FailureKind.AUTH,
    **dict.fromkeys(range(5000, 5003), FailureKind.PROVIDER_FAILURE),
}


def kind_of(status: int, error: JobError) -> FailureKind:
    """Of a refused request."""
    known = _KINDS.get(int(error.code)) if error.code.isdecimal() else None
    return known or kind_of_refusal(status, error)


def kind_of_failure(message: str) -> FailureKind:
    """Of a task that was accepted."""
    if _RISK.search(message):
        has_input = _INPUT.search(message) is not None
        return FailureKind.MODERATION_INPUT if has_input else FailureKind.MODERATION_OUTPUT
    return kind_of_job_error(JobError(message=message))
