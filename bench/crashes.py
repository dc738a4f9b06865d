"""Two hundred kills at random moments while takes are under way; all but the first two are zero.

Run `python -m bench crashes`; `KILLS=20 SEED=7` for a shorter or another run.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

Row = tuple[str, float, str, float | None]


def bench() -> list[Row]:
    """Kills, takes, and what must not happen."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from e2e.random_kills import kill_at_random

    kills, seed = int(os.environ.get("KILLS", "200")), int(os.environ.get("SEED", "0"))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tally = kill_at_random(Path(folder) / "data", kills, seed or time.time_ns())
    return [
        ("kills at random", tally.kills, "", None),
        ("takes ordered meanwhile", tally.takes, "", None),
        ("lost", len(tally.lost), "", 0),
        ("doubled", len(tally.doubled), "", 0),
        ("broken, called ready", len(tally.broken), "", 0),
        ("final states left", len(tally.left), "", 0),
        ("all of it took", time.monotonic() - began, "s", None),
    ]
