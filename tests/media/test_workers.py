"""The pool: results, errors, limits, lanes, cancelling, and no process left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from media import hostile
from shortdrama.errors import TooLarge
from shortdrama.media.workers import Lane, WorkerFailed, WorkerPool

TESTS = Path(__file__).parents[1]
FUNCTIONS = {f"media.hostile:{name}": "short" for name in vars(hostile)}
LANES = {
    "short": Lane(size=1, memory_limit_bytes=1 << 30, time_limit_s=20),
    "long": Lane(size=1, nice=5, memory_limit_bytes=1 << 30, time_limit_s=20),
}


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerPool]:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    pool = WorkerPool(FUNCTIONS, lanes=LANES)
    yield pool
    pool.close()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until(is_true: Callable[[], object], limit_s: float = 10.0) -> None:
    deadline = time.monotonic() + limit_s
    pause = threading.Event()
    while not is_true():
        assert time.monotonic() < deadline, "waited too long"
        pause.wait(0.01)


def read_pids(pids: Path) -> tuple[int, int]:
    """What `sleep_with_child` wrote, once it has."""
    wait_until(lambda: pids.exists() and pids.read_text().endswith("\n"))
    child, grandchild = map(int, pids.read_text().split())
    return child, grandchild


def test_runs_a_function_and_keeps_its_process(pool: WorkerPool) -> None:
    assert pool.list_process_ids() == []
    assert pool.run("media.hostile:add", {"first": 2, "second": 3}) == 5
    first = pool.run("media.hostile:report_pid", {})
    assert first == pool.run("media.hostile:report_pid", {}) != os.getpid()
    assert pool.list_process_ids() == [first]


def test_refuses_what_is_not_allowed(pool: WorkerPool) -> None:
    with pytest.raises(ValueError, match="not among"):
        pool.run("os:getpid", {})


def test_progress_arrives_in_order(pool: WorkerPool) -> None:
    seen: list[object] = []
    assert pool.run("media.hostile:count", {"to": 3}, on_progress=seen.append) == 3
    assert seen == [{"step": 0}, {"step": 1}, {"step": 2}]


def test_a_raising_progress_callback_reaches_the_caller(pool: WorkerPool) -> None:
    def refuse(_: object) -> None:
        raise LookupError("no")

    with pytest.raises(LookupError):
        pool.run("media.hostile:count", {"to": 3}, on_progress=refuse)
    assert pool.run("media.hostile:add", {"first": 1, "second": 1}) == 2


def test_prints_are_not_taken_for_replies(pool: WorkerPool) -> None:
    assert pool.run("media.hostile:shout", {}) == "reply"


def test_studio_errors_come_across_whole(pool: WorkerPool) -> None:
    with pytest.raises(TooLarge) as caught:
        pool.run("media.hostile:raise_too_large", {})
    assert caught.value.message == "It is too large."
    assert caught.value.code == "too_many_pixels"
    assert caught.value.details == {"limit": 5}


@pytest.mark.parametrize(
    ("function", "code"),
    [
        ("raise_bug", "worker_failed"),
        ("return_object", "worker_failed"),
        ("eat_memory", "worker_out_of_memory"),
        ("crash", "worker_crashed"),
        ("vanish", "worker_crashed"),
    ],
)
def test_a_failure_costs_one_call_only(
    pool: WorkerPool, caplog: pytest.LogCaptureFixture, function: str, code: str
) -> None:
    with pytest.raises(WorkerFailed) as caught:
        pool.run(f"media.hostile:{function}", {})
    assert caught.value.code == code
    assert function in caplog.text
    assert pool.run("media.hostile:add", {"first": 1, "second": 1}) == 2


@pytest.mark.parametrize("function", ["loop_forever", "hold_interpreter_forever"])
def test_an_endless_function_is_ended(pool: WorkerPool, function: str) -> None:
    pid = pool.run("media.hostile:report_pid", {})
    started = time.monotonic()
    with pytest.raises(WorkerFailed) as caught:
        pool.run(f"media.hostile:{function}", {}, timeout_s=0.3)
    assert caught.value.code == "worker_too_slow"
    assert time.monotonic() - started < 3
    assert not is_alive(pid)
    assert pool.run("media.hostile:add", {"first": 1, "second": 1}) == 2


def test_a_time_limit_takes_grandchildren_along(pool: WorkerPool, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(WorkerFailed):
        pool.run("media.hostile:sleep_with_child", {"pid_file": str(pids)}, timeout_s=2)
    child, grandchild = map(int, pids.read_text().split())
    wait_until(lambda: not is_alive(child) and not is_alive(grandchild))


def test_no_secret_reaches_a_child(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORA2_API_KEY", "sk-secret")
    assert "sk-secret" not in pool.run("media.hostile:report_environment", {}).values()


def test_one_lane_does_not_wait_for_another(pool: WorkerPool, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    arguments = {"pid_file": str(pids)}

    def work() -> None:
        with pytest.raises(WorkerFailed):
            pool.run("media.hostile:sleep_with_child", arguments, lane="long")

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(pids.exists)
    assert pool.run("media.hostile:add", {"first": 1, "second": 1}, timeout_s=5) == 2
    assert thread.is_alive()
    pool.close()
    thread.join(5)
    assert not thread.is_alive()


def test_many_threads_share_few_processes(pool: WorkerPool) -> None:
    results: list[int] = []

    def work(number: int) -> None:
        results.append(pool.run("media.hostile:add", {"first": number, "second": 0}))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(20))
    assert len(pool.list_process_ids()) == 1


def test_an_idle_child_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    pool = WorkerPool(FUNCTIONS, lanes=LANES, idle_exit_s=0.1)
    pid = pool.run("media.hostile:report_pid", {})
    wait_until(lambda: not is_alive(pid))
    assert pool.list_process_ids() == []
    assert pool.run("media.hostile:report_pid", {}) != pid
    pool.close()


def test_close_ends_everything_and_refuses_more(pool: WorkerPool) -> None:
    pid = pool.run("media.hostile:report_pid", {})
    pool.close()
    assert not is_alive(pid)
    with pytest.raises(WorkerFailed) as caught:
        pool.run("media.hostile:report_pid", {})
    assert caught.value.code == "worker_closed"


@pytest.mark.anyio
async def test_async_runs_and_reports_in_the_loop(pool: WorkerPool) -> None:
    seen: list[tuple[object, threading.Thread]] = []
    result = await pool.run_async(
        "media.hostile:count",
        {"to": 2},
        on_progress=lambda progress: seen.append((progress, threading.current_thread())),
    )
    assert result == 2
    assert seen == [({"step": n}, threading.current_thread()) for n in range(2)]


@pytest.mark.anyio
async def test_cancelling_ends_the_child_and_its_children(pool: WorkerPool, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    task = asyncio.create_task(
        pool.run_async("media.hostile:sleep_with_child", {"pid_file": str(pids)})
    )
    queued = asyncio.create_task(pool.run_async("media.hostile:add", {"first": 1, "second": 1}))
    child, grandchild = await asyncio.to_thread(read_pids, pids)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not is_alive(child)
    wait_until(lambda: not is_alive(grandchild))
    assert await queued == 2


@pytest.mark.anyio
async def test_cancelling_a_waiting_call_leaves_the_running_one(
    pool: WorkerPool, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    running = asyncio.create_task(
        pool.run_async("media.hostile:sleep_with_child", {"pid_file": str(pids)})
    )
    child, _ = await asyncio.to_thread(read_pids, pids)
    waiting = asyncio.create_task(pool.run_async("media.hostile:add", {"first": 1, "second": 1}))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert is_alive(child)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


PARENT = """
import sys
from shortdrama.media.workers import Lane, WorkerPool
pool = WorkerPool({"media.hostile:sleep_with_child": "only"}, lanes={"only": Lane()})
pool.run("media.hostile:sleep_with_child", {"pid_file": sys.argv[1]})
"""


def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    with subprocess.Popen([sys.executable, "-c", PARENT, str(pids)], env=environment) as parent:
        child, grandchild = read_pids(pids)
        assert is_alive(child)
        assert is_alive(grandchild)
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_alive(child) and not is_alive(grandchild), limit_s=3)
