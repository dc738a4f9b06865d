"""A thousand takes in flight, made by one, two and four worker processes on one PostgreSQL.

Run `python -m bench workers`. The provider is the tests' double, on real sockets, with a list and
20 s for each take; clips are small, so that the figure is about the studio and not about video.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doubles.sora2_double import Sora2Double
    from machines.fleet import Fleet, Machine
    from servers.postgres import PostgresServer

Row = tuple[str, float, str, float | None]

TAKES = int(os.environ.get("BENCH_TAKES", "1000"))
WORKERS = tuple(map(int, os.environ.get("BENCH_WORKERS", "1,2,4").split(",")))
PROVIDER_S = 20.0
MOST_MB = 300.0  # of a worker with all of them in flight, its media processes aside
CLIP_SIZE = (90, 160)
LIMIT_S = 900


def bench() -> list[Row]:
    """Rows of name, value, unit and upper bound; nothing where PostgreSQL is not installed."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from doubles.sora2_double import Sora2Double
    from doubles.tiny_clip import tiny_clip

    tiny_clip(1, CLIP_SIZE)
    rows: list[Row] = []
    with make_postgres() as server:
        if server is None:
            return rows
        for count in WORKERS:
            with Sora2Double() as double:
                double.default(takes_s=PROVIDER_S, clip_size=CLIP_SIZE)
                rows += _measure(server, double, count)
    return rows


def _measure(server: PostgresServer, double: Sora2Double, count: int) -> list[Row]:
    from machines.fleet import Fleet

    name = f"bench_{count}"
    server.execute("CREATE DATABASE {name}", name=name)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        Path(folder, "config.toml").write_text(f"max_concurrent_takes = {TAKES}\n")
        environment = {
            "SHORTDRAMA_DATABASE_URL": server.url(name),
            "SORA2_BASE_URL": double.base_url,
            "SORA2_MODEL": "double-1",
        }
        fleet = stack.enter_context(Fleet(Path(folder), environment))
        order_all(fleet, TAKES)
        began = time.monotonic()
        workers = [fleet.work() for _ in range(count)]
        fleet.wait_until(lambda: fleet.statuses()["ready"] >= TAKES / 3, LIMIT_S)
        early_mb = max(memory_mb(worker) for worker in workers)
        fleet.wait_until(lambda: fleet.statuses()["ready"] == TAKES, LIMIT_S)
        took_s = time.monotonic() - began
        late_mb = max(memory_mb(worker) for worker in workers)
    what = f"{count} worker{'s' if count > 1 else ''}, {TAKES} takes"
    lists = sum(r.method == "GET" and r.path.endswith("/videos") for r in double.requests)
    single = sum(r.method == "GET" for r in double.requests) - lists - double.downloads()
    return [
        (f"{what}: takes a minute", TAKES * 60 / took_s, "", None),
        (f"{what}: paid requests beyond one each", double.submits() - TAKES, "", 0),
        (f"{what}: lists asked for, a second", lists / took_s, "", None),
        (f"{what}: questions about one job, a second", single / took_s, "", None),
        (f"{what}: memory of a worker", late_mb, "MB", MOST_MB),
        (f"{what}: memory gained since a third was ready", late_mb - early_mb, "MB", 40.0),
    ]


def order_all(fleet: Fleet, count: int) -> None:
    """By the service itself, in this process, which makes none."""
    from doubles.take_studio import first_shot
    from shortdrama.domain.ids import new_id
    from shortdrama.domain.model import ENVIRONMENT
    from shortdrama.generation.orders import TakeOrder, Terms
    from shortdrama.generation.service import TakeService
    from shortdrama.generation.sharing import Share
    from shortdrama.runner.elsewhere import ElsewhereRunner
    from shortdrama.storage.db.migration import migrate

    migrate(fleet.records)
    shot_id = first_shot(fleet.records)
    runner = ElsewhereRunner(Share(fleet.records, "bench", "bench", count))
    terms = Terms(ENVIRONMENT, 0, None)
    takes = TakeService(fleet.records, runner, lambda _order: terms, lambda: shot_id)
    for number in range(count):
        takes.order(TakeOrder(f"take {number}", "double-1", 1, "720x1280"), new_id())


def memory_mb(worker: Machine, what: str = "VmRSS") -> float:
    """Resident now; the most there ever was with `VmHWM` (`proc(5)`)."""
    status = Path(f"/proc/{worker.process.pid}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith(what)]
    return int(line.split()[1]) / 1024


@contextmanager
def make_postgres() -> Iterator[PostgresServer | None]:
    from servers.postgres import PostgresServer, find_binaries, other_user

    binaries = find_binaries()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="studio-pg-"))
    if user := other_user():
        os.chown(folder, user["user"], user["group"])
    server = PostgresServer(binaries, folder)
    with server.guard():
        server.make_cluster()
        server.start()
        yield server
    shutil.rmtree(folder, ignore_errors=True)
