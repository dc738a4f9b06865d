"""Two servers and two workers: what one is told another one does, and nothing is done twice."""

from __future__ import annotations

import pytest

from doubles.sora2_double import Sora2Double
from machines.fleet import Fleet, order

pytestmark = [pytest.mark.postgres, pytest.mark.s3, pytest.mark.xdist_group("machines")]


def test_servers_order_and_workers_make(fleet: Fleet, double: Sora2Double) -> None:
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
        clip = server.get(takes[0]["video_url"], headers={"Range": "bytes=0-99"})
        assert len(clip.content) == 100
