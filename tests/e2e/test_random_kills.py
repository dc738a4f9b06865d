"""Killed at random: nothing lost, paid twice or broken. `bench/crashes.py` does more of it."""

from __future__ import annotations

from pathlib import Path

from e2e.random_kills import kill_at_random


def test_killed_at_random(tmp_path: Path) -> None:
    tally = kill_at_random(tmp_path / "data", kills=8, seed=4)
    assert (tally.lost, tally.doubled, tally.broken, tally.left) == ([], [], [], []), str(tally)
    assert (tally.shared, tally.misbooked) == ([], []), str(tally)
    assert tally.takes > 0
