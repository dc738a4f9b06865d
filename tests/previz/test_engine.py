"""Whole clips, small: what the file is, that it is the same twice, that failures leave nothing."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pylopdf_fonts_zh_cn
import pytest
from PIL import Image

from shortdrama.errors import InvalidInput, SetupProblem, TooLarge, UnsupportedFile
from shortdrama.previz import reference
from shortdrama.previz.camera import Move
from shortdrama.previz.captions import write_ass, write_fonts_conf
from shortdrama.previz.encode import FPS, SAMPLE_RATE, EncodeRequest, encode_clip
from shortdrama.previz.engine import check_request, parse_size, render_clip, render_still
from shortdrama.previz.frames import make_frames
from shortdrama.previz.planes import Planes
from shortdrama.previz.scene import describe_scene
from shortdrama.previz.sound import write_bed

SIZE = "180x320"


def read_frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="gray") for f in container.decode(video=0)]


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int], list[int]]:
    path = tmp_path_factory.mktemp("clip") / "spoken.mp4"
    told: list[int] = []
    prompt = "Static shot. Mei in the kitchen at night. “You came back.” 「你终于回来了」"
    report = render_clip(prompt, str(path), 2.0, SIZE, None, told.append)
    return path, dict(report), told  # type: ignore[arg-type]


def test_file_is_what_was_asked(spoken: tuple[Path, dict[str, int], list[int]]) -> None:
    path, report, _ = spoken
    assert report == {
        "width": 180,
        "height": 320,
        "frames": 60,
        "duration_ms": 2000,
        "bytes": path.stat().st_size,
    }
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height, video.pix_fmt) == (180, 320, "yuv420p")
        assert video.average_rate == 30
        assert container.duration == 2_000_000
        frames = list(container.decode(video=0))
        assert len(frames) == 60
        assert [f.pts * video.time_base * 30 for f in frames] == list(range(60))
        assert int(frames[0].colorspace) == 1, "BT.709"
        container.seek(0)
        # The file's own word counts: PyAV hands out the padding of the last packet too.
        assert audio.duration * audio.time_base == 2
        packets = [p for p in container.demux(audio) if p.pts is not None and p.pts >= 0]
        assert sum(p.duration for p in packets) == 96_000
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")


def test_progress_rises_to_the_end(spoken: tuple[Path, dict[str, int], list[int]]) -> None:
    told = spoken[2]
    assert told == sorted(set(told))
    assert (told[0], told[-1]) == (0, 100)
    assert len(told) > 30


def test_captions_are_seen_where_they_belong(
    spoken: tuple[Path, dict[str, int], list[int]], tmp_path: Path
) -> None:
    frames = [f.astype(int) for f in read_frames(spoken[0])]
    # A held shot: what differs between the two captions is the captions.
    changed = np.abs(frames[15] - frames[50]) > 60
    rows = np.flatnonzero(changed.any(axis=1))
    assert changed.sum() > 60
    assert rows.min() > 320 * 0.6
    assert rows.max() < 320 * 0.79
    assert np.abs(frames[2] - frames[15])[200:253].max() > 60, "nothing is said yet"


def test_mark_is_in_the_corner(spoken: tuple[Path, dict[str, int], list[int]]) -> None:
    frame = read_frames(spoken[0])[30].astype(int)
    corner = frame[8:24, 4:60]
    assert corner.max() - np.median(corner) > 80


@pytest.mark.parametrize("light", [16, 126, 235])
@pytest.mark.parametrize("size", [(720, 1280), (240, 426)])
def test_mark_is_read_over_any_picture(size: tuple[int, int], light: int, tmp_path: Path) -> None:
    """Of letter to ground, as WCAG reckons it: 4.5 is what small text needs."""
    width, height = size
    bed = describe_scene("A room.", 1).bed
    write_bed(tmp_path / "sound.wav", bed, 3, SAMPLE_RATE // FPS)
    font = pylopdf_fonts_zh_cn.sans_path()
    (tmp_path / "captions.ass").write_text(write_ass([], 1, size), "utf-8")
    conf = write_fonts_conf(font.parent, tmp_path / "cache")
    (tmp_path / "fonts.conf").write_text(conf, "utf-8")
    pixels = width * height
    frame = bytes([light]) * pixels + bytes([128]) * (pixels // 2)
    encode_clip(EncodeRequest(*size, 3, tmp_path, tmp_path / "c", 60.0), [frame] * 3)
    shown = read_frames(tmp_path / "c")[0].astype(float)
    edge = round(width * 0.04)
    plate = shown[edge : edge + round(width * 0.04), edge : edge + round(width * 0.12)]
    # A letter's strokes fill a fifth of its box at least.
    ground, letters = np.quantile(plate, 0.2), np.quantile(plate, 0.95)
    assert (_luminance(letters) + 0.05) / (_luminance(ground) + 0.05) >= 4.5


def _luminance(luma: float) -> float:
    """Of a grey of limited range, linear."""
    return float(np.clip((luma - 16) / 219, 0, 1) ** 2.2)


def test_same_prompt_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        render_clip("A storm over the sea. “Run!”", str(tmp_path / name), 0.5, "128x128")
    assert sha(tmp_path / "a") == sha(tmp_path / "b")


def test_prompts_differ_clearly(tmp_path: Path) -> None:
    prompts = [
        "Kitchen, morning",
        "Kitchen, evening",
        "Rainy street at night",
        "Forest in fog",
        "海边日落",
        "A man in a corridor",
        "A table",
        "A table.",
        "Close-up of a woman on a tram",
        "Close-up of a woman on a tram!",
    ]
    pictures = []
    for index, prompt in enumerate(prompts):
        render_still(prompt, str(tmp_path / f"{index}.webp"), "90x160")
        with Image.open(tmp_path / f"{index}.webp") as still:
            pictures.append(np.asarray(still.convert("RGB"), dtype=float))
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            assert np.abs(one - other).mean() > 6, prompts[i]


@pytest.mark.parametrize("size", ["64x64", "320x180", "96x96", "66x2160"])
def test_any_even_size(size: str, tmp_path: Path) -> None:
    report = render_clip(
        "whip pan left in a snowy market, two people", str(tmp_path / "c"), 0.2, size
    )
    assert f"{report['width']}x{report['height']}" == size
    assert len(read_frames(tmp_path / "c")) == 6


@pytest.mark.parametrize(
    "size",
    ["", "720", "721x1280", "62x64", "2162x64", "-2x4", "axb", "720x1280x3", "9" * 50 + "x2"],
)
def test_bad_sizes(size: str) -> None:
    with pytest.raises(InvalidInput, match="size"):
        parse_size(size)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 121])
def test_bad_lengths(seconds: float, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="length"):
        render_clip("x", str(tmp_path / "c.mp4"), seconds, SIZE)
    with pytest.raises(InvalidInput):
        check_request(seconds, SIZE)
    assert list(tmp_path.iterdir()) == []


HOSTILE = [
    r"“{\an8\fs200}up” “a\Nb” “{\pos(0,0)}”",
    "“it's: a,b;[c]=d%e” ' : , [ ] \\ $(touch x) `x` ../../etc/passwd",
    "“" + "word " * 6_400 + "”",
    "“🎬🔥👩‍👩‍👧” 🎬",
    "“مرحبا بالعالم” \u202eabc",
    "\x00\x01\x1b[31m “a\x00b”\r\n“line\none”",
    "",
    "\ud800 lone surrogate “\udfff”",
]


@pytest.mark.parametrize("prompt", HOSTILE)
def test_hostile_prompts_are_only_text(prompt: str, tmp_path: Path) -> None:
    report = render_clip(prompt, str(tmp_path / "c.mp4"), 0.3, "128x128")
    assert report["frames"] == 9
    assert [p.name for p in tmp_path.iterdir()] == ["c.mp4"]


def test_override_braces_do_not_move_the_caption(tmp_path: Path) -> None:
    render_clip(r"Static. “{\an8}low”", str(tmp_path / "c"), 1.0, SIZE)
    frames = [f.astype(int) for f in read_frames(tmp_path / "c")]
    rows = np.flatnonzero((np.abs(frames[0] - frames[15]) > 60).any(axis=1))
    assert rows.min() > 320 * 0.6


def test_picture_fills_the_frame_and_moves(tmp_path: Path) -> None:
    picture = Image.new("RGB", (900, 400), (20, 60, 200))
    picture.paste((240, 220, 30), (450, 0, 900, 400))
    picture.save(tmp_path / "in.png")
    render_clip("pan right", str(tmp_path / "c"), 1.0, SIZE, str(tmp_path / "in.png"))
    frames = read_frames(tmp_path / "c")
    assert frames[-1][100:200].mean() > frames[0][100:200].mean() + 15
    assert frames[0].min() > 15, "no bars"


def test_picture_s_orientation_and_alpha(tmp_path: Path) -> None:
    turned = Image.new("RGB", (80, 40), (255, 255, 255))
    turned.paste((0, 0, 0), (0, 0, 40, 40))
    exif = turned.getexif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise: black comes to the top
    turned.save(tmp_path / "t.jpg", exif=exif, quality=95)
    upright = np.asarray(reference.load_reference(tmp_path / "t.jpg", (40, 80)).convert("L"))
    assert upright[:30].mean() < 20
    assert upright[50:].mean() > 230
    Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert np.asarray(reference.load_reference(tmp_path / "a.png", (40, 40))).max() < 40


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40])
def test_broken_picture_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(content)
    with pytest.raises(UnsupportedFile, match="cannot be read"):
        render_clip("x", str(tmp_path / "c"), 0.2, SIZE, str(tmp_path / "in.png"))
    assert not (tmp_path / "c").exists()


def test_cut_picture_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:30_000])
    with pytest.raises(UnsupportedFile):
        reference.load_reference(tmp_path / "cut.png", (64, 64))


def test_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("1", (12_000, 12_000)).save(tmp_path / "big.png")
    with pytest.raises(TooLarge, match="megapixels"):
        reference.load_reference(tmp_path / "big.png", (64, 64))


class Stopped(Exception):
    """Somebody pressed cancel."""


def test_cancel_from_progress_leaves_nothing(tmp_path: Path) -> None:
    def stop(percent: int) -> None:
        if percent > 40:
            raise Stopped

    with pytest.raises(Stopped):
        render_clip("x", str(tmp_path / "c.mp4"), 2.0, SIZE, None, stop)
    assert list(tmp_path.iterdir()) == []
    assert ffmpeg_children() == []


def ffmpeg_children() -> list[str]:
    """Command names of this process's children that are ffmpeg."""
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    if not listing.exists():
        pytest.skip("needs /proc")
    names = [Path(f"/proc/{pid}/comm") for pid in listing.read_text().split()]
    return [n.read_text() for n in names if n.exists() and "ffmpeg" in n.read_text()]


def test_encoder_s_own_words_are_passed_on(tmp_path: Path) -> None:
    request = EncodeRequest(64, 64, 3, tmp_path, tmp_path / "c.mp4", 20)
    with pytest.raises(SetupProblem, match=r"encoder failed: .*sound\.wav|encoder failed: .*input"):
        encode_clip(request, [b"\0" * 6144] * 3)
    assert not (tmp_path / "c.mp4").exists()
    assert not (tmp_path / "c.mp4.part").exists()


def test_encoder_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    import threading

    from shortdrama.previz.captions import write_ass, write_fonts_conf
    from shortdrama.previz.sound import Bed, write_bed

    write_bed(tmp_path / "sound.wav", Bed(1), 30, 1_600)
    (tmp_path / "captions.ass").write_text(write_ass([], 1, (64, 64)))
    (tmp_path / "fonts.conf").write_text(write_fonts_conf(tmp_path, tmp_path / "cache"))
    never = threading.Event()

    def stuck():  # type: ignore[no-untyped-def]
        yield b"\0" * 6144
        never.wait(1.0)
        while True:
            yield b"\0" * 6144

    with pytest.raises(SetupProblem, match="took longer"):
        encode_clip(EncodeRequest(64, 64, 10**9, tmp_path, tmp_path / "c.mp4", 0.4), stuck())
    assert not (tmp_path / "c.mp4").exists()
    assert ffmpeg_children() == []


def test_full_disk_or_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="encoder failed"):
        render_clip("x", str(tmp_path / "no" / "c.mp4"), 0.2, SIZE)


def test_kill_leaves_no_file_called_ready(tmp_path: Path) -> None:
    script = (
        "import sys; from shortdrama.previz.engine import render_clip\n"
        f"render_clip('x', {str(tmp_path / 'c.mp4')!r}, 30, '360x640', None,"
        " lambda p: print(p, flush=True))"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}  # a kill leaves the workshop too
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) >= 15:
            break
    child.kill()
    child.wait()
    child.stdout.close()
    assert not (tmp_path / "c.mp4").exists()
    # The encoder's pipe ended with its parent, so it ends by itself.
    until = time.monotonic() + 20
    while still_encoding(tmp_path) and time.monotonic() < until:
        os.sched_yield()
    assert not still_encoding(tmp_path)
    assert not (tmp_path / "c.mp4").exists()


def still_encoding(folder: Path) -> bool:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder / "c.mp4.part").encode() in process.read_bytes():
                return True
        except OSError:
            continue
    return False


# Smoothness


def blobs(size: tuple[int, int], centres: list[tuple[float, float]], sigma: float) -> Image.Image:
    ys, xs = np.mgrid[0 : size[1], 0 : size[0]].astype(float)
    field = sum(np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / 2 / sigma**2) for x, y in centres)
    level = np.clip(np.asarray(field) * 200, 0, 255).astype(np.uint8)
    return Image.fromarray(level).convert("RGB")


@pytest.mark.parametrize("kind", ["push", "pull", "pan_right", "tilt_up"])
def test_camera_is_smooth_to_a_twentieth_of_a_pixel(kind: str) -> None:
    place = Path(__file__).parents[2] / "bench" / "previz.py"
    spec = importlib.util.spec_from_file_location("bench_previz", place)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    assert bench.measure_jitter(kind, (180, 320), 48) <= 0.05


def test_held_camera_does_not_move_at_all() -> None:
    planes = Planes.from_picture(blobs((180, 320), [(90, 160)], 8))
    frames = make_frames(planes, Move("hold"), None, (180, 320), 5)
    assert len({bytes(frame) for frame in frames}) == 1
