"""The state manager's two doors: one snapshot, one event stream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import StreamingResponse

from shortdrama.domain.ids import ShotId
from shortdrama.state.hub import EventHub
from shortdrama.state.ports import Event
from shortdrama.web.api.assets import asset_answer
from shortdrama.web.api.shapes import may_answer
from shortdrama.web.api.takes import take_answer
from shortdrama.web.services import GivenServices
from shortdrama.web.who import is_still_in

router = APIRouter(prefix="/api", tags=["state"])
BEAT_S = 15.0
RETRY_MS = 300
ID_PATTERN = "^[0-9a-f]{32}$"


@router.get("/state", responses=may_answer())
def snapshot(
    services: GivenServices,
    shot: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
) -> dict[str, Any]:
    """The seed's page state for a shot (the newest of the current episode where none is named)."""
    named = ShotId(shot) if shot else services.board.current().shots[-1].shot.id
    state = services.state.snapshot(named)
    current = state.current_take
    return {
        "assets": [asset_answer(asset) for asset in state.assets],
        "current_video": take_answer(current, services) if current else None,
        "generation_status": state.generation_status,
        "prompt_history": [
            {"id": p.id, "text": p.text, "created_at": p.created_at, "video_id": p.last_take_id}
            for p in state.prompts
        ],
        "api_config": state.api_config,
        "event_id": state.event_id,
    }


@router.get("/events", response_class=StreamingResponse)
async def events(
    request: Request,
    services: GivenServices,
    last_event_id: Annotated[str, Header()] = "",
    after: Annotated[str, Query(description="as Last-Event-ID, for a first connection")] = "",
) -> StreamingResponse:
    """Server-sent events, in commit order. `Last-Event-ID` replays what was missed."""
    wanted = last_event_id or after
    position = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    return StreamingResponse(
        _frames(request, services.hub, position),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _frames(request: Request, hub: EventHub, position: int | None) -> AsyncIterator[str]:
    """Until the listener goes, or may not listen any more."""
    yield f"retry: {RETRY_MS}\n\n"
    async for event in hub.listen(position, BEAT_S):
        if not await is_still_in(request):
            return
        yield ": beat\n\n" if event is None else _frame(event)


def _frame(event: Event) -> str:
    data = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {event.id}\nevent: {event.kind}\ndata: {data}\n\n"
