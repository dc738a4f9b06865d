"""A small real engine: clips with PyAV, as fast as tests need.

    python -m sora2.service.tiny_engine FOLDER PORT SECONDS   (with tests/ on the path)

runs a service of its own with it, for tests that kill it; each render takes SECONDS.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from anyio import to_thread

from doubles.tiny_clip import write_clip
from shortdrama.errors import InvalidInput, UnsupportedFile
from shortdrama.sora2.service.app import ServiceOptions, create_sora2_app
from shortdrama.sora2.service.files import FileContent, FileJobs
from shortdrama.sora2.service.ports import Progress, RenderSpec


class TinyEngine:
    """Prompts "break" and "refuse" fail; `gate` holds every render until it is set."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.takes_s = takes_s
        self.gate: asyncio.Event | None = None
        self.started: list[RenderSpec] = []
        self.references: list[bytes | None] = []
        self.at_once = 0
        self.most_at_once = 0
        self.cancelled = 0

    def models(self) -> list[str]:
        return ["tiny-1", "tiny-2"]

    def check(self, spec: RenderSpec) -> None:
        if spec.seconds > 20:
            raise InvalidInput("The length can be 20 seconds at most.")

    async def render(self, spec: RenderSpec, destination: Path, on_progress: Progress) -> None:
        self.started.append(spec)
        self.references.append(spec.reference.read_bytes() if spec.reference else None)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            on_progress(40)
            await asyncio.sleep(self.takes_s)
            if self.gate is not None:
                await self.gate.wait()
            await self._write(spec, destination)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1

    async def _write(self, spec: RenderSpec, destination: Path) -> None:
        if spec.prompt == "break":
            raise RuntimeError("a secret of the engine")
        if spec.prompt == "refuse":
            raise UnsupportedFile("The reference cannot be opened. Add another picture.")
        await to_thread.run_sync(write_clip, destination, spec.seconds, (64, 112))

    async def thumbnail(self, video: Path, destination: Path) -> None:
        await to_thread.run_sync(_picture, video, destination, "WEBP")

    async def spritesheet(self, video: Path, destination: Path) -> None:
        await to_thread.run_sync(_picture, video, destination, "JPEG")


def _picture(video: Path, destination: Path, kind: str) -> None:
    import av

    with av.open(str(video)) as container:
        frame = next(container.decode(video=0))
        frame.to_image().save(destination, kind)


def serve_folder(folder: Path, port: int, takes_s: float) -> None:
    import uvicorn

    options = ServiceOptions(scratch=folder / "scratch")
    app = create_sora2_app(FileJobs(folder), TinyEngine(takes_s), FileContent(folder), options)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical")


if __name__ == "__main__":
    serve_folder(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
