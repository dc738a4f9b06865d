"""A studio beside a provider of tiny clips, so that a take is a matter of a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from doubles.sora2_double import Sora2Double
from e2e.studio_process import StudioProcess
from looks import look_until

KEY = "sk-made-up"
MODEL = "sora-2"
WAIT_S = 30


class QuickStudio:
    """A running studio whose connection from the environment leads to a scripted provider."""

    def __init__(self, process: StudioProcess, provider: Sora2Double) -> None:
        self.process = process
        self.provider = provider
        self.url = process.url
        # One for all requests: making a client reads the machine's certificates each time.
        self._client = httpx.Client(base_url=process.url, timeout=WAIT_S, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def new_shot(self) -> str:
        """The id of a shot that no other test uses."""
        shot = self._client.post("/api/shots").raise_for_status().json()
        return str(shot["id"])

    def page_of(self, shot: str) -> str:
        return f"{self.url}/?shot={shot}"

    def order(self, shot: str, prompt: str, **script: Any) -> dict[str, Any]:
        """A take by the API; `script` says how the provider treats it."""
        if script:
            self.provider.script(prompt, **script)
        order = {
            "prompt": prompt,
            "model": MODEL,
            "connection_id": "environment",
            "seconds": 4,
            "size": "720x1280",
            "shot_id": shot,
        }
        return dict(self._client.post("/api/takes", json=order).raise_for_status().json())

    def take(self, shot: str, prompt: str, status: str = "ready", **script: Any) -> dict[str, Any]:
        """An ordered take that has come as far as `status`."""
        take = self.order(shot, prompt, **script)
        if take["status"] == status:
            return take
        return look_until(
            lambda: self._get(take["id"]), lambda told: told["status"] == status, WAIT_S
        )

    def takes(self, shot: str) -> list[dict[str, Any]]:
        """Of a shot, newest first."""
        answer = self._client.get("/api/takes", params={"limit": 200}).json()
        return [take for take in answer if take["shot_id"] == shot]

    def _get(self, take_id: str) -> dict[str, Any]:
        return dict(self._client.get(f"/api/takes/{take_id}").json())


@contextmanager
def run_quick_studio(data: Path) -> Iterator[QuickStudio]:
    with Sora2Double(api_key=KEY, poll_after_ms=100) as provider:
        process = StudioProcess(
            data,
            SORA2_BASE_URL=provider.base_url,
            SORA2_API_KEY=KEY,
            SORA2_MODEL=MODEL,
        )
        process.start()
        studio = QuickStudio(process, provider)
        try:
            yield studio
        finally:
            studio.close()
            process.stop()
