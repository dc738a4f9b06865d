"""Facts of good files, refusals of bad ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from media import samples
from shortdrama.errors import NotFound, TooLarge, UnsupportedFile
from shortdrama.media.probe import probe_file

LIMIT = 100_000_000


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif", "gif", "heic"])
def test_measures_pictures(tmp_path: Path, suffix: str) -> None:
    path = samples.make_picture(tmp_path / f"picture.{suffix}")
    facts = probe_file(str(path), "picture", LIMIT)
    assert (facts["width"], facts["height"]) == (320, 200)
    assert facts["frames"] == 1
    assert facts["kind"] == "picture"
    assert not facts["has_video"]


def test_respects_the_cameras_orientation(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = samples.make_picture(tmp_path / "turned.jpg", exif=exif)
    facts = probe_file(str(path), "picture", LIMIT)
    assert (facts["width"], facts["height"]) == (200, 320)


def test_counts_frames_of_an_animation(tmp_path: Path) -> None:
    facts = probe_file(str(samples.make_gif(tmp_path / "a.gif", frames=5)), "picture", LIMIT)
    assert (facts["frames"], facts["duration_ms"]) == (5, 500)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_takes_any_pixel_mode(tmp_path: Path, mode: str) -> None:
    suffix = "jpg" if mode == "CMYK" else "png"
    image = Image.new("I;16", (40, 30)) if mode == "I;16" else samples.paint(40, 30).convert(mode)
    path = samples.make_picture(tmp_path / f"picture.{suffix}", image)
    assert probe_file(str(path), "picture", LIMIT)["width"] == 40


def test_a_huge_picture_is_refused_before_decoding(tmp_path: Path) -> None:
    path = samples.make_huge_png(tmp_path / "huge.png", edge=50_000)
    started = time.monotonic()
    with pytest.raises(TooLarge, match="50,000 × 50,000") as caught:
        probe_file(str(path), "picture", LIMIT)
    assert time.monotonic() - started < 1
    assert caught.value.details["width"] == 50_000


def test_a_picture_at_the_limit_is_taken(tmp_path: Path) -> None:
    path = samples.make_picture(tmp_path / "picture.png")
    assert probe_file(str(path), "picture", 320 * 200)["width"] == 320
    with pytest.raises(TooLarge):
        probe_file(str(path), "picture", 320 * 200 - 1)


def test_a_lying_header_within_the_limit_is_refused(tmp_path: Path) -> None:
    path = samples.make_huge_png(tmp_path / "lie.png", edge=2000)
    with pytest.raises(UnsupportedFile, match="cut short"):
        probe_file(str(path), "picture", LIMIT)


def test_a_gif_bomb_is_refused_quickly(tmp_path: Path) -> None:
    path = samples.make_gif_bomb(tmp_path / "bomb.gif", frames=200_000)
    started = time.monotonic()
    with pytest.raises(TooLarge, match="10,000 frames"):
        probe_file(str(path), "picture", LIMIT)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif", "gif", "heic"])
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_cut_pictures_are_refused(tmp_path: Path, suffix: str, share: float) -> None:
    path = samples.cut(samples.make_picture(tmp_path / f"picture.{suffix}"), share)
    with pytest.raises(UnsupportedFile) as caught:
        probe_file(str(path), "picture", LIMIT)
    assert caught.value.message.endswith("drop the new file.")


@pytest.mark.parametrize("suffix", ["mp4", "mov", "webm"])
def test_measures_videos(tmp_path: Path, suffix: str) -> None:
    path = samples.make_clip(tmp_path / f"clip.{suffix}")
    facts = probe_file(str(path), "video", LIMIT)
    assert (facts["width"], facts["height"]) == samples.CLIP_SIZE
    assert facts["duration_ms"] == pytest.approx(2000, abs=60)
    assert facts["fps"] == pytest.approx(30, abs=0.1)
    assert facts["has_audio"]
    assert facts["has_video"]
    assert facts["codec"] == ("vp8" if suffix == "webm" else "h264")


def test_a_turned_video_is_measured_as_seen(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "turned.mp4", seconds=0.5, rotation=90)
    facts = probe_file(str(path), "video", LIMIT)
    assert (facts["width"], facts["height"]) == (256, 144)


def test_a_silent_video_says_so(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "silent.mp4", seconds=0.5, has_sound=False)
    assert not probe_file(str(path), "video", LIMIT)["has_audio"]


def test_an_unknown_codec_is_refused(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "clip.mp4", seconds=0.2, has_sound=False)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(UnsupportedFile, match="Convert it to MP4"):
        probe_file(str(path), "video", LIMIT)


def test_a_live_webm_without_duration_is_measured(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "live.webm", options={"live": "1"})
    facts = probe_file(str(path), "video", LIMIT)
    assert facts["duration_ms"] == pytest.approx(2000, abs=60)


def test_a_video_over_the_pixel_limit_is_refused(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "clip.mp4", seconds=0.2)
    with pytest.raises(TooLarge):
        probe_file(str(path), "video", 144 * 256 - 1)


def test_an_mp4_with_sound_only_is_a_sound(tmp_path: Path) -> None:
    path = samples.make_sound(tmp_path / "sound.m4a").rename(tmp_path / "sound.mp4")
    facts = probe_file(str(path), "video", LIMIT)
    assert facts["kind"] == "sound"
    assert not facts["has_video"]


@pytest.mark.parametrize(
    ("suffix", "flags"), [("mp4", ""), ("mp4", "+faststart"), ("mov", "+faststart"), ("webm", "")]
)
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_cut_videos_are_refused(tmp_path: Path, suffix: str, share: float, flags: str) -> None:
    options = {"movflags": flags} if flags else {}
    path = samples.make_clip(tmp_path / f"clip.{suffix}", seconds=5, options=options)
    samples.cut(path, share)
    with pytest.raises(UnsupportedFile):
        probe_file(str(path), "video", LIMIT)


@pytest.mark.parametrize("suffix", ["wav", "mp3", "m4a", "ogg"])
def test_measures_sounds(tmp_path: Path, suffix: str) -> None:
    path = samples.make_sound(tmp_path / f"sound.{suffix}")
    facts = probe_file(str(path), "sound", LIMIT)
    assert facts["duration_ms"] == pytest.approx(2000, abs=60)
    assert facts["has_audio"]
    assert not facts["has_video"]
    assert facts["width"] is None


def test_the_cover_of_a_song_is_no_video(tmp_path: Path) -> None:
    path = samples.add_cover(samples.make_sound(tmp_path / "song.mp3"))
    facts = probe_file(str(path), "sound", LIMIT)
    assert not facts["has_video"]
    assert facts["codec"].startswith("mp3")
    assert probe_file(str(path), "video", LIMIT)["kind"] == "sound"


@pytest.mark.parametrize("suffix", ["wav", "m4a"])
def test_cut_sounds_are_refused(tmp_path: Path, suffix: str) -> None:
    path = samples.cut(samples.make_sound(tmp_path / f"sound.{suffix}"), 0.6)
    with pytest.raises(UnsupportedFile, match="cut short"):
        probe_file(str(path), "sound", LIMIT)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (samples.make_zip, "picture"),
        (lambda path: path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(500)), "picture"),
        (lambda path: path.write_text("<!doctype html><title>403</title>"), "video"),
        (lambda path: path.write_text("#EXTM3U\nfile:///etc/passwd\n"), "video"),
        (lambda path: path.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(500)), "video"),
        (lambda path: path.write_bytes(b"\x1a\x45\xdf\xa3\x42\x82\x84webm" + bytes(99)), "video"),
        (lambda path: path.write_bytes(b"ID3\3\0\0\0\0\0\0" + bytes(5000)), "sound"),
        (lambda path: path.write_bytes(b""), "picture"),
        (lambda path: path.write_bytes(b""), "video"),
        (lambda path: path.write_bytes(b"text and \0 more"), "script"),
        (lambda path: path.write_bytes(b"%PDF-1.4\n cut"), "script"),
    ],
)
def test_what_is_not_what_it_claims_is_refused(
    tmp_path: Path, make: Callable[[Path], object], kind: str
) -> None:
    path = tmp_path / "file"
    make(path)
    with pytest.raises(UnsupportedFile) as caught:
        probe_file(str(path), kind, LIMIT)
    assert caught.value.message.endswith(".")


def test_reads_scripts(tmp_path: Path) -> None:
    pdf = samples.make_pdf(tmp_path / "script.pdf", pages=3)
    assert probe_file(str(pdf), "script", LIMIT)["pages"] == 3
    text = tmp_path / "script.txt"
    text.write_text("第一集 " * 5000)
    assert probe_file(str(text), "script", LIMIT)["codec"] == "utf-8"
    text.write_text("第一集 " * 5000, encoding="utf-16")
    assert probe_file(str(text), "script", LIMIT)["codec"] == "utf-16le"


def test_binary_after_a_textual_beginning_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "script.txt"
    path.write_bytes(b"word " * 2000 + b"\xff\xfe\xfd")
    with pytest.raises(UnsupportedFile):
        probe_file(str(path), "script", LIMIT)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    for kind in ("picture", "video", "script"):
        with pytest.raises(NotFound):
            probe_file(str(tmp_path / "gone"), kind, LIMIT)
