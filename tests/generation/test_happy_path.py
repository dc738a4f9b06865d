"""From an order to a clip that is stored, checked and chosen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio
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


def test_what_has_come_of_a_clip_is_told_at_most_twice_a_second(tmp_path: Path) -> None:
    with (
        Sora2Double(api_key=KEY) as double,
        TakeStudio(tmp_path, double.base_url, Play(scale=1.0)) as studio,
    ):
        double.script("a long clip", content="paced:1.5")
        studio.wait_for(studio.order("a long clip").id)
        told = [event for event in studio.events("take.progress") if "got_bytes" in event]
    percents = [int(str(event["progress"])) for event in told]
    assert percents == sorted(percents)
    assert any(10 < percent < 90 for percent in percents)
    assert 2 <= len(told) <= 4


def test_a_clip_of_unknown_length_tells_its_bytes_only(tmp_path: Path) -> None:
    with Sora2Double(api_key=KEY) as double, TakeStudio(tmp_path, double.base_url) as studio:
        double.script("no length", content="paced_chunked:1")
        studio.wait_for(studio.order("no length").id)
        told = [event for event in studio.events("take.progress") if "got_bytes" in event]
    assert told
    assert {event["progress"] for event in told} == {None}
    assert all(int(str(event["got_bytes"])) > 0 for event in told)


def test_a_quick_download_needs_no_progress(tmp_path: Path) -> None:
    with Sora2Double(api_key=KEY) as double, TakeStudio(tmp_path, double.base_url) as studio:
        studio.wait_for(studio.order("a quick clip").id)
        assert not [event for event in studio.events("take.progress") if "got_bytes" in event]


def test_the_time_left_of_the_row_is_the_time_left_of_the_event(tmp_path: Path) -> None:
    with Sora2Double(api_key=KEY) as double, TakeStudio(tmp_path, double.base_url) as studio:
        double.script("half way", poll=["in_progress:50", "in_progress:50", "completed"])
        take = studio.wait_for(studio.order("half way").id)
        halfway = next(e for e in studio.events("take.progress") if e["progress"] == 50)
    assert take.estimate_s is not None
    elapsed_s, left_s = float(str(halfway["elapsed_s"])), float(str(halfway["left_s"]))
    assert take.estimate_s == pytest.approx(elapsed_s + left_s, abs=0.2)


@pytest.mark.parametrize(("wish_ms", "scale"), [(60_000, 0.02), (100, 1.0)])
def test_the_first_question_comes_when_the_answer_to_the_order_wishes_it(
    tmp_path: Path, wish_ms: int, scale: float
) -> None:
    """Neither earlier nor, as where nothing is wished, after a second."""
    with (
        Sora2Double(api_key=KEY, has_list=False, poll_after_ms=wish_ms) as double,
        TakeStudio(tmp_path, double.base_url, Play(scale=scale)) as studio,
    ):
        studio.wait_for(studio.order("not before").id)
        ordered, asked = (
            next(call.at for call in double.requests if call.method == method)
            for method in ("POST", "GET")
        )
    wish_s = wish_ms / 1000 * scale
    assert wish_s <= asked - ordered < wish_s * 1.15 + 0.6
