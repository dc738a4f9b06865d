"""A studio that forgot its keys with a restart: takes say so, and go on when the key is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from doubles.sora2_double import Sora2Double
from e2e.studio_process import StudioProcess

KEY = "sk-typed-in-twice"
SAID = "Waiting for the key of The double. Enter it in the settings."


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[StudioProcess]:
    process = StudioProcess(tmp_path / "data")
    process.start()
    yield process
    process.stop()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 25  # less than the studio itself waits between two looks
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_takes_go_on_when_the_key_is_entered_again(studio: StudioProcess) -> None:
    with Sora2Double(api_key=KEY) as double, httpx.Client(base_url=studio.url, timeout=30) as api:
        form = {"name": "The double", "base_url": double.base_url, "models": ["sora-2"]}
        connection = api.post("/api/connections", json=form | {"key": KEY}).json()
        running, queued = "was generating", "was queued"
        script = double.script(running, poll="in_progress:10")
        double.script(queued, submit=["429:1", "ok"])
        order = {"model": "sora-2", "connection_id": connection["id"], "seconds": 4}
        takes = [api.post("/api/takes", json=order | {"prompt": running}).json()["id"]]
        wait_until(lambda: statuses(api, takes) == ["generating"])
        studio.kill()
        studio.start()
        takes += [api.post("/api/takes", json=order | {"prompt": queued}).json()["id"]]
        wait_until(lambda: page(api).count(SAID) >= 2)
        assert statuses(api, takes) == ["generating", "queued"]
        assert (double.submits(running), double.submits(queued)) == (1, 0)
        script.poll = "completed"
        changed = api.put(f"/api/connections/{connection['id']}", json=form | {"key": KEY})
        assert changed.is_success, changed.text
        wait_until(lambda: statuses(api, takes) == ["ready", "ready"])
        assert (double.submits(running), len(double.made(queued))) == (1, 1)


def statuses(api: httpx.Client, takes: list[str]) -> list[str]:
    return [api.get(f"/api/takes/{take_id}").json()["status"] for take_id in takes]


def page(api: httpx.Client) -> str:
    return api.get("/", headers={"accept-language": "en"}).text
