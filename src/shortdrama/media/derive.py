"""The small pictures made from a file: thumbnails, hover preview, poster, sprites, waveform.

Runs in a worker process, on strangers' files. All of it can be thrown away and made again.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from shortdrama.errors import UnsupportedFile
from shortdrama.media import clips, pictures, waveform
from shortdrama.media.faults import writing

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL.Image import Image

THUMBNAIL_EDGES_PX = {"small": 160, "large": 480}
POSTER_EDGE_PX = 1280

_PREVIEW_WIDTH_PX = 240
_PREVIEW_FPS = 15
_PREVIEW_FRAMES = 45
# With this buffer three seconds stay under 260 kB whatever the picture.
_PREVIEW_RATE = {"maxrate": "600k", "bufsize": "300k", "crf": "30", "preset": "veryfast"}
_POSTER_SEARCH_FRAMES = 90
_POSTER_STEP = 15
_FLAT_CONTRAST = 12.0  # standard deviation of luma below which a frame is black, white or fog
_SPRITE_EDGE_PX = 192
_SPRITE_COLUMNS = 10
_SPRITE_TILES = 100


def make_thumbnails(path: str, kind: str, destination_dir: str, pixel_limit: int) -> dict[str, str]:
    """Make what the library shows of a file.

    Returns:
        File names in `destination_dir`: "small" and "large" (WebP, longest edge 160 and 480 px,
        never enlarged, transparency kept; a sound's waveform), "preview" (a video's first three
        seconds, silent H.264, 240 px wide). Empty for a script.

    Raises:
        UnsupportedFile, TooLarge: As in `probe.probe_file`.
        StorageFull: No space in `destination_dir`.
    """
    source, folder = Path(path), Path(destination_dir)
    if kind == "script":
        return {}
    made: dict[str, str] = {}
    if kind == "picture":
        with pictures.open_picture(source, pixel_limit) as picture:
            image = pictures.decode(picture, THUMBNAIL_EDGES_PX["large"])
    elif kind == "sound":
        image = waveform.draw(source)
    else:
        with _open_video(source, pixel_limit) as (container, video):
            image = clips.to_image(_find_poster(container, video), THUMBNAIL_EDGES_PX["large"])
            _write_preview(container, video, folder / "preview.mp4")
        made["preview"] = "preview.mp4"
    for name, edge_px in THUMBNAIL_EDGES_PX.items():
        small = image.copy()
        small.thumbnail((edge_px, edge_px))
        made[name] = f"{name}.webp"
        _save(small, folder / made[name], quality=80)
    return made


def make_poster(path: str, destination: str, pixel_limit: int) -> dict[str, int]:
    """Write an early, telling frame as WebP, its longest edge at most 1280 px (720 x 1280)."""
    with _open_video(Path(path), pixel_limit) as (container, video):
        image = clips.to_image(_find_poster(container, video), POSTER_EDGE_PX)
    _save(image, Path(destination), quality=82)
    return {"width": image.width, "height": image.height}


def make_last_frame(path: str, destination: str, pixel_limit: int) -> dict[str, int]:
    """Write the last frame in full size as WebP, fit to be the next shot's reference."""
    with _open_video(Path(path), pixel_limit) as (container, video):
        tail_s = max(0.0, clips.measure_duration_s(container, video) - 1.0)
        last = None
        for last in clips.decode_from(container, video, tail_s):  # noqa: B007 - the last one
            pass
        if last is None:
            raise ValueError("the last frame could not be decoded")
        image = clips.to_image(last)
    _save(image, Path(destination), quality=95)
    return {"width": image.width, "height": image.height}


def make_spritesheet(path: str, destination: str, pixel_limit: int) -> dict[str, int]:
    """Write up to 100 frames, evenly spread and in order, as one JPEG of at most ten columns.

    Returns:
        `columns`, `rows`, `tiles`, `tile_width` and `tile_height` in pixels, `interval_ms`
        between two tiles.
    """
    from PIL import Image

    with _open_video(Path(path), pixel_limit) as (container, video):
        duration_s = clips.measure_duration_s(container, video)
        total = video.frames or round(duration_s * float(video.average_rate or 25))
        wanted = max(1, min(_SPRITE_TILES, total))
        frames = _spread(container.decode(video), duration_s / wanted)
        tiles = [
            clips.to_image(frame, _SPRITE_EDGE_PX) for frame in itertools.islice(frames, wanted)
        ]
    if not tiles:
        raise UnsupportedFile("The video holds no picture.")
    width, height = tiles[0].size
    columns = min(_SPRITE_COLUMNS, len(tiles))
    rows = math.ceil(len(tiles) / columns)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % columns * width, number // columns * height))
    _save(sheet, Path(destination), encoder="JPEG", quality=80)
    shape = {"columns": columns, "rows": rows, "tiles": len(tiles)}
    interval_ms = round(duration_s / wanted * 1000)
    return shape | {"tile_width": width, "tile_height": height, "interval_ms": interval_ms}


def make_waveform(path: str, destination: str) -> dict[str, int]:
    """Write a sound's waveform as WebP, 480 x 160, grey on a transparent ground."""
    image = waveform.draw(Path(path))
    _save(image, Path(destination), quality=80)
    return {"width": image.width, "height": image.height}


@contextmanager
def _open_video(path: Path, pixel_limit: int) -> Iterator[tuple[InputContainer, VideoStream]]:
    with clips.open_clip(path) as container:
        video = clips.find_video(container)
        if video is None:
            raise UnsupportedFile("The video holds no picture.")
        context = video.codec_context
        pictures.check_pixels(context.width, context.height, pixel_limit)
        clips.set_up_decoder(video, pixel_limit)
        yield container, video


def _find_poster(container: InputContainer, video: VideoStream) -> VideoFrame:
    """The first frame that shows something, or the one that shows most; leaves at the start."""
    best, best_contrast = None, -1.0
    searched = itertools.islice(container.decode(video), _POSTER_SEARCH_FRAMES)
    for frame in itertools.islice(searched, 0, None, _POSTER_STEP):
        contrast = _measure_contrast(frame)
        if contrast > best_contrast:
            best, best_contrast = frame, contrast
        if contrast >= _FLAT_CONTRAST:
            break
    if best is None:
        raise ValueError("no frame could be decoded")
    container.seek(0)
    return best


def _measure_contrast(frame: VideoFrame) -> float:
    from PIL import ImageStat

    return ImageStat.Stat(clips.to_image(frame, 64).convert("L")).stddev[0]


def _spread(frames: Iterator[VideoFrame], step_s: float) -> Iterator[VideoFrame]:
    """The first frame at or after each multiple of `step_s`, repeated where there are fewer."""
    start_s: float | None = None
    due_s = 0.0
    for frame in frames:
        if frame.pts is None:
            continue
        start_s = frame.time if start_s is None else start_s
        # A thousandth of leeway, or rounding in the time base skips every other frame.
        while frame.time - start_s >= due_s - 0.001:
            yield frame
            due_s += step_s


def _write_preview(container: InputContainer, video: VideoStream, destination: Path) -> None:
    import av

    frames = _spread(container.decode(video), 1 / _PREVIEW_FPS)
    images = (
        _fit_preview(clips.to_image(frame, 2 * _PREVIEW_WIDTH_PX))
        for frame in itertools.islice(frames, _PREVIEW_FRAMES)
    )
    first = next(images, None)
    if first is None:
        raise ValueError("no frame could be decoded")
    with av.open(str(destination), "w", options={"movflags": "+faststart"}) as output:
        stream = output.add_stream("libx264", rate=_PREVIEW_FPS, options=_PREVIEW_RATE)
        stream.width, stream.height = first.size
        stream.pix_fmt = "yuv420p"
        for number, image in enumerate(itertools.chain([first], images)):
            frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = number, Fraction(1, _PREVIEW_FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _fit_preview(image: Image) -> Image:
    """240 px wide where it is wider, at most three times as high; both even, as H.264 asks."""
    scale = min(1.0, _PREVIEW_WIDTH_PX / image.width)
    width = max(2, round(image.width * scale) // 2 * 2)
    height = max(2, min(3 * _PREVIEW_WIDTH_PX, round(image.height * scale)) // 2 * 2)
    return image.resize((width, height))


def _save(image: Image, destination: Path, *, quality: int, encoder: str = "WEBP") -> None:
    with writing():
        image.save(destination, encoder, quality=quality, method=4)
