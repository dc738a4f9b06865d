"""A thousand takes with a provider at the same time, and one worker that waits for all of them.

Run `python -m bench waiting`. What is measured is the waiting itself: the worker's memory and its
processor time (all its threads, as the kernel counts them) while every take is in flight and none
has ended. Then all have to come in. `BENCH_TAKES=50 BENCH_WAIT_S=20` for a short look.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bench.workers import CLIP_SIZE, MOST_MB, make_postgres, memory_mb, order_all

if TYPE_CHECKING:
    from doubles.sora2_double import Sora2Double
    from machines.fleet import Fleet, Machine
    from servers.postgres import PostgresServer

Row = tuple[str, float, str, float | None]

TAKES = int(os.environ.get("BENCH_TAKES", "1000"))
WAIT_S = float(os.environ.get("BENCH_WAIT_S", "300"))  # each take, at the provider
WINDOW_S = min(30.0, WAIT_S / 4)  # in which processor time is counted
SETTLE_S = min(10.0, WAIT_S / 8)
MOST_CORE_PERCENT = 25.0
LIMIT_S = 900


def bench() -> list[Row]:
    """Rows of name, value, unit and upper bound; nothing where PostgreSQL is not installed."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from doubles.sora2_double import Sora2Double
    from doubles.tiny_clip import tiny_clip

    tiny_clip(1, CLIP_SIZE)
    with make_postgres() as server:
        if server is None:
            return []
        with Sora2Double() as double:
            double.default(takes_s=WAIT_S, clip_size=CLIP_SIZE)
            return _measure(server, double)


def _measure(server: PostgresServer, double: Sora2Double) -> list[Row]:
    from machines.fleet import Fleet

    server.execute("CREATE DATABASE {name}", name="bench_waiting")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        Path(folder, "config.toml").write_text(f"max_concurrent_takes = {TAKES}\n")
        environment = {
            "SHORTDRAMA_DATABASE_URL": server.url("bench_waiting"),
            "SORA2_BASE_URL": double.base_url,
            "SORA2_MODEL": "double-1",
        }
        fleet = stack.enter_context(Fleet(Path(folder), environment))
        order_all(fleet, TAKES)
        worker = fleet.work()
        fleet.wait_until(lambda: fleet.statuses() == {"generating": TAKES}, LIMIT_S)
        time.sleep(SETTLE_S)
        percent, waiting_mb = _while_waiting(worker)
        still = fleet.statuses()["generating"]
        fleet.wait_until(lambda: fleet.statuses()["ready"] == TAKES, LIMIT_S)
        stored, peak_mb = _stored(fleet, Path(folder)), memory_mb(worker, "VmHWM")
    what = f"{TAKES} in flight"
    return [
        (f"{what}: memory of the waiting worker", waiting_mb, "MB", MOST_MB),
        (f"{what}: its processor time, of one core", percent, "%", MOST_CORE_PERCENT),
        (f"{what}: ended before it was measured", TAKES - still, "", 0),
        (f"{what}: not stored in the end", TAKES - stored, "", 0),
        (f"{what}: paid requests beyond one each", double.submits() - TAKES, "", 0),
        (f"{what}: most memory it ever had", peak_mb, "MB", None),
    ]


def _while_waiting(worker: Machine) -> tuple[float, float]:
    """Processor time in percent of one core, and memory in MB."""
    before_s, began = _processor_s(worker), time.monotonic()
    time.sleep(WINDOW_S)
    used_s = _processor_s(worker) - before_s
    return used_s * 100 / (time.monotonic() - began), memory_mb(worker)


def _processor_s(worker: Machine) -> float:
    """Of all threads, in user and kernel mode (`proc(5)`: utime and stime of `/proc/PID/stat`)."""
    stat = Path(f"/proc/{worker.process.pid}/stat").read_text(encoding="ascii")
    after_name = stat.rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _stored(fleet: Fleet, folder: Path) -> int:
    """Takes whose clip is a file of the size that their row says."""
    from shortdrama.settings import Settings
    from shortdrama.storage.blobs.files import FileBlobs

    blobs = FileBlobs(Path(Settings(data=folder).effective_blobs_url))
    with fleet.records.read() as tx:
        clips = [take.clip for take in tx.takes.page(None, TAKES)]
    return sum(clip is not None and blobs.size(clip.video_key) == clip.bytes for clip in clips)
