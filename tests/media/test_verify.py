"""Whole clips pass with their facts, everything else is called what it is."""

from __future__ import annotations

import itertools
from pathlib import Path

import av
import pytest

from media import samples
from shortdrama.errors import TooLarge, UnsupportedFile
from shortdrama.media import clips
from shortdrama.media.verify import remux_faststart, verify_clip

LIMIT = 100_000_000


def test_states_the_facts(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "clip.mp4", options={"movflags": "+faststart"})
    facts = verify_clip(str(path), 2, LIMIT)
    assert facts["duration_ms"] == pytest.approx(2000, abs=30)
    del facts["duration_ms"]
    assert facts == {
        "width": 144,
        "height": 256,
        "fps": 30.0,
        "codec": "h264",
        "has_audio": True,
        "has_video": True,
        "bytes": path.stat().st_size,
        "faststart": True,
        "is_expected_length": True,
    }


def test_another_length_than_asked_is_reported_not_refused(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "clip.mp4")
    assert not verify_clip(str(path), 8, LIMIT)["is_expected_length"]
    assert verify_clip(str(path), None, LIMIT)["is_expected_length"]


def test_long_and_fragmented_clips_pass(tmp_path: Path) -> None:
    long = samples.make_clip(tmp_path / "long.mp4", seconds=22, size=(64, 64))
    assert verify_clip(str(long), 22, LIMIT)["is_expected_length"]
    options = {"movflags": "frag_keyframe+empty_moov"}
    fragmented = samples.make_clip(tmp_path / "frag.mp4", options=options)
    assert verify_clip(str(fragmented), 2, LIMIT)["is_expected_length"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b'{"error": {"message": "expired"}}', "is a JSON message"),
        (b"<!doctype html><title>502</title>", "is a web page"),
        (b"not found", "is text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(90), "is a PNG file"),
        (bytes(range(256)) * 40, "of a kind the studio does not know"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "cut short"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x08moov\0\0\0\x08mdat", "no picture"),
    ],
)
def test_says_what_came_instead(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(UnsupportedFile) as caught:
        verify_clip(str(path), 8, LIMIT)
    assert words in caught.value.message
    assert caught.value.message.endswith("Download it again.")


@pytest.mark.parametrize("flags", ["", "+faststart", "frag_keyframe+empty_moov"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.95])
def test_cut_clips_are_refused(tmp_path: Path, flags: str, share: float) -> None:
    options = {"movflags": flags} if flags else {}
    path = samples.make_clip(tmp_path / "clip.mp4", options=options)
    with pytest.raises(UnsupportedFile):
        verify_clip(str(samples.cut(path, share)), 2, LIMIT)


def test_one_missing_byte_is_noticed(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "clip.mp4", options={"movflags": "+faststart"})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UnsupportedFile, match="cut short"):
        verify_clip(str(path), 2, LIMIT)


def test_a_damaged_middle_is_refused(tmp_path: Path) -> None:
    path = samples.damage_middle(samples.make_clip(tmp_path / "clip.mp4", has_sound=False))
    with pytest.raises(UnsupportedFile):
        verify_clip(str(path), 2, LIMIT)


def test_missing_pictures_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that skips broken pictures in silence, as some do."""
    path = samples.make_clip(tmp_path / "clip.mp4")
    whole = clips.decode_from
    monkeypatch.setattr(clips, "decode_from", lambda *args: itertools.islice(whole(*args), 50))
    with pytest.raises(UnsupportedFile, match="Pictures are missing"):
        verify_clip(str(path), 2, LIMIT)


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    path = samples.make_sound(tmp_path / "sound.m4a")
    with pytest.raises(UnsupportedFile, match="no picture"):
        verify_clip(str(path), 2, LIMIT)


def test_the_pixel_limit_holds(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "clip.mp4", seconds=0.2)
    with pytest.raises(TooLarge):
        verify_clip(str(path), None, 100)


def read_packets(path: Path) -> list[tuple[str, bytes]]:
    with av.open(str(path)) as container:
        packets = [(p.stream.type, bytes(p)) for p in container.demux() if p.size]
    return sorted(packets)


@pytest.mark.parametrize("rotation", [0, 90])
def test_remuxing_moves_the_index_and_nothing_else(tmp_path: Path, rotation: int) -> None:
    path = samples.make_clip(tmp_path / "clip.mp4", rotation=rotation)
    before = verify_clip(str(path), 2, LIMIT)
    assert not before["faststart"]
    target = tmp_path / "fast.mp4"
    remux_faststart(str(path), str(target))
    after = verify_clip(str(target), 2, LIMIT)
    assert after["faststart"]
    for key in ("width", "height", "fps", "has_audio"):
        assert after[key] == before[key]
    assert after["duration_ms"] == pytest.approx(before["duration_ms"], abs=25)
    assert read_packets(target) == read_packets(path)
