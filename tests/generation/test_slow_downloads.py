"""A provider whose clips hardly come in costs the others nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio
from generation.conftest import LIMITS
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.take import TakeStatus

pytestmark = pytest.mark.xdist_group("runner")
S = TakeStatus
OTHER = ConnectionId("d" * 32)


@pytest.fixture
def slow_double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as server:
        yield server


def test_clips_of_other_connections_come_in_meanwhile(
    slow_double: Sora2Double, tmp_path: Path
) -> None:
    with TakeStudio(tmp_path, slow_double.base_url, Play(limits=LIMITS)) as studio:
        slow = []
        for number in range(8):
            slow_double.script(f"slow {number}", content="paced:600")
            slow.append(studio.order(f"slow {number}").id)
        for take_id in slow:
            studio.wait_for(take_id, frozenset({S.DOWNLOADING}))
        studio.play.connection = OTHER
        good = studio.wait_for(studio.order("good").id)
        assert good.status is S.READY
        assert {studio.takes.get(take_id).status for take_id in slow} == {S.DOWNLOADING}
