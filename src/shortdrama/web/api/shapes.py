"""What several parts of the JSON API share."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="32 hex digits")]


class ErrorFacts(BaseModel):
    code: str
    message: str
    can_retry: bool
    details: dict[str, Any]


class ErrorAnswer(BaseModel):
    """The one shape of every error."""

    error: ErrorFacts


def may_answer(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: the errors it can give, and the ones every route can."""
    return {status: {"model": ErrorAnswer} for status in (403, 422, *statuses)}
