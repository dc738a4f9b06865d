"""The studio is killed as by `kill -9`, at every step of a take and inside the paid call."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from shortdrama.domain.take import Money, Take, TakeStatus
from shortdrama.storage.db.database import Database

pytestmark = pytest.mark.xdist_group("takes-crashes")

TESTS = Path(__file__).parent.parent
KILLED = -9
PROMPT = "a cat that survives"
# In the order in which a take comes by.
POINTS = (
    "before:submit",
    "after:submit",
    "before:wait",
    "after:wait",
    "before:fetch",
    "provider.fetch:after",
    "blobs.put take:after",
    "after:fetch",
    "before:finish",
    "blobs.put poster:after",
    "after:finish",
)


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double() as server:
        server.default(poll=["in_progress:50", "completed"])
        yield server


def test_killed_at_every_step(double: Sora2Double, tmp_path: Path) -> None:
    run(tmp_path, double, POINTS[0], order=True)
    for point in POINTS[1:]:
        run(tmp_path, double, point)
    run(tmp_path, double)
    take = only_take(tmp_path)
    assert take.status is TakeStatus.READY, take.failure
    assert take.clip is not None
    assert double.submits() == 1
    assert len(double.made()) == 1
    blob = tmp_path / "blobs"
    assert any(file.name.endswith(take.clip.video_key[-8:]) for file in blob.rglob("*"))


def test_killed_before_the_call_left(double: Sora2Double, tmp_path: Path) -> None:
    """Nothing tells this from a lost answer, so the list is asked, and then a person."""
    run(tmp_path, double, "provider.submit:before", order=True)
    run(tmp_path, double)
    take = only_take(tmp_path)
    assert take.status is TakeStatus.UNCERTAIN, take.failure
    assert take.failure is not None
    assert take.failure.money is Money.MAYBE
    assert double.submits() == 0


def test_killed_before_the_answer_was_written(double: Sora2Double, tmp_path: Path) -> None:
    run(tmp_path, double, "provider.submit:after", order=True)
    run(tmp_path, double)
    take = only_take(tmp_path)
    assert take.status is TakeStatus.READY, take.failure
    assert take.provider_job_id == double.made()[0].id
    assert double.submits() == 1


def test_killed_where_the_provider_has_no_list(tmp_path: Path) -> None:
    with Sora2Double(has_list=False) as double:
        run(tmp_path, double, "provider.submit:after", order=True)
        run(tmp_path, double)
        assert only_take(tmp_path).status is TakeStatus.UNCERTAIN
        assert double.submits() == 1


def test_killed_in_the_middle_of_the_call(double: Sora2Double, tmp_path: Path) -> None:
    double.default(submit="delay:30", poll="completed")
    process = start(tmp_path, double, "", order=True)
    arrived = threading.Event()
    while not arrived.wait(0.02):
        if double.submits() == 1:
            arrived.set()
        assert process.poll() is None
    process.kill()
    process.communicate()
    run(tmp_path, double)
    take = only_take(tmp_path)
    assert take.status is TakeStatus.READY, take.failure
    assert double.submits() == 1


def test_killed_in_the_middle_of_two_equal_calls(double: Sora2Double, tmp_path: Path) -> None:
    """Both jobs are at the provider, and the takes are alike in everything: each gets one."""
    double.default(submit="delay:30", poll="completed")
    process = start(tmp_path, double, "", order=True, times=2)
    arrived = threading.Event()
    while not arrived.wait(0.02):
        if double.submits() == 2:
            arrived.set()
        assert process.poll() is None
    process.kill()
    process.communicate()
    run(tmp_path, double)
    takes = takes_in(tmp_path)
    assert [take.status for take in takes] == [TakeStatus.READY] * 2, takes
    assert {take.provider_job_id for take in takes} == {job.id for job in double.made()}
    assert double.submits() == 2


def run(folder: Path, double: Sora2Double, death: str = "", *, order: bool = False) -> None:
    """One life of the studio: to its death, or until every take is at rest."""
    process = start(folder, double, death, order=order)
    _, errors = process.communicate(timeout=90)
    expected = KILLED if death else 0
    assert process.returncode == expected, f"{death}: {process.returncode}\n{errors[-3000:]}"


def start(
    folder: Path, double: Sora2Double, death: str, *, order: bool, times: int = 1
) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "doubles.take_worker", str(folder), double.base_url]
    command += ["--die", death] if death else []
    command += ["--order", PROMPT, "--times", str(times)] if order else []
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def only_take(folder: Path) -> Take:
    (take,) = takes_in(folder)
    return take


def takes_in(folder: Path) -> list[Take]:
    records = Database(f"sqlite:///{folder / 'studio.db'}")
    try:
        with records.read() as tx:
            return tx.takes.page(None, 10)
    finally:
        records.close()
