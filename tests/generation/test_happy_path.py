"""From an order to a clip that is stored, checked and chosen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, TakeStudio
from shortdrama.domain.take import TakeStatus


def test_an_order_becomes_a_clip(tmp_path: Path) -> None:
    with Sora2Double(api_key=KEY) as double, TakeStudio(tmp_path, double.base_url) as studio:
        double.script("a cat in the rain", clip_fps=Fraction(24000, 1001))
        ordered = studio.order("a cat in the rain")
        take = studio.wait_for(ordered.id)

        assert take.failure is None
        assert take.status is TakeStatus.READY
        assert take.clip is not None
        assert take.clip.duration_ms == pytest.approx(1000, abs=1)
        assert take.clip.fps == pytest.approx(24000 / 1001, abs=1e-6)
        assert take.clip.has_audio
        assert studio.blobs.size(take.clip.video_key) == take.clip.bytes
        assert take.clip.poster_key
        assert take.clip.last_frame_key
        assert double.submits("a cat in the rain") == 1
        assert double.downloads("a cat in the rain") == 1
        with studio.records.read() as tx:
            shot = tx.shots.get(studio.shot_id)
        assert shot is not None
        assert shot.selected_take_id == take.id
        statuses = [event["status"] for event in studio.events("take.changed")]
        told = list(dict.fromkeys(statuses))
        assert told == ["queued", "submitting", "generating", "downloading", "ready"]
    assert list((tmp_path / "tmp").iterdir()) == []
