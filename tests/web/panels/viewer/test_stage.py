"""What the viewer is told of the clip it shows."""

from __future__ import annotations

import pytest

from shortdrama.web.panels.viewer.stage import frame_rate
from web.panels.made_takes import a_clip


@pytest.mark.parametrize("fps", [12.0, 24.0, 25.0, 29.97003, 60.0, 120.0])
def test_a_clip_is_stepped_by_its_own_rate(fps: float) -> None:
    assert frame_rate(a_clip(fps=fps)) == fps


@pytest.mark.parametrize("fps", [None, 0.0, 0.5, 90_000.0, float("inf"), float("nan")])
def test_where_no_real_rate_is_known_it_is_thirty(fps: float | None) -> None:
    assert frame_rate(a_clip(fps=fps)) == 30
    assert frame_rate(None) == 30
