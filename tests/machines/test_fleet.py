"""Two servers and two workers: what one is told another one does, and nothing is done twice."""

from __future__ import annotations

import signal
import time

import pytest

from doubles.sora2_double import Sora2Double
from machines.fleet import Fleet, order
from shortdrama.domain.take import TakeStatus

pytestmark = [pytest.mark.postgres, pytest.mark.s3, pytest.mark.xdist_group("machines")]


def test_servers_order_and_workers_make(fleet: Fleet, double: Sora2Double) -> None:
    double.default(takes_s=1.0)
    one, two = fleet.serve("--no-work"), fleet.serve("--no-work")
    fleet.work("--name", "first")
    fleet.work("--name", "second")
    ids = [order(server, f"take {number}") for number in range(10) for server in (one, two)]
    fleet.wait_until(lambda: fleet.statuses()["ready"] == 20, 60)
    assert double.submits() == 20
    assert len(double.made()) == 20
    for server in (one, two):
        takes = [server.get(f"/api/takes/{take_id}").json() for take_id in ids]
        assert {take["status"] for take in takes} == {"ready"}
        assert server.get("/readyz").json() == {"status": "ready"}
        assert 'shortdrama_takes{status="ready"} 20' in server.get("/metrics").text
        clip = server.get(takes[0]["video_url"], headers={"Range": "bytes=0-99"})
        assert len(clip.content) == 100


def test_a_killed_workers_takes_go_on_elsewhere(fleet: Fleet, double: Sora2Double) -> None:
    """Among them takes whose paid call was under way: their jobs are found, not made again."""
    double.default(takes_s=6.0)
    for number in range(4):
        double.script(f"slow {number}", submit="delay:5", takes_s=6.0)
    server = fleet.serve("--no-work")
    first, _second = fleet.work("--name", "first"), fleet.work("--name", "second")
    for number in range(40):
        order(server, f"take {number}")
    for number in range(4):
        order(server, f"slow {number}")
    fleet.wait_until(lambda: double.submits() == 44, 40)
    assert fleet.statuses()["submitting"] > 0
    first.kill()
    killed_at = time.monotonic()
    fleet.wait_until(lambda: "first" not in fleet.holders(), 30)
    assert time.monotonic() - killed_at < 30
    fleet.wait_until(lambda: fleet.statuses()["ready"] == 44, 60)
    assert double.submits() == 44
    assert len(double.made()) == 44


def test_a_free_take_survives_its_worker(fleet: Fleet) -> None:
    """The built-in engine's job ends with its process; another worker renders it anew."""
    server = fleet.serve("--no-work")
    first = fleet.work("--name", "first")
    take_id = order(server, "A lantern in the rain", model="previz-1", seconds=4)
    fleet.wait_until(lambda: fleet.statuses()["generating"] == 1, 30)
    fleet.work("--name", "second")
    first.kill()
    before = fleet.take(take_id).provider_job_id
    fleet.wait_until(lambda: fleet.take(take_id).provider_job_id not in {before, None}, 40)
    assert fleet.take(take_id).status is TakeStatus.GENERATING
    assert fleet.take(take_id).failure is None


def test_what_a_person_does_reaches_the_worker(fleet: Fleet, double: Sora2Double) -> None:
    double.default(takes_s=120.0)
    server = fleet.serve("--no-work")
    fleet.work()
    take_id = order(server, "long")
    fleet.wait_until(lambda: fleet.statuses()["generating"] == 1, 30)
    began = time.monotonic()
    server.post(f"/api/takes/{take_id}/cancellation").raise_for_status()
    fleet.wait_until(lambda: fleet.statuses()["cancelled"] == 1, 10)
    assert time.monotonic() - began < 5


def test_a_rolling_restart_loses_nothing(fleet: Fleet, double: Sora2Double) -> None:
    """A server that works as well is asked to stop, in the middle of paid calls."""
    double.default(takes_s=4.0, submit="delay:2")
    server, working = fleet.serve("--no-work"), fleet.serve("--name", "working")
    leaving = fleet.machines[-1]
    for number in range(12):
        order(working, f"take {number}")
    fleet.wait_until(lambda: double.submits() >= 8, 30)
    fleet.work("--name", "next")
    leaving.process.send(signal.SIGTERM)
    assert leaving.process.wait(40) == 0
    assert fleet.holders()["working"] == 0
    fleet.wait_until(lambda: fleet.statuses()["ready"] == 12, 60)
    assert double.submits() == 12
    assert server.get("/readyz").status_code == 200
