"""The tools in worker processes, with files that would harm the process that opens them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from media import samples
from shortdrama.assets.ports import AssetMedia
from shortdrama.domain.asset import AssetKind
from shortdrama.errors import TooLarge, UnsupportedFile
from shortdrama.generation.ports import TakeMedia
from shortdrama.media import service
from shortdrama.media.service import MEDIA_FUNCTIONS, MediaTools
from shortdrama.media.workers import Lane, WorkerFailed, WorkerPool

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tools() -> Iterator[MediaTools]:
    pool = WorkerPool(MEDIA_FUNCTIONS)
    yield MediaTools(pool, pixel_limit=50_000_000)
    pool.close()


def test_serves_both_ports(tools: MediaTools) -> None:
    """mypy checks the signatures, this the names."""
    for_assets: AssetMedia = tools
    for_takes: TakeMedia = tools
    assert callable(for_assets.thumbnails)
    assert callable(for_takes.last_frame)


def test_a_picture_from_drop_to_thumbnail(tools: MediaTools, tmp_path: Path) -> None:
    path = samples.make_picture(tmp_path / "picture.jpg")
    kind = tools.sniff(path.read_bytes()[:4096], path.name).kind
    assert kind is AssetKind.PICTURE
    assert tools.probe(path, kind)["width"] == 320
    made = tools.thumbnails(path, kind, tmp_path)
    assert (tmp_path / made["small"]).stat().st_size > 0


def test_a_take_from_download_to_poster(tools: MediaTools, tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "clip.mp4")
    assert not tools.verify(path, 2)["faststart"]
    tools.remux_faststart(path, tmp_path / "fast.mp4")
    assert tools.verify(tmp_path / "fast.mp4", 2)["faststart"]
    tools.poster(path, tmp_path / "poster.webp")
    tools.last_frame(path, tmp_path / "last.webp")
    tools.waveform(samples.make_sound(tmp_path / "s.wav"), tmp_path / "wave.webp")
    assert tools.spritesheet(path, tmp_path / "sprites.jpg")["tiles"] == 60
    for name in ("poster.webp", "last.webp", "wave.webp", "sprites.jpg"):
        assert (tmp_path / name).stat().st_size > 0


def test_errors_come_back_as_raised(tools: MediaTools, tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="50,000 × 50,000"):
        tools.probe(samples.make_huge_png(tmp_path / "huge.png"), "picture")
    (tmp_path / "clip.mp4").write_text("{}")
    with pytest.raises(UnsupportedFile, match="JSON"):
        tools.verify(tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    ("function", "code"),
    [
        ("loop_forever", "worker_too_slow"),
        ("eat_memory", "worker_out_of_memory"),
        ("crash", "worker_crashed"),
        ("raise_bug", "worker_failed"),
    ],
)
def test_a_file_that_breaks_its_reader_is_unsupported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, function: str, code: str
) -> None:
    """The reader of WAVEFORM is swapped for one that behaves as a bad file would make it."""
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setattr(service, "WAVEFORM", f"media.hostile:{function}_reading")
    lane = Lane(time_limit_s=1.5, memory_limit_bytes=1 << 30)
    pool = WorkerPool({service.WAVEFORM: "only"}, lanes={"only": lane})
    with pytest.raises(UnsupportedFile) as caught:
        MediaTools(pool).waveform(tmp_path / "a.wav", tmp_path / "b.webp")
    pool.close()
    assert caught.value.code == code
    assert isinstance(caught.value.__cause__, WorkerFailed)


def test_a_take_is_not_blamed_for_a_reader_that_dies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setattr(service, "VERIFY", "media.hostile:crash_checking")
    monkeypatch.setattr(service, "REMUX", "media.hostile:crash_reading")
    pool = WorkerPool(dict.fromkeys((service.VERIFY, service.REMUX), "media"))
    tools = MediaTools(pool)
    with pytest.raises(WorkerFailed):
        tools.verify(tmp_path / "a.mp4", 2)
    with pytest.raises(WorkerFailed):
        tools.remux_faststart(tmp_path / "a.mp4", tmp_path / "b.mp4")
    pool.close()


def test_a_decoder_cannot_take_all_memory(tmp_path: Path) -> None:
    """A picture inside the pixel limit whose pixels do not fit the worker's address space."""
    lane = Lane(memory_limit_bytes=500 << 20, time_limit_s=20)
    pool = WorkerPool(MEDIA_FUNCTIONS, lanes={"media": lane})
    tools = MediaTools(pool, pixel_limit=1 << 40)
    with pytest.raises(UnsupportedFile) as caught:
        tools.probe(samples.make_huge_png(tmp_path / "huge.png", edge=30_000), "picture")
    assert caught.value.code == "worker_out_of_memory"
    assert tools.probe(samples.make_picture(tmp_path / "small.png"), "picture")["width"] == 320
    pool.close()
