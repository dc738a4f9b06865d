"""One engine under more names than its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from shortdrama.sora2.service.ports import Progress, RenderSpec, VideoEngine

# What programs written for OpenAI's API send where nobody has chosen a model.
OPENAI_MODELS = ("sora-2", "sora-2-pro")


class AliasedEngine:
    """An engine whose default model also answers to other ids. Jobs keep the id that was asked."""

    def __init__(self, engine: VideoEngine, aliases: Sequence[str]) -> None:
        own = engine.models()
        self._engine = engine
        self._aliases = [alias for alias in aliases if alias not in own]

    def models(self) -> list[str]:
        return [*self._engine.models(), *self._aliases]

    def check(self, spec: RenderSpec) -> None:
        self._engine.check(self._meant(spec))

    async def render(self, spec: RenderSpec, destination: Path, on_progress: Progress) -> None:
        await self._engine.render(self._meant(spec), destination, on_progress)

    async def thumbnail(self, video: Path, destination: Path) -> None:
        await self._engine.thumbnail(video, destination)

    async def spritesheet(self, video: Path, destination: Path) -> None:
        await self._engine.spritesheet(video, destination)

    def _meant(self, spec: RenderSpec) -> RenderSpec:
        is_alias = spec.model in self._aliases
        return replace(spec, model=self._engine.models()[0]) if is_alias else spec
