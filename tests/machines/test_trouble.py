"""What the machines stand on goes away for a while: nothing is lost, and nothing is paid twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from machines.conftest import environment_of
from machines.fleet import Fleet, order
from machines.wire import Wire
from servers.postgres import PostgresServer

pytestmark = [pytest.mark.postgres, pytest.mark.s3, pytest.mark.xdist_group("machines")]
TAKES = 24


def test_the_database_restarts_under_load(
    fleet: Fleet, double: Sora2Double, postgres_server: PostgresServer
) -> None:
    """In the middle of paid calls, whose answers are kept until they can be written."""
    double.default(takes_s=4.0, submit="delay:2")
    server = fleet.serve("--no-work")
    fleet.work("--name", "first")
    fleet.work("--name", "second")
    for number in range(TAKES):
        order(server, f"take {number}")
    fleet.wait_until(lambda: double.submits() >= TAKES / 2, 30)
    postgres_server.restart()
    fleet.wait_until(lambda: fleet.statuses()["ready"] == TAKES, 60)
    assert double.submits() == TAKES
    assert len(double.made()) == TAKES
    assert server.get("/readyz").status_code == 200


def test_a_stalled_bucket_holds_takes_up_and_loses_none(
    double: Sora2Double, postgres_url: str, s3_url: str, tmp_path: Path
) -> None:
    port = re.search(r"127\.0\.0\.1:(\d+)", s3_url)
    assert port is not None
    double.default(takes_s=2.0)
    with Wire(int(port[1])) as wire:
        environment = environment_of(double, postgres_url, s3_url.replace(port[1], str(wire.port)))
        with Fleet(tmp_path, environment) as fleet:
            server = fleet.serve("--no-work")
            fleet.work()
            wire.silence()
            for number in range(10):
                order(server, f"take {number}")
            fleet.wait_until(lambda: fleet.statuses()["downloading"] == 10, 40)
            assert server.get("/readyz").json() == {
                "status": "not ready",
                "files": "no answer yet",
            }
            assert fleet.statuses() == {"downloading": 10}
            wire.speak()
            fleet.wait_until(lambda: fleet.statuses()["ready"] == 10, 60)
            assert server.get("/readyz").status_code == 200
    assert double.submits() == 10
