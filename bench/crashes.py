"""Two hundred kills at random moments while takes are under way; what must not happen is counted.

More than half are of a studio that is one process; the others, in a random order, of the workers,
the server and the PostgreSQL of a studio that is several. Run `python -m bench crashes`;
`KILLS=20 SEED=7` for a shorter or another run. Without PostgreSQL all are of the one process.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.workers import make_postgres

if TYPE_CHECKING:
    from machines.random_kills import FleetTally, Victim
    from servers.postgres import PostgresServer

Row = tuple[str, float, str, float | None]
# Of a hundred; the rest are kills of the one process.
_SHARES: dict[Victim, int] = {"worker": 20, "server": 12, "database": 10}


def bench() -> list[Row]:
    """Kills, takes, and what must not happen."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from e2e.random_kills import kill_at_random

    kills, seed = int(os.environ.get("KILLS", "200")), int(os.environ.get("SEED", "0"))
    seed, began = seed or time.time_ns(), time.monotonic()
    rows: list[Row] = []
    with make_postgres() as server:
        if server is not None:
            shares = {victim: max(1, kills * share // 100) for victim, share in _SHARES.items()}
            kills = max(1, kills - sum(shares.values()))
            rows = _of_machines(server, shares, seed)
    with tempfile.TemporaryDirectory() as folder:
        tally = kill_at_random(Path(folder) / "data", kills, seed)
    return [
        *rows,
        ("kills at random of a studio in one process", tally.kills, "", None),
        ("takes ordered meanwhile", tally.takes, "", None),
        ("lost", len(tally.lost), "", 0),
        ("doubled", len(tally.doubled), "", 0),
        ("jobs of several takes", len(tally.shared), "", 0),
        ("jobs not booked once", len(tally.misbooked), "", 0),
        ("broken, called ready", len(tally.broken), "", 0),
        ("final states left", len(tally.left), "", 0),
        ("all of it took", time.monotonic() - began, "s", None),
    ]


def _of_machines(server: PostgresServer, shares: dict[Victim, int], seed: int) -> list[Row]:
    from doubles.sora2_double import Sora2Double
    from machines.fleet import MODEL, Fleet
    from machines.random_kills import kill_machines_at_random

    server.execute("CREATE DATABASE {name}", name="bench_crashes")
    with tempfile.TemporaryDirectory() as folder, Sora2Double() as double:
        environment = {
            "SHORTDRAMA_DATABASE_URL": server.url("bench_crashes"),
            "SORA2_BASE_URL": double.base_url,
            "SORA2_MODEL": MODEL,
        }
        with Fleet(Path(folder), environment) as fleet:
            victims = [victim for victim, count in shares.items() for _ in range(count)]
            return _rows(kill_machines_at_random(fleet, server, double, victims, seed))


def _rows(tally: FleetTally) -> list[Row]:
    killed: list[Row] = [
        (f"several processes: kills of a {victim}", count, "", None)
        for victim, count in tally.kills.items()
    ]
    return [
        *killed,
        ("several processes: takes ordered meanwhile", tally.takes, "", None),
        ("several processes: lost", len(tally.lost), "", 0),
        ("several processes: doubled", len(tally.doubled), "", 0),
        ("several processes: jobs of several takes", len(tally.shared), "", 0),
        ("several processes: broken, called ready", len(tally.broken), "", 0),
        ("several processes: final states left", len(tally.left), "", 0),
    ]
