"""What is in a file: size, length, streams. Runs in a worker process, on strangers' files.

Reads as little as tells a whole file from a cut one: a picture is decoded in full, of video and
sound the first frames and the end.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shortdrama.assets.script_text import SAMPLE_BYTES, read_script
from shortdrama.errors import UnsupportedFile, mark
from shortdrama.media import boxes, clips, gif, kinds, pictures
from shortdrama.media.faults import reading

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_TAIL_S = 2.0
# Sound may end a little before the picture, and edit lists shift both.
_TOLERANCE_S = 1.0
_TEXT_LIMIT_BYTES = 64 << 20
_PDF_TAIL_BYTES = 2048
_CUT = mark(
    "The %(what)s is cut short: its end is missing. "
    "Export or download it again and drop the new file."
)


def probe_file(path: str, kind: str, pixel_limit: int) -> dict[str, Any]:
    """Look into a file of a known kind.

    Args:
        path: The file.
        kind: "picture", "video", "sound" or "script", as `kinds.sniff` said.
        pixel_limit: Width times height at most; checked before anything is decoded.

    Returns:
        `kind` (corrected: an MP4 with nothing but sound is "sound"), `width` and `height` in
        pixels as seen, `duration_ms`, `fps`, `has_audio`, `has_video`, `codec`, `frames`
        (pictures), `pages` (PDF). What does not apply is None or False.

    Raises:
        TooLarge: More pixels or frames than allowed.
        UnsupportedFile: Damaged, cut short or without anything to see or hear.
    """
    facts: dict[str, Any] = {
        "kind": kind,
        **dict.fromkeys(("width", "height", "duration_ms", "fps", "codec", "frames", "pages")),
        "has_audio": False,
        "has_video": False,
    }
    target = Path(path)
    if kind == "picture":
        return facts | _probe_picture(target, pixel_limit)
    if kind == "script":
        return facts | _probe_script(target)
    return facts | _probe_clip(target, kind, pixel_limit)


def _probe_picture(path: Path, pixel_limit: int) -> dict[str, Any]:
    with pictures.open_picture(path, pixel_limit) as image:
        codec = (image.format or "").lower()
        width, height = pictures.read_size(image)
        if codec == "gif":
            frames, duration_ms = gif.count_frames(path)
        else:
            frames, duration_ms = getattr(image, "n_frames", 1), 0
        pictures.decode(image, edge_px=64)
    return {
        "width": width,
        "height": height,
        "codec": "jpeg" if codec == "mpo" else codec,
        "frames": frames,
        "duration_ms": duration_ms or None,
    }


def _probe_script(path: Path) -> dict[str, Any]:
    with reading("script"), path.open("rb") as file:
        head = file.read(kinds.HEAD_BYTES)
        if head.startswith(b"%PDF-"):
            return {"codec": "pdf", "pages": _count_pages(path)}
        if path.stat().st_size > _TEXT_LIMIT_BYTES:
            raise UnsupportedFile("The text is longer than 64 MB. Split it and drop the parts.")
        sample = head + file.read(SAMPLE_BYTES - len(head))
        script = read_script(sample, is_whole=len(sample) < SAMPLE_BYTES)
        if script is None:
            raise ValueError("bytes that are no text")
        decoder = codecs.getincrementaldecoder(script.codec)()
        for block in itertools.chain([sample], iter(lambda: file.read(1 << 20), b"")):
            if "\0" in decoder.decode(block):
                raise ValueError("a NUL character in the text")
        decoder.decode(b"", final=True)
    return {"codec": script.encoding}


def _count_pages(path: Path) -> int | None:
    """The page count a PDF states in the clear, None where it is inside compressed objects."""
    data = path.read_bytes()
    if b"%%EOF" not in data[-_PDF_TAIL_BYTES:]:
        raise UnsupportedFile(_CUT, what="PDF")
    counts = re.findall(rb"/Type\s*/Pages\b[^>]{0,400}?/Count\s+(\d{1,6})", data)
    counts += re.findall(rb"/Count\s+(\d{1,6})[^>]{0,400}?/Type\s*/Pages\b", data)
    return max(map(int, counts), default=None)


def _probe_clip(path: Path, kind: str, pixel_limit: int) -> dict[str, Any]:
    _refuse_cut(path, kind)
    with clips.open_clip(path, kind) as container:
        video, sound = clips.find_video(container), clips.find_sound(container)
        if video is None and sound is None:
            raise UnsupportedFile(
                "The %(what)s holds nothing that can be shown or played. "
                "Convert it to MP4 (H.264 and AAC) and drop it again.",
                what=kind,
            )
        if video is None and kind == "video":
            kind = "sound"
        facts: dict[str, Any] = {"kind": kind, "has_audio": sound is not None}
        if video is not None and kind == "video":
            facts |= read_video(container, video, pixel_limit)
        elif sound is not None:
            facts |= {"codec": sound.codec_context.codec.canonical_name}
            clips.decode_first(container, sound)
        else:
            raise UnsupportedFile("The file has a picture but no sound. Drop it as a video.")
        duration_s = clips.measure_duration_s(container, video)
        _refuse_missing_end(container, duration_s, kind)
    return facts | {"duration_ms": round(duration_s * 1000)}


def read_video(
    container: InputContainer, video: VideoStream, pixel_limit: int
) -> Mapping[str, Any]:
    """Facts of a video stream; decodes its first frame.

    Raises:
        TooLarge: More pixels than the limit, by the container or by the stream itself.
    """
    pictures.check_pixels(video.codec_context.width, video.codec_context.height, pixel_limit)
    clips.set_up_decoder(video, pixel_limit)
    rate = video.average_rate or video.guessed_rate
    codec = video.codec_context.codec.canonical_name
    frame: VideoFrame = clips.decode_first(container, video)
    pictures.check_pixels(frame.width, frame.height, pixel_limit)
    width, height = frame.width, frame.height
    if frame.rotation % 180:
        width, height = height, width
    fps = round(float(rate), 6) if rate else None  # with fewer digits, long clips drift by a frame
    return {"width": width, "height": height, "fps": fps, "codec": codec, "has_video": True}


def _refuse_cut(path: Path, kind: str) -> None:
    """Cheap checks of declared against actual length, before any decoding."""
    with reading(kind):
        with path.open("rb") as file:
            head = file.read(kinds.HEAD_BYTES)
        is_boxed = head[4:8] == b"ftyp"
        is_cut = is_boxed and boxes.is_cut_short(boxes.list_boxes(path))
        is_cut = is_cut or _is_cut_wave(head, path.stat().st_size)
    if is_cut:
        raise UnsupportedFile(_CUT, what=kind)


def _is_cut_wave(head: bytes, size: int) -> bool:
    """Whether a WAV's data chunk is longer than the file; 0 and all ones mean "unknown"."""
    at = head.find(b"data", 12)
    if head[:4] != b"RIFF" or at < 0:
        return False
    declared = int.from_bytes(head[at + 4 : at + 8], "little")
    return declared < 0xFFFFFF00 and at + 8 + declared > size


def _refuse_missing_end(container: InputContainer, duration_s: float, kind: str) -> None:
    if duration_s <= 0:
        raise UnsupportedFile(
            "The %(what)s lasts no time at all. Export or download it again and drop the new file.",
            what=kind,
        )
    video = clips.find_video(container) if kind == "video" else None
    tail_s = max(0.0, duration_s - _TAIL_S)
    if video is not None:
        first_frames = itertools.islice(clips.decode_from(container, video, tail_s), 3)
        if not list(first_frames):
            raise UnsupportedFile(
                "The end of the %(what)s cannot be decoded. "
                "Export or download it again and drop the new file.",
                what=kind,
            )
    start_s = (container.start_time or 0) / 1_000_000
    end_s = clips.find_end_s(container, tail_s) - start_s
    if end_s < duration_s - _TOLERANCE_S:
        raise UnsupportedFile(_CUT, what=kind)
