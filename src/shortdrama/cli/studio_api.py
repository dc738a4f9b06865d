"""The studio's JSON API as the command line speaks it, in the language of the terminal.

Where a studio already runs on the data folder, it does the work; otherwise one is opened in
this process for as long as it takes. Both are spoken to in the same way.
"""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from shortdrama.address import running_studio
from shortdrama.cli.memory import loading
from shortdrama.domain.ids import new_id
from shortdrama.domain.people import ACTOR_HEADER, CLI
from shortdrama.errors import InvalidInput, StorageFull, StudioError, mark
from shortdrama.settings import Settings
from shortdrama.web.i18n import html_language

if TYPE_CHECKING:
    from shortdrama.web.services import BlobReader

_SLICE = 8 * 1024 * 1024
_WRONG_CALL = range(400, 500)
_LOCKED = 423
_LOG_IN = 401


@dataclass(frozen=True, slots=True)
class StudioApi:
    """An open studio. `blobs` is None where it runs in another process, at `url`."""

    http: httpx.AsyncClient
    url: str
    blobs: BlobReader | None

    async def ask(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
        """The answer's JSON.

        Raises:
            InvalidInput: The studio says that the call is wrong.
            StudioError: It said no for another reason, or nothing.
        """
        try:
            response = await self.http.request(method, path, **options)
        except httpx.TransportError as error:
            raise StudioError("The studio does not answer. Is it still running?") from error
        body = response.json() if response.content else None
        if not response.is_error:
            return body
        if response.status_code == _LOG_IN:
            raise _not_let_in("Authorization" in self.http.headers)
        told = (body or {}).get("error", {})
        kind = StudioError
        if response.status_code in _WRONG_CALL and response.status_code != _LOCKED:
            kind = InvalidInput
        sentence = told.get("message") or mark("The studio answered %(status)s.")
        raise kind(sentence, status=response.status_code)

    async def bring(self, path: Path) -> str:
        """Take a file into the library; its asset's id."""
        upload_id, size = new_id(), (await anyio.Path(path).stat()).st_size
        form = {"id": upload_id, "name": path.name, "size": size}
        state = await self.ask("POST", "/api/uploads", json=form)
        with path.open("rb") as source:
            while not state.get("asset"):
                source.seek(state["offset"])
                headers = {
                    "Upload-Offset": str(state["offset"]),
                    "Content-Type": "application/offset+octet-stream",
                }
                content = source.read(_SLICE)
                state = await self.ask(
                    "PATCH", f"/api/uploads/{upload_id}", content=content, headers=headers
                )
        return str(state["asset"]["id"])

    async def save(self, media_url: str, destination: Path) -> None:
        """Write the clip to `destination`, whole or not at all.

        Raises:
            StorageFull: It cannot be written there.
        """
        part = destination.with_name(f".{destination.name}.part")
        try:
            async with self.http.stream("GET", media_url) as response:
                response.raise_for_status()
                with part.open("wb") as file:
                    async for chunk in response.aiter_bytes():
                        file.write(chunk)
            part.replace(destination)
        except httpx.HTTPError as error:
            raise StudioError("The studio does not answer. Is it still running?") from error
        except OSError as error:
            raise StorageFull(
                "%(path)s could not be written: %(reason)s. The take is in the studio.",
                path=str(destination),
                reason=error.strerror,
            ) from error
        finally:
            part.unlink(missing_ok=True)

    def where(self, media_url: str) -> str:
        """The studio's own file, or the address that a running studio serves it at."""
        file = self.blobs.local_file(media_url.split("/")[2]) if self.blobs else None
        return str(file.absolute()) if file else f"{self.url}{media_url}"


@asynccontextmanager
async def open_api(settings: Settings) -> AsyncIterator[StudioApi]:
    """The studio that runs on the data folder, else one of this process's own."""
    headers = {"Accept-Language": html_language(), ACTOR_HEADER: CLI, **_log_in(os.environ)}
    url = running_studio(settings)
    if url is not None:
        async with httpx.AsyncClient(
            base_url=url, timeout=60, trust_env=False, headers=headers
        ) as http:
            yield StudioApi(http, url, None)
        return
    # Only here: a command that speaks to a running studio need not wait for all of it.
    with loading():
        from shortdrama.app import build_studio

    # Without an address: a second command must not take this one for a server.
    with build_studio(settings, url="") as studio:
        await studio.services.start()
        transport = httpx.ASGITransport(studio.web, raise_app_exceptions=False)
        try:
            async with httpx.AsyncClient(
                base_url="http://127.0.0.1", timeout=300, transport=transport, headers=headers
            ) as http:
                yield StudioApi(http, "", studio.services.blobs)
        finally:
            await studio.services.stop()


def _not_let_in(has_said_who: bool) -> InvalidInput:
    if has_said_who:
        return InvalidInput(
            "The studio does not let you in. Check SHORTDRAMA_PASSWORD and SHORTDRAMA_USER: a "
            "person's own password needs their name, the studio's own has none."
        )
    return InvalidInput(
        "This studio asks who you are. Set SHORTDRAMA_USER and SHORTDRAMA_PASSWORD to your name "
        "and password there, or SHORTDRAMA_PASSWORD alone to the studio's own."
    )


def _log_in(environment: Mapping[str, str]) -> dict[str, str]:
    """As whom to ask a studio where people log in."""
    password, name = environment.get("SHORTDRAMA_PASSWORD"), environment.get("SHORTDRAMA_USER")
    if not password:
        return {}
    if not name:
        return {"Authorization": f"Bearer {password}"}
    both = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {both}"}
