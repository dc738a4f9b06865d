"""The studio through a real gateway: LiteLLM's proxy in front of our own Sora 2 service."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from doubles.serving import listen
from doubles.sora2_double import Sora2Double
from e2e.studio_process import StudioProcess
from servers.litellm_proxy import MASTER_KEY, litellm_folder, litellm_proxy
from shortdrama.media.verify import verify_clip

UPSTREAM_KEY = "sk-upstream-91c4e7"
_TAKE_S = 240


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return litellm_folder(tmp_path_factory.mktemp("gateway"))


def test_a_take_through_the_proxy(environment: Path, tmp_path: Path) -> None:
    """Studio → proxy → our own service: the clip comes whole, and was ordered once."""
    studio = StudioProcess(tmp_path / "studio")
    with (
        own_service(tmp_path / "service") as upstream,
        litellm_proxy(environment, tmp_path, upstream, UPSTREAM_KEY) as proxy,
    ):
        studio.start(SORA2_API_KEY=MASTER_KEY, SORA2_BASE_URL=proxy, SORA2_MODEL="studio-model")
        try:
            with httpx.Client(base_url=studio.url, timeout=60) as page:
                rows = page.post("/api/connections/environment/check").json()
                assert all(row["passed"] for row in rows), rows
                take = finished_take(page, order(page))
                assert take["status"] == "ready", take["error"]
                clip = tmp_path / "clip.mp4"
                clip.write_bytes(page.get(take["video_url"]).content)
        finally:
            studio.stop()
        jobs = httpx.get(f"{upstream}/videos", headers=bearer(UPSTREAM_KEY)).json()["data"]
    assert len(jobs) == 1
    facts = verify_clip(str(clip), 2.0, 100_000_000)
    assert (facts["width"], facts["height"]) == (720, 1280)
    assert facts["has_audio"]


@pytest.mark.parametrize("step", ["500", "drop_after_accept"])
def test_the_proxy_sends_once(environment: Path, tmp_path: Path, step: str) -> None:
    """What fails behind it is not sent again there either; without our word it would be."""
    studio = StudioProcess(tmp_path / "studio")
    with (
        Sora2Double() as double,
        litellm_proxy(environment, tmp_path, double.base_url, UPSTREAM_KEY) as proxy,
    ):
        double.default(submit=step)
        studio.start(SORA2_API_KEY=MASTER_KEY, SORA2_BASE_URL=proxy, SORA2_MODEL="studio-model")
        try:
            with httpx.Client(base_url=studio.url, timeout=60) as page:
                take = finished_take(page, order(page))
        finally:
            studio.stop()
        body = {"model": "studio-model", "prompt": "no word", "seconds": "4"}
        httpx.post(f"{proxy}/videos", json=body, headers=bearer(MASTER_KEY), timeout=60)
        assert (take["status"], double.submits("A cat on a roof")) == ("uncertain", 1)
        assert double.submits("no word") > 1


def order(page: httpx.Client) -> str:
    body = {
        "prompt": "A cat on a roof",
        "model": "studio-model",
        "seconds": 2,
        "size": "720x1280",
        "confirmed": True,
    }
    answer = page.post("/api/takes", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def finished_take(page: httpx.Client, take_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + _TAKE_S
    while time.monotonic() < deadline:
        take: dict[str, Any] = page.get(f"/api/takes/{take_id}").json()
        if take["status"] in {"ready", "failed", "uncertain", "stalled", "cancelled"}:
            return take
        time.sleep(0.5)  # other processes: there is nothing to be woken by
    raise AssertionError(f"still {take['status']} after {_TAKE_S} s")


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@contextmanager
def own_service(data: Path) -> Iterator[str]:
    """`shortdrama sora2` as a child process; its base URL."""
    with listen() as sock:
        port = sock.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "shortdrama", "sora2", "--data", str(data)),
            *("--port", str(port)),
        ],
        env={**os.environ, "SHORTDRAMA_SORA2_KEY": UPSTREAM_KEY},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "is at" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()
