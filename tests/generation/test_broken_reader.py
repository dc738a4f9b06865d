"""The process that checks a clip dies: the studio's trouble, never the provider's."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio
from generation.conftest import LIMITS
from shortdrama.domain.take import FailureKind, Money, TakeStatus
from shortdrama.media import service
from shortdrama.media.service import MEDIA_FUNCTIONS, MediaTools
from shortdrama.media.workers import Lane, WorkerPool

pytestmark = pytest.mark.xdist_group("takes-reader")
S = TakeStatus
TESTS = Path(__file__).parents[1]


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as server:
        yield server


def hostile(
    monkeypatch: pytest.MonkeyPatch, function: str, in_place_of: str = "VERIFY"
) -> WorkerPool:
    """A pool whose check of a clip, or another look at it, is swapped for one that does harm."""
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setattr(service, in_place_of, f"media.hostile:{function}")
    functions = dict.fromkeys([*MEDIA_FUNCTIONS, f"media.hostile:{function}"], "media")
    return WorkerPool(functions, lanes={"media": Lane(time_limit_s=2)})


@pytest.mark.parametrize("function", ["crash_checking", "loop_checking", "break_checking"])
def test_a_reader_that_keeps_dying_is_the_studios_trouble(
    monkeypatch: pytest.MonkeyPatch, double: Sora2Double, tmp_path: Path, function: str
) -> None:
    pool = hostile(monkeypatch, function)
    studio = TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS, media=MediaTools(pool)))
    with studio:
        take = studio.wait_for(studio.order("a cat").id)
        assert take.status is S.FAILED
        assert take.failure is not None
        assert take.failure.kind is FailureKind.UNKNOWN
        assert take.failure.message.startswith("The studio could not check the clip")
        assert "provider" not in take.failure.message
        assert take.failure.money is Money.CHARGED
        assert take.can_fetch_again
        assert double.downloads("a cat") == 1  # the same bytes were looked at each time
        assert list((tmp_path / "tmp").iterdir()) == []
        monkeypatch.undo()
        studio.takes.fetch_again(take.id)
        assert studio.wait_for(take.id).status is S.READY
    pool.close()


def test_a_reader_that_dies_once_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, double: Sora2Double, tmp_path: Path
) -> None:
    """Somebody ends the process in the middle, as a machine without memory does."""
    pool = hostile(monkeypatch, "wait_once_checking")
    studio = TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS, media=MediaTools(pool)))
    with studio:
        take = studio.order("a cat")
        note = tmp_path / "tmp" / "waits"
        studio.wait_until(note.exists)
        os.kill(int(note.read_text()), signal.SIGKILL)
        assert studio.wait_for(take.id).status is S.READY
        assert double.downloads("a cat") == 1
    pool.close()


def test_the_end_of_the_studio_fails_no_take(
    monkeypatch: pytest.MonkeyPatch,
    double: Sora2Double,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    pool = hostile(monkeypatch, "wait_once_checking")
    play = Play(limits=LIMITS, media=MediaTools(pool))
    with (
        caplog.at_level(logging.INFO, "shortdrama"),
        TakeStudio(tmp_path, double.base_url, play) as studio,
    ):
        take = studio.order("a cat")
        studio.wait_until((tmp_path / "tmp" / "waits").exists)
        pool.close()
        studio.wait_until(lambda: caplog.text.count("could not be checked") >= 5)
        assert studio.takes.get(take.id).status is S.DOWNLOADING
    monkeypatch.undo()
    with TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS)) as studio:
        assert studio.wait_for(take.id).status is S.READY
    assert double.submits() == 1


def test_the_end_of_the_studio_costs_no_take_its_poster(
    monkeypatch: pytest.MonkeyPatch,
    double: Sora2Double,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    pool = hostile(monkeypatch, "wait_drawing", "POSTER")
    play = Play(limits=LIMITS, media=MediaTools(pool))
    with TakeStudio(tmp_path, double.base_url, play) as studio:
        take = studio.order("a cat")
        studio.wait_until((tmp_path / "tmp" / "waits").exists)
        pool.close()
        studio.wait_until(
            lambda: f"{take.id} waits" in caplog.text or studio.takes.get(take.id).status is S.READY
        )
    monkeypatch.undo()
    with TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS)) as studio:
        ready = studio.wait_for(take.id)
    assert ready.clip is not None
    assert ready.clip.poster_key is not None
    assert double.downloads("a cat") == 1
