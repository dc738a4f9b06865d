"""The rows of a connection's test where one free request tells all that can be known."""

from __future__ import annotations

from collections.abc import Awaitable

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, StudioError, mark
from shortdrama.providers.kind import CheckRow
from shortdrama.sora2.answers import Answer


async def reach(asked: Awaitable[Answer]) -> tuple[list[CheckRow], Answer | None]:
    """The rows, and the answer where it was no refusal. Raises nothing."""
    try:
        answer = await asked
    except StudioError as error:
        return _refused(error), None
    return [_reached(), (mark("Key"), True, mark("The provider accepts the key."))], answer


def _refused(error: StudioError) -> list[CheckRow]:
    kind = error.kind if isinstance(error, ProviderError) else ""
    if kind in {FailureKind.AUTH, FailureKind.QUOTA}:
        return [_reached(), (mark("Key"), False, error.message)]
    if kind == FailureKind.RATE_LIMITED:
        return [_reached(), (mark("Limits"), False, error.message)]
    return [(mark("Address"), False, error.message)]


def _reached() -> CheckRow:
    return (mark("Address"), True, mark("The server answers."))
