"""Ids of jobs whose clip is here already: it came with the answer to the order.

    here:<key of the blob>/<id of the take>

No provider knows such an id, and none may say one.
"""

from __future__ import annotations

HERE = "here:"


def here_id(key: str, take_id: str) -> str:
    return f"{HERE}{key}/{take_id}"


def is_here(job_id: str) -> bool:
    return job_id.startswith(HERE)


def key_here(job_id: str) -> str | None:
    """The blob's key; None for a job at a provider."""
    return job_id.removeprefix(HERE).partition("/")[0] if is_here(job_id) else None
