"""What DashScope's error codes mean, and what to do about those that need explaining.

Codes are paths of words, such as "Throttling.RateQuota"; from the vendor's page on error messages,
read 2026-11-23.
"""

from __future__ import annotations

import re

from shortdrama.domain.take import FailureKind
from shortdrama.errors import mark
from shortdrama.sora2.answers import kind_of_refusal
from shortdrama.sora2.wire import JobError

ADVICE = (
    (
        r"AllocationQuota\.FreeTierOnly",
        mark(
            "The free quota of this model is used up. Switch off “free tier only” for it in Model "
            "Studio’s console, then try again."
        ),
    ),
    (
        r"AccessDenied\.Unpurchased|Model\.AccessDenied|CommodityNotPurchased",
        mark(
            "This model is not activated for your account or for this key. Activate it in Model "
            "Studio’s console, then try again."
        ),
    ),
    (
        r"InvalidApiKey",
        mark(
            "Model Studio did not accept the key. Each region has keys of its own: check that the "
            "key belongs to the address of this connection."
        ),
    ),
)
_CODES = (
    (r"InvalidApiKey|AccessDenied|Workspace\.AccessDenied|Model\.AccessDenied", FailureKind.AUTH),
    (r"Arrearage|AllocationQuota\.FreeTierOnly|CommodityNotPurchased", FailureKind.QUOTA),
    (r"Throttling|LimitRequests|LimitBurstRate", FailureKind.RATE_LIMITED),
    (r"ModelNotFound|ModelNotExist", FailureKind.NOT_FOUND),
    (r"InvalidParameter|InvalidURL|BadRequest|UnsupportedOperation", FailureKind.INVALID_REQUEST),
    (r"InternalError|SystemError|RequestTimeOut|ServiceUnavailable", FailureKind.PROVIDER_FAILURE),
)
_MODERATED = re.compile(r"DataInspectionFailed|IPInfringementSuspect|CustomRoleBlocked")


def kind_of(status: int, error: JobError) -> FailureKind:
    """Of a refused request."""
    if _MODERATED.match(error.code):
        return FailureKind.MODERATION_INPUT
    known = next((kind for codes, kind in _CODES if re.match(codes, error.code)), None)
    return known or kind_of_refusal(status, error)


def kind_of_failure(error: JobError) -> FailureKind:
    """ "Input or output data may contain …" is what is said of both."""
    if _MODERATED.match(error.code):
        has_output = "output" in error.message.lower()
        return FailureKind.MODERATION_OUTPUT if has_output else FailureKind.MODERATION_INPUT
    known = next((kind for codes, kind in _CODES if re.match(codes, error.code)), None)
    return known or FailureKind.PROVIDER_FAILURE


def is_their_trouble(code: str) -> bool:
    """With HTTP 200 such an answer does not say that nothing was made."""
    return re.match(_CODES[-1][0], code) is not None
