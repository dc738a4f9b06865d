"""Workers, server and database killed in turn; `bench/crashes.py` does more of it."""

from __future__ import annotations

from collections import Counter

import pytest

from doubles.sora2_double import Sora2Double
from machines.fleet import Fleet
from machines.random_kills import Victim, kill_machines_at_random
from servers.postgres import PostgresServer

pytestmark = [pytest.mark.postgres, pytest.mark.s3, pytest.mark.xdist_group("machines")]


def test_killed_in_turn(fleet: Fleet, double: Sora2Double, postgres_server: PostgresServer) -> None:
    victims: list[Victim] = ["worker", "database"]
    tally = kill_machines_at_random(fleet, postgres_server, double, victims, seed=5)
    assert tally.kills == Counter(victims)
    assert tally.takes > 0
    assert tally.wrong == [], str(tally)
