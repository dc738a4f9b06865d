"""Is a downloaded clip whole and playable? Runs in a worker process, before a take is ready."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shortdrama.errors import UnsupportedFile, mark
from shortdrama.media import boxes, clips, kinds
from shortdrama.media.faults import reading
from shortdrama.media.probe import read_video
from shortdrama.media.signatures import Refusal

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Up to this length every frame is decoded (about 0.3 s of work for 8 s of 720 x 1280).
_WHOLE_LIMIT_S = 20.0
_SAMPLE_FRAMES = 60
# Players drop a frame now and then, and a container's own count may be off at the ends.
_DECODED_SHARE = 0.9
_LENGTH_SHARE = 0.1
_LENGTH_LEEWAY_S = 0.5


def verify_clip(path: str, expected_seconds: float | None, pixel_limit: int) -> dict[str, Any]:
    """Check a clip as a provider sent it: boxes, streams, first, middle and last pictures.

    Args:
        path: The downloaded file.
        expected_seconds: What was asked for; a difference is reported, not refused, since the
            clip has been paid for.
        pixel_limit: Width times height at most.

    Returns:
        `width`, `height`, `duration_ms`, `fps`, `codec`, `has_audio`, `has_video`, `bytes`,
        `faststart` (plays before it is loaded), `is_expected_length`.

    Raises:
        UnsupportedFile: Not a video, cut short or damaged; says which.
        TooLarge: More pixels than the limit.
    """
    source = Path(path)
    with reading("clip"):
        parts = boxes.list_boxes(source) if _check_head(source) else []
        size = source.stat().st_size
    _check_boxes(parts)
    with clips.open_clip(source, "clip") as container:
        video = clips.find_video(container)
        if video is None:
            raise UnsupportedFile("The clip has no picture. Download it again.", code="no_picture")
        facts = read_video(container, video, pixel_limit)
        duration_s = clips.measure_duration_s(container, video)
        _check_pictures(container, video, duration_s)
        has_audio = clips.find_sound(container) is not None
    leeway_s = max(_LENGTH_LEEWAY_S, (expected_seconds or 0) * _LENGTH_SHARE)
    return {
        **facts,
        "duration_ms": round(duration_s * 1000),
        "has_audio": has_audio,
        "bytes": size,
        "faststart": boxes.is_faststart(parts),
        "is_expected_length": expected_seconds is None
        or abs(duration_s - expected_seconds) <= leeway_s,
    }


def remux_faststart(path: str, destination: str) -> dict[str, int]:
    """Copy a clip's picture and sound, packet by packet, with the index first.

    Nothing is decoded or encoded. Data tracks such as time code are left out.

    Raises:
        UnsupportedFile: The clip cannot be read.
        StorageFull: No space at `destination`.
    """
    import av

    copied = 0
    with clips.open_clip(Path(path), "clip") as source:
        options = {"movflags": "+faststart"}
        with av.open(destination, "w", format="mp4", options=options) as target:
            streams = [stream for stream in source.streams if stream.type in ("video", "audio")]
            copies = {s.index: target.add_stream_from_template(s) for s in streams}
            for packet in source.demux(streams):
                if packet.dts is None:  # the flush packet at the end
                    continue
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
                copied += 1
    return {"packets": copied, "bytes": Path(destination).stat().st_size}


def _check_head(path: Path) -> bool:
    """Say what came in place of a clip: an error as JSON, a web page, a picture, nothing."""
    with path.open("rb") as file:
        head = file.read(kinds.HEAD_BYTES)
    found = kinds.identify(head)
    if found in (kinds.MP4, kinds.MOV, kinds.M4A):
        return True
    if isinstance(found, Refusal):
        what = found.what
    elif found.kind == "script":
        is_json = (kinds.decode_text(head) or "").lstrip().startswith(("{", "["))
        what = mark("is a JSON message") if is_json else mark("is text")
    else:
        raise UnsupportedFile(
            "The clip is a %(type)s file, not an MP4 video. Download it again.",
            code="not_a_clip",
            type=found.suffix[1:].upper(),
        )
    raise UnsupportedFile(
        "The clip %(what)s, not an MP4 video. Download it again.", code="not_a_clip", what=what
    )


def _check_boxes(parts: list[boxes.Box]) -> None:
    names = [box.type for box in parts]
    if "moov" in names and "mdat" in names and not boxes.is_cut_short(parts):
        return
    raise UnsupportedFile(
        "The clip is cut short: a part is missing. Download it again.", code="cut_clip"
    )


def _check_pictures(container: InputContainer, video: VideoStream, duration_s: float) -> None:
    if duration_s <= 0:
        raise UnsupportedFile("The clip lasts no time at all. Download it again.", code="cut_clip")
    expected = video.frames
    if duration_s <= _WHOLE_LIMIT_S:
        decoded = sum(1 for _ in clips.decode_from(container, video, 0.0))
        is_whole = decoded >= max(1, expected * _DECODED_SHARE)
    else:
        is_whole = all(
            any(itertools.islice(clips.decode_from(container, video, at_s), _SAMPLE_FRAMES))
            for at_s in (0.0, duration_s / 2, duration_s - 2.0)
        )
    if not is_whole:
        raise UnsupportedFile(
            "Pictures are missing in the clip. Download it again.", code="cut_clip"
        )
