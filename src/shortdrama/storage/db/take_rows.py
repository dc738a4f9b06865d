"""Between a take and its row: the request and the clip are columns, the failure is JSON."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from shortdrama.domain.ids import AssetId
from shortdrama.domain.take import (
    Clip,
    Failure,
    FailureKind,
    Money,
    Take,
    TakeRequest,
    TakeStatus,
)

_REQUEST = tuple(field.name for field in fields(TakeRequest))
_CLIP = {
    "video_key": "video_key",
    "poster_key": "poster_key",
    "last_frame_key": "last_frame_key",
    "bytes": "clip_bytes",
    "duration_ms": "clip_duration_ms",
    "width": "clip_width",
    "height": "clip_height",
    "has_audio": "clip_has_audio",
    "fps": "clip_fps",
}
_NESTED = frozenset({"request", "failure", "clip", "status"})
_PLAIN = tuple(field.name for field in fields(Take) if field.name not in _NESTED)
# What was ordered is frozen, and the status moves only through `move`.
_FROZEN = frozenset(
    {"id", "shot_id", "prompt_id", "number", "request", "status", "created_at", "ordered_by"}
)
_CHANGES = frozenset(field.name for field in fields(Take)) - _FROZEN


def insert_values(take: Take) -> dict[str, Any]:
    """Every column but the idempotency key and the fingerprint."""
    values: dict[str, Any] = {name: getattr(take, name) for name in _PLAIN}
    values |= {name: getattr(take.request, name) for name in _REQUEST}
    values |= {"references": list(take.request.references), "status": take.status}
    return values | _failure_values(take.failure) | _clip_values(take.clip)


def change_values(changes: dict[str, Any]) -> dict[str, Any]:
    """Columns for changed fields of `Take`; `ValueError` for one that is frozen or unknown."""
    if refused := changes.keys() - _CHANGES:
        raise ValueError(f"not changeable on a take: {sorted(refused)}")
    values = {name: value for name, value in changes.items() if name not in _NESTED}
    if "failure" in changes:
        values |= _failure_values(changes["failure"])
    if "clip" in changes:
        values |= _clip_values(changes["clip"])
    return values


def read_take(row: sa.Row[Any]) -> Take:
    values = row._mapping
    request = {name: values[name] for name in _REQUEST}
    request["references"] = tuple(AssetId(asset_id) for asset_id in request["references"])
    return Take(
        **{name: values[name] for name in _PLAIN},
        status=TakeStatus(values["status"]),
        request=TakeRequest(**request),
        failure=_read_failure(values["failure"]),
        clip=_read_clip(values),
    )


def _failure_values(failure: Failure | None) -> dict[str, Any]:
    return {"failure": asdict(failure) if failure else None}


def _read_failure(data: dict[str, Any] | None) -> Failure | None:
    if data is None:
        return None
    return Failure(**{**data, "kind": FailureKind(data["kind"]), "money": Money(data["money"])})


def _clip_values(clip: Clip | None) -> dict[str, Any]:
    return {column: getattr(clip, name) if clip else None for name, column in _CLIP.items()}


def _read_clip(values: sa.RowMapping) -> Clip | None:
    if values["video_key"] is None:
        return None
    return Clip(**{name: values[column] for name, column in _CLIP.items()})
