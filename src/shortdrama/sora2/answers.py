"""What a server answered, and what a refusal means.

A definite refusal says that nothing was made and nothing is owed. Anything else that follows a
paid request is `SubmissionUncertain`, raised in `exchange`.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, mark
from shortdrama.sora2.redaction import Redactor
from shortdrama.sora2.wire import JobError, error_in

_EXCERPT_CHARS = 500
_MOST_DIGITS = 300  # a float ends at 308
# JSON may escape half a pair of surrogates, which no encoding can carry, and the NUL, which
# PostgreSQL does not store.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MODERATION = re.compile(
    r"moderation|content.?policy|policy.?violation|safety|sensitive|sentinel_block|inappropriate",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"insufficient.{0,8}(quota|balance|credit|fund)|billing|quota.?(exceeded|exhausted)|"
    r"budget.{0,20}exceeded|pre_consume_token_quota|"
    r"(credit|balance).{0,20}(exhausted|too low|not enough|insufficient)|payment.?required",
    re.IGNORECASE,
)
_INPUT = re.compile(r"\b(input|prompt|image|reference|text)\b", re.IGNORECASE)
_RATE = re.compile(r"rate.?limit|queue_full|too.?many|overloaded|concurren", re.IGNORECASE)
_KEY = re.compile(r"invalid_api_key|unauthori[sz]ed|authentication", re.IGNORECASE)

_KIND_OF_STATUS = {
    401: FailureKind.AUTH,
    402: FailureKind.QUOTA,
    403: FailureKind.AUTH,
    404: FailureKind.NOT_FOUND,
    407: FailureKind.NETWORK,
    408: FailureKind.PROVIDER_FAILURE,
    409: FailureKind.PROVIDER_FAILURE,
    410: FailureKind.NOT_FOUND,
    425: FailureKind.PROVIDER_FAILURE,
    429: FailureKind.RATE_LIMITED,
}
_TRANSIENT = frozenset({408, 409, 425, 429})
# Some vendors say of an account with 429 that it is locked, or that its address is not let in.
_NOT_BY_WAITING = frozenset({FailureKind.QUOTA, FailureKind.AUTH})

_SAID_AS = {
    FailureKind.AUTH: mark(
        "The provider did not accept the key. Check the key in the connection's settings."
    ),
    FailureKind.QUOTA: mark(
        "The provider says that the account has no credit or quota left. Top it up, then try again."
    ),
    FailureKind.RATE_LIMITED: mark(
        "The provider is taking no more requests just now. Wait a little, then try again."
    ),
    FailureKind.INVALID_REQUEST: mark(
        "The provider does not accept this request. Change what it names, then try again."
    ),
    FailureKind.MODERATION_INPUT: mark(
        "The provider's content rules refused the prompt or the reference. Change it and try again."
    ),
    FailureKind.NOT_FOUND: mark(
        "The provider does not know this address, model or job. Check the base URL and the model."
    ),
    FailureKind.NETWORK: mark(
        "Something between this machine and the provider refused the request."
    ),
}
KindOf = Callable[[int, JobError], FailureKind]
_PROVIDER_TROUBLE = mark("The provider has trouble of its own. Try again later.")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, with the connection's key already taken out."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    body: Any = field(repr=False)  # decoded JSON, or None

    @property
    def error(self) -> JobError | None:
        return error_in(self.body)


def read_answer(
    status: int, headers: Mapping[str, str], content: bytes, redactor: Redactor
) -> Answer:
    text = content.decode("utf-8", errors="replace")
    try:
        body = redactor.value(_storable(_read_json(text)))
    except (ValueError, RecursionError):
        body = None
    return Answer(status, headers, redactor.text(_storable_text(text)), body)


def _read_json(text: str) -> Any:  # noqa: ANN401 - JSON has any shape
    """Numbers that no float can hold, and the NaN that JSON does not have, are None."""
    return json.loads(text, parse_constant=_nothing, parse_float=_finite, parse_int=_bounded)


def _nothing(_word: str) -> None:
    return None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _bounded(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def _storable(value: Any) -> Any:  # noqa: ANN401 - JSON has any shape
    """A decoded JSON value with U+FFFD in place of what cannot be stored or shown."""
    if isinstance(value, dict):
        return {_storable_text(name): _storable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return _storable_text(value) if isinstance(value, str) else value


def _storable_text(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def refusal(answer: Answer, redactor: Redactor, kind_of: KindOf | None = None) -> ProviderError:
    """The error that a definite no stands for; its message is for the person who meets it.

    `kind_of` knows the codes of one vendor; without it words and numbers decide.
    """
    error = answer.error or JobError()
    kind = (kind_of or kind_of_refusal)(answer.status, error)
    said = redactor.text(error.message)[:_EXCERPT_CHARS]
    is_transient = kind not in _NOT_BY_WAITING and (
        answer.status in _TRANSIENT
        or answer.status >= 500
        or (answer.status < 400 and kind is FailureKind.RATE_LIMITED)
    )
    refused = ProviderError(
        "%(what)s It answered “%(answer)s”.",
        what=_SAID_AS.get(kind, _PROVIDER_TROUBLE),
        answer=phrase(answer.status, said),
        kind=kind,
        is_transient=is_transient,
        retry_after_s=retry_after(answer.headers),
        http_status=answer.status,
        provider_code=redactor.text(error.code)[:200] or None,
        provider_message=said or None,
        body_excerpt=redactor.text(answer.text)[:_EXCERPT_CHARS],
        request_id=redactor.text(answer.headers.get("x-request-id", ""))[:200] or None,
    )
    refused.body = answer.body
    return refused


def phrase(status: int, said: str) -> str:
    """An answer in one line, to stand within a sentence: "HTTP 404 Not Found: No such video"."""
    try:
        named = f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        named = f"HTTP {status}"
    return f"{named}: {said.removesuffix('.')}" if said else named


def kind_of_refusal(status: int, error: JobError) -> FailureKind:
    """Words before numbers: gateways put many a refusal behind 400, 403, 429, 500, even 200."""
    told = f"{error.code} {error.message}"
    if _QUOTA.search(told) and status != 401:
        return FailureKind.QUOTA
    if _MODERATION.search(told) and status not in {401, 429}:
        return FailureKind.MODERATION_INPUT
    if 300 <= status < 500:
        return _KIND_OF_STATUS.get(status, FailureKind.INVALID_REQUEST)
    if _RATE.search(told):
        return FailureKind.RATE_LIMITED
    is_about_key = status < 300 and _KEY.search(told) is not None
    return FailureKind.AUTH if is_about_key else FailureKind.PROVIDER_FAILURE


def kind_of_job_error(error: JobError | None) -> FailureKind:
    """Why an accepted job failed. Moderation without a word of the input is the output's."""
    told = f"{error.code} {error.message}" if error else ""
    if _MODERATION.search(told):
        has_input = _INPUT.search(told) is not None
        return FailureKind.MODERATION_INPUT if has_input else FailureKind.MODERATION_OUTPUT
    if _QUOTA.search(told):
        return FailureKind.QUOTA
    return FailureKind.PROVIDER_FAILURE


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `Retry-After` (seconds or a date).

    LiteLLM passes its upstream's headers on behind a word of its own.
    """
    if (milliseconds := _positive(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after") or headers.get("llm_provider-retry-after", "")
    if (seconds := _positive(text)) is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, moment.timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def poll_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the next look, from OpenAI's header or `Retry-After`."""
    milliseconds = _positive(headers.get("openai-poll-after-ms"))
    return milliseconds / 1000 if milliseconds is not None else retry_after(headers)


def _positive(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
