"""Takes whose clip is the answer to their order (vLLM-Omni's `/v1/videos/sync`)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio
from doubles.tiny_clip import tiny_clip
from doubles.video_servers import VllmOmniDouble
from generation.conftest import LIMITS
from shortdrama.domain.here import here_id, key_here
from shortdrama.domain.take import Money, TakeStatus
from shortdrama.errors import StudioError
from shortdrama.generation import at_once
from shortdrama.generation.journal import Journal
from shortdrama.storage.blobs.files import FileBlobs

PLAY = Play(limits=LIMITS, options={"server": "vllm-omni", "route": "videos/sync"})


@pytest.fixture
def server() -> Iterator[VllmOmniDouble]:
    with VllmOmniDouble(KEY) as double:
        yield double


def asked(server: VllmOmniDouble) -> list[str]:
    return [f"{seen.method} {seen.path}" for seen in server.seen]


def test_the_clip_is_the_answer(server: VllmOmniDouble, tmp_path: Path) -> None:
    with TakeStudio(tmp_path, server.base_url, PLAY) as studio:
        take = studio.wait_for(studio.order("a cat").id)
        assert take.status is TakeStatus.READY, take.failure
        assert take.clip is not None
        assert studio.blobs.size(take.clip.video_key) == take.clip.bytes
    assert asked(server) == ["POST /v1/videos/sync"]
    assert list(tmp_path.glob("tmp/*")) == []


def test_two_orders_with_the_same_clip_are_two_takes(
    server: VllmOmniDouble, tmp_path: Path
) -> None:
    with TakeStudio(tmp_path, server.base_url, PLAY) as studio:
        orders = [studio.order("a cat") for _ in range(2)]
        takes = [studio.wait_for(order.id) for order in orders]
    assert [take.status for take in takes] == [TakeStatus.READY] * 2
    assert server.submits == 2


@pytest.mark.parametrize(
    "play", ["clip_cut", "clip_an_error", "unreadable", "timeout", "failed", "lost"]
)
def test_no_whole_clip_is_left_to_a_person_and_not_sent_again(
    play: str, server: VllmOmniDouble, tmp_path: Path
) -> None:
    server.play = play
    with TakeStudio(tmp_path, server.base_url, PLAY) as studio:
        take = studio.wait_for(studio.order("a cat").id)
    assert take.status is TakeStatus.UNCERTAIN
    assert take.failure is not None
    assert take.failure.money is Money.MAYBE
    assert server.submits == 1
    assert list(tmp_path.glob("tmp/*")) == []


def test_a_refusal_costs_nothing(server: VllmOmniDouble, tmp_path: Path) -> None:
    server.play = "refused"
    with TakeStudio(tmp_path, server.base_url, PLAY) as studio:
        take = studio.wait_for(studio.order("a cat").id)
    assert take.status is TakeStatus.FAILED
    assert take.failure is not None
    assert take.failure.money is Money.NONE


class TroubledBlobs(FileBlobs):
    """A store that takes nothing for a while, on real files."""

    refusals = 2

    def put_file(self, path: Path) -> str:
        if self.refusals:
            self.refusals -= 1
            raise StudioError("The store is away.")
        return super().put_file(path)


def test_a_paid_clip_waits_for_the_store(server: VllmOmniDouble, tmp_path: Path) -> None:
    with TakeStudio(tmp_path, server.base_url, PLAY) as studio:
        blobs = TroubledBlobs(tmp_path / "blobs")
        object.__setattr__(studio.tools, "blobs", blobs)
        take = studio.wait_for(studio.order("a cat").id)
    assert take.status is TakeStatus.READY
    assert blobs.refusals == 0
    assert server.submits == 1


def test_a_clip_that_is_here_needs_no_provider(server: VllmOmniDouble, tmp_path: Path) -> None:
    """The studio ended just behind the answer: what goes on with the take finds its clip."""
    with TakeStudio(tmp_path, server.base_url, PLAY) as studio:
        made = studio.wait_for(studio.order("a cat").id)
        server.play = "lost"
        cut_off = studio.wait_for(studio.order("a dog").id)
        assert made.clip is not None
        clip_id = here_id(made.clip.video_key, cut_off.id)
        Journal(studio.records).adopt(cut_off.id, 1, clip_id, "")
    requests = len(server.seen)
    with TakeStudio(tmp_path, server.base_url, PLAY) as studio:
        take = studio.wait_for(cut_off.id, frozenset({TakeStatus.READY}))
    assert take.clip is not None
    assert take.clip.video_key == made.clip.video_key
    assert len(server.seen) == requests


def test_a_clip_that_came_before_the_end_is_found_by_the_next_start(
    server: VllmOmniDouble, tmp_path: Path
) -> None:
    """Whole, and not recorded: it is neither ordered again nor asked about."""
    server.play = "lost"
    with TakeStudio(tmp_path, server.base_url, PLAY) as studio:
        cut_off = studio.wait_for(studio.order("a cat").id)
        with studio.records.begin() as tx:
            tx.takes.move(cut_off.id, frozenset({TakeStatus.UNCERTAIN}), TakeStatus.SUBMITTING)
        place = at_once.place_for(studio.tools, cut_off)
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(tiny_clip(1), place)
    with TakeStudio(tmp_path, server.base_url, PLAY) as studio:
        take = studio.wait_for(cut_off.id)
    assert take.status is TakeStatus.READY, take.failure
    assert server.submits == 1
    assert list(tmp_path.glob("tmp/*")) == []


def test_a_clip_that_no_take_has_yet_is_in_use(server: VllmOmniDouble, tmp_path: Path) -> None:
    """So that a backup copies it, and nobody deletes it with an asset of the same bytes."""
    with TakeStudio(tmp_path, server.base_url, PLAY) as studio:
        server.play = "lost"
        take = studio.wait_for(studio.order("a cat").id)
        with studio.records.begin() as tx:
            tx.takes.note(take.id, {"provider_job_id": here_id("a" * 64, take.id)})
        with studio.records.read() as tx:
            assert "a" * 64 in tx.keys.all_used()
            assert tx.keys.is_used("a" * 64)


@pytest.mark.parametrize("submit", ["ok", "drop_after_accept"])
def test_no_provider_may_call_its_job_a_clip_that_is_here(submit: str, tmp_path: Path) -> None:
    with Sora2Double(api_key=KEY) as double:
        double.script("a cat", submit=submit, job_id=here_id("a" * 64, "x"))
        with TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS)) as studio:
            take = studio.wait_for(studio.order("a cat").id)
    assert take.status is TakeStatus.UNCERTAIN
    assert double.submits("a cat") == 1


def test_only_marked_ids_are_clips() -> None:
    assert key_here(here_id("abc", "take")) == "abc"
    assert key_here("video_000001") is None
