"""The engine as the Sora2 service wants it: renders run in worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from shortdrama.domain.model import PREVIZ_MODEL
from shortdrama.previz.engine import check_request
from shortdrama.sora2.service.ports import Progress, RenderSpec

RENDER = "shortdrama.previz.engine:render_clip"
# What a pool for `PrevizVideoEngine` must allow, and in which lane.
PREVIZ_FUNCTIONS: Mapping[str, str] = {RENDER: "previz"}


class Workers(Protocol):
    """Runs a function in another process; cancelling stops it."""

    async def run_async(
        self,
        function: str,
        arguments: Mapping[str, Any],
        *,
        on_progress: Callable[[Any], None] | None = None,
    ) -> Any: ...  # noqa: ANN401 - whatever JSON value the function returns


class Pictures(Protocol):
    """Blocking picture tools of the media room."""

    def poster(self, path: Path, destination: Path) -> None: ...

    def spritesheet(self, path: Path, destination: Path) -> object: ...


class PrevizVideoEngine:
    """Satisfies `sora2.service.ports.VideoEngine`."""

    def __init__(self, workers: Workers, pictures: Pictures) -> None:
        self._workers = workers
        self._pictures = pictures

    def models(self) -> list[str]:
        return [PREVIZ_MODEL]

    def check(self, spec: RenderSpec) -> None:
        check_request(spec.seconds, spec.size)

    async def render(self, spec: RenderSpec, destination: Path, on_progress: Progress) -> None:
        arguments = {
            "prompt": spec.prompt,
            "destination": str(destination),
            "seconds": spec.seconds,
            "size": spec.size,
            "reference_path": str(spec.reference) if spec.reference else None,
        }
        await self._workers.run_async(RENDER, arguments, on_progress=on_progress)

    async def thumbnail(self, video: Path, destination: Path) -> None:
        await asyncio.to_thread(self._pictures.poster, video, destination)

    async def spritesheet(self, video: Path, destination: Path) -> None:
        await asyncio.to_thread(self._pictures.spritesheet, video, destination)
