"""`shortdrama generate`: the studio's own JSON API, with a progress bar in front.

Where a studio already runs on the data folder, it does the work; otherwise one is opened in
this process for as long as it takes. Both are spoken to in the same way.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shortdrama.app import build_studio, running_studio
from shortdrama.domain.ids import new_id
from shortdrama.errors import InvalidInput, StudioError
from shortdrama.settings import Settings

POLL_S = 0.3
_SLICE = 8 * 1024 * 1024
_FINAL = {"ready", "failed", "cancelled", "uncertain", "stalled"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line; None is the model's own default."""

    prompt: str
    references: tuple[Path, ...]
    seconds: int | None
    size: str | None
    model: str | None


def generate_take(settings: Settings, wish: Wish, output: Path | None) -> None:
    """Make one take, show its progress, and put the clip at `output`."""
    if output is not None and not output.parent.is_dir():
        raise InvalidInput("There is no folder %(path)s.", path=str(output.parent))
    for path in wish.references:
        if not path.is_file():
            raise InvalidInput("There is no file %(path)s.", path=str(path))
    anyio.run(_generate, settings, wish, output)


async def _generate(settings: Settings, wish: Wish, output: Path | None) -> None:
    async with _open_studio(settings) as api:
        take = await _order(api, wish)
        take = await _wait(api, take)
        if take["status"] != "ready":
            error = take["error"] or {}
            raise StudioError(
                error.get("message") or "The take is %(status)s.", status=take["status"]
            )
        await _deliver(api, take, output)


@asynccontextmanager
async def _open_studio(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    url = running_studio(settings)
    if url is not None:
        async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as api:
            yield api
        return
    with build_studio(settings, url="http://127.0.0.1") as studio:
        await studio.services.start()
        transport = httpx.ASGITransport(studio.web)
        try:
            async with httpx.AsyncClient(
                base_url="http://127.0.0.1", timeout=300, transport=transport
            ) as api:
                yield api
        finally:
            await studio.services.stop()


async def _order(api: httpx.AsyncClient, wish: Wish) -> dict[str, Any]:
    references = [await _bring(api, path) for path in wish.references]
    models = await _answer(api, "GET", "/api/models")
    chosen = next((m for m in models if m["model"] == wish.model), models[0])
    order = {
        "prompt": wish.prompt,
        "model": wish.model or chosen["model"],
        "seconds": wish.seconds or chosen["default_seconds"],
        "size": wish.size or chosen["default_size"],
        "references": references,
    }
    headers = {"Idempotency-Key": new_id()}
    take: dict[str, Any] = await _answer(api, "POST", "/api/takes", json=order, headers=headers)
    return take


async def _bring(api: httpx.AsyncClient, path: Path) -> str:
    """Take a file into the library; its asset's id."""
    upload_id, size = new_id(), (await anyio.Path(path).stat()).st_size
    form = {"id": upload_id, "name": path.name, "size": size}
    state = await _answer(api, "POST", "/api/uploads", json=form)
    with path.open("rb") as source:
        while not state.get("asset"):
            source.seek(state["offset"])
            chunk = source.read(_SLICE)
            headers = {
                "Upload-Offset": str(state["offset"]),
                "Content-Type": "application/offset+octet-stream",
            }
            state = await _answer(
                api, "PATCH", f"/api/uploads/{upload_id}", content=chunk, headers=headers
            )
    return str(state["asset"]["id"])


async def _wait(api: httpx.AsyncClient, take: dict[str, Any]) -> dict[str, Any]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        row = bar.add_task(take["status"], total=100)
        while take["status"] not in _FINAL:
            await anyio.sleep(POLL_S)
            take = await _answer(api, "GET", f"/api/takes/{take['id']}")
            _show(bar, row, take)
    return take


def _show(bar: Progress, row: TaskID, take: dict[str, Any]) -> None:
    done = 100 if take["status"] == "ready" else take["progress"] or 0
    bar.update(row, completed=done, description=take["status"])


async def _deliver(api: httpx.AsyncClient, take: dict[str, Any], output: Path | None) -> None:
    if output is None:
        Console().print(f"Take {take['number']} is in the studio: {take['video_url']}")
        return
    part = output.with_name(f".{output.name}.part")
    async with api.stream("GET", take["video_url"]) as response:
        response.raise_for_status()
        with part.open("wb") as file:
            async for chunk in response.aiter_bytes():
                file.write(chunk)
    shutil.move(part, output)
    Console().print(str(output), soft_wrap=True)


async def _answer(api: httpx.AsyncClient, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
    try:
        response = await api.request(method, path, **options)
    except httpx.TransportError as error:
        raise StudioError("The studio does not answer. Is it still running?") from error
    body = response.json() if response.content else None
    if response.is_error:
        told = (body or {}).get("error", {})
        raise StudioError(
            told.get("message") or "The studio answered %(status)s.", status=response.status_code
        )
    return body
