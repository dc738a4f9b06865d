"""The engine's door: prompt and picture in, a finished clip or still out. Blocks; costs no money.

Runs inside a worker process, so it takes and gives plain values only.
"""

from __future__ import annotations

import hashlib
import math
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from shortdrama.errors import InvalidInput, SetupProblem
from shortdrama.previz.camera import Move, plan_camera
from shortdrama.previz.dialogue import find_lines, strip_lines
from shortdrama.previz.scene import Scene, describe_scene

if TYPE_CHECKING:
    from PIL import Image

SIDE_MIN, SIDE_MAX = 64, 2160
SECONDS_MAX = 120.0
_PROMPT_READ = 32_768
_CANVAS_PX = 1_700_000  # a larger canvas is drawn at this many and enlarged by the camera


class ClipReport(TypedDict):
    """What `render_clip` made."""

    width: int
    height: int
    frames: int
    duration_ms: int
    bytes: int


class StillReport(TypedDict):
    """What `render_still` made."""

    width: int
    height: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Order:
    """One request, checked and read. `lines` is what is spoken."""

    scene: Scene
    move: Move
    lines: list[str]
    size: tuple[int, int]

    @property
    def canvas_size(self) -> tuple[int, int]:
        """The frame and the camera's travel beyond it, in even pixels."""
        wide, high = (s * span for s, span in zip(self.size, self.move.span, strict=True))
        detail = min(1.0, math.sqrt(_CANVAS_PX / (wide * high)))
        return _even(wide * detail), _even(high * detail)


def render_clip(  # noqa: PLR0913, PLR0917 - the worker's call, plain values by name
    prompt: str,
    destination: str,
    seconds: float,
    size: str,
    reference_path: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> ClipReport:
    """Write an MP4 (H.264, AAC, 30 fps, fast start) of exactly `seconds` and `size` ("720x1280").

    The file appears at `destination` whole or not at all. The same arguments give the same bytes
    on the same machine.

    Args:
        prompt: any text; it is drawn and heard, never run, never a path.
        on_progress: told 0..100, rising, each number at most once. What it raises ends the
            rendering and reaches the caller; nothing is left behind.

    Raises:
        InvalidInput: size or length out of range.
        UnsupportedFile: the reference picture cannot be read; TooLarge: it has too many pixels.
        SetupProblem: the encoder is missing, failed or took too long; StorageFull: no space.
    """
    from shortdrama.previz.encode import FPS, EncodeRequest, encode_clip
    from shortdrama.previz.frames import make_frames
    from shortdrama.previz.planes import Planes

    frame_count = count_frames(seconds)
    order = _read_order(prompt, size)
    report = _rising(on_progress)
    report(0)
    planes = Planes.from_picture(_make_picture(order, reference_path))
    report(6)
    target = Path(destination).absolute()
    with tempfile.TemporaryDirectory(prefix="previz-") as folder:
        _furnish(Path(folder), order, frame_count)
        report(9)
        weather = None if reference_path else order.scene
        frames = make_frames(planes, order.move, weather, order.size, frame_count)
        limit_s = 60.0 + frame_count * order.size[0] * order.size[1] / 4_000_000
        request = EncodeRequest(*order.size, frame_count, Path(folder), target, limit_s)
        encode_clip(request, _told(frames, lambda done: report(9 + round(88 * done / frame_count))))
    report(100)
    return {
        "width": order.size[0],
        "height": order.size[1],
        "frames": frame_count,
        "duration_ms": round(frame_count * 1000 / FPS),
        "bytes": target.stat().st_size,
    }


def render_still(prompt: str, destination: str, size: str) -> StillReport:
    """Write the clip's first frame, without captions and mark, as WebP.

    Raises:
        InvalidInput: size out of range.
        SetupProblem: the file cannot be written.
    """
    from PIL import Image

    order = _read_order(prompt, size)
    picture = _make_picture(order, None)
    wide, high = picture.size
    left, top, right, bottom = order.move.window_at(0.0)
    box = (left * wide, top * high, right * wide, bottom * high)
    frame = picture.resize(order.size, Image.Resampling.BICUBIC, box=box)
    target = Path(destination).absolute()
    part = target.with_name(target.name + ".part")
    try:
        frame.save(part, "WEBP", quality=82, method=2)
        part.replace(target)
    except OSError as error:
        raise SetupProblem(
            "The still could not be written: %(reason)s.", reason=error.strerror
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return {"width": frame.width, "height": frame.height, "bytes": target.stat().st_size}


def parse_size(size: str) -> tuple[int, int]:
    """Width and height of "720x1280": even numbers from 64 to 2160.

    Raises:
        InvalidInput: anything else.
    """
    match = re.fullmatch(r"\s*([0-9]{1,5})\s*[xX×]\s*([0-9]{1,5})\s*", size)
    if not match:
        raise InvalidInput("The size has to be WIDTHxHEIGHT in pixels, for example 720x1280.")
    width, height = int(match[1]), int(match[2])
    if not all(SIDE_MIN <= side <= SIDE_MAX for side in (width, height)):
        raise InvalidInput(
            "The size %(size)s is out of range. "
            "Width and height go from %(least)s to %(most)s pixels.",
            size=f"{width}x{height}",
            least=SIDE_MIN,
            most=SIDE_MAX,
        )
    if width % 2 or height % 2:
        raise InvalidInput(
            "The size %(size)s has an odd side. Video needs even numbers, for example %(example)s.",
            size=f"{width}x{height}",
            example=f"{width + width % 2}x{height + height % 2}",
        )
    return width, height


def check_request(seconds: float, size: str) -> None:
    """Say no before any work is done.

    Raises:
        InvalidInput: as `render_clip` would.
    """
    count_frames(seconds)
    parse_size(size)


def count_frames(seconds: float) -> int:
    """Frames of a clip that is to last `seconds`: the nearest whole number, at least one.

    Raises:
        InvalidInput: not a number above 0 and at most 120.
    """
    from shortdrama.previz.encode import FPS

    if not math.isfinite(seconds) or not 0 < seconds <= SECONDS_MAX:
        raise InvalidInput(
            "The length has to be more than 0 and at most %(most)s seconds.",
            most=f"{SECONDS_MAX:.0f}",
        )
    return max(1, round(seconds * FPS))


def _read_order(prompt: str, size: str) -> _Order:
    frame_size = parse_size(size)
    seed = int.from_bytes(hashlib.sha256(prompt.encode("utf-8", "replace")).digest()[:8], "big")
    said = prompt[:_PROMPT_READ]
    staging = strip_lines(said)
    move = plan_camera(staging, seed)
    return _Order(describe_scene(said, seed), move, find_lines(said), frame_size)


def _make_picture(order: _Order, reference_path: str | None) -> Image.Image:
    if reference_path:
        from shortdrama.previz.reference import load_reference

        return load_reference(Path(reference_path), order.canvas_size)
    from shortdrama.previz.paint import paint_scene

    focus_x = 0.5
    if order.move.kind.startswith("whip"):
        left, _, right, _ = order.move.window_at(1.0)
        focus_x = (left + right) / 2  # people are what a whip lands on
    return paint_scene(order.scene, order.canvas_size, focus_x)


def _furnish(workshop: Path, order: _Order, frame_count: int) -> None:
    """Put the sound, the captions and the font list into the encoder's private folder."""
    import pylopdf_fonts_zh_cn

    from shortdrama.previz.captions import FontRuler, plan_captions, write_ass, write_fonts_conf
    from shortdrama.previz.encode import FPS, SAMPLE_RATE
    from shortdrama.previz.sound import write_bed

    font = pylopdf_fonts_zh_cn.sans_path()
    seconds = frame_count / FPS
    captions = (
        plan_captions(order.lines, seconds, order.size, FontRuler(font)) if order.lines else []
    )
    ass = write_ass(captions, seconds, order.size)
    (workshop / "captions.ass").write_text(ass, "utf-8")
    fonts_conf = write_fonts_conf(font.parent, workshop / "cache")
    (workshop / "fonts.conf").write_text(fonts_conf, "utf-8")
    write_bed(workshop / "sound.wav", order.scene.bed, frame_count, SAMPLE_RATE // FPS)


def _rising(on_progress: Callable[[int], None] | None) -> Callable[[int], None]:
    """A callback that passes only numbers higher than all before."""
    highest = -1

    def report(percent: int) -> None:
        nonlocal highest
        if on_progress is not None and percent > highest:
            highest = percent
            on_progress(percent)

    return report


def _told(frames: Iterable[memoryview], tell: Callable[[int], None]) -> Iterator[memoryview]:
    for done, frame in enumerate(frames, start=1):
        yield frame
        tell(done)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
