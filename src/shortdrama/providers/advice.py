"""Refusals that a vendor's own words do not explain: the same refusal, saying what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shortdrama.errors import ProviderError, SubmissionUncertain

Advice = Iterable[tuple[str, str]]
"""Words to look for in a refusal's code and message, and the sentence (marked) that is told."""


def explained(error: ProviderError, advice: Advice) -> ProviderError:
    """The error as it is where nothing is known about it; one that is uncertain always."""
    if isinstance(error, SubmissionUncertain) or error.details.get("not_sent"):
        return error
    told = f"{error.details.get('provider_code')} {error.details.get('provider_message')}"
    sentence = next((said for words, said in advice if re.search(words, told)), None)
    if sentence is None:
        return error
    return ProviderError(
        sentence,
        kind=error.kind,
        is_transient=error.is_transient,
        retry_after_s=error.retry_after_s,
        **{**error.details, "explains": True},
    )
