"""Strangers' video and sound through PyAV. Only worker processes call this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shortdrama.errors import UnsupportedFile
from shortdrama.media import kinds
from shortdrama.media.faults import reading

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL.Image import Image

_DEMUXERS = {
    ".mp4": "mov",
    ".mov": "mov",
    ".m4a": "mov",
    ".webm": "matroska",
    ".wav": "wav",
    ".mp3": "mp3",
    ".ogg": "ogg",
}
# More threads than this buy little for short clips and cost memory on big machines.
_THREADS = 2


@contextmanager
def open_clip(path: Path, what: str = "video") -> Iterator[InputContainer]:
    """Open a video or sound file by the container its first bytes name.

    The demuxer is forced and only local files may be opened, so that a playlist in disguise
    cannot make ffmpeg read other files or call a server.

    Args:
        path: The file.
        what: The thing in words, for the error.

    Raises:
        UnsupportedFile: Not such a file, or malformed, here or while the block reads it.
    """
    import av

    with reading(what), path.open("rb") as file:
        kind = kinds.sniff(file.read(kinds.HEAD_BYTES), f"The {what}")
    demuxer = _DEMUXERS.get(kind.suffix)
    if demuxer is None:
        raise UnsupportedFile(
            "This is a %(kind)s and not a %(what)s. Drop it again.", kind=kind.kind, what=what
        )
    with reading(what):
        try:
            with av.open(
                f"file:{path}",
                format=demuxer,
                options={"protocol_whitelist": "file"},
                metadata_errors="replace",
            ) as container:
                yield container
        except av.FFmpegError as error:
            if isinstance(error, (MemoryError, OSError)):
                raise
            raise ValueError(str(error)) from error


def find_video(container: InputContainer) -> VideoStream | None:
    """The first moving picture that can be decoded; the cover of a song is none."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if _has_decoder(stream) and not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def find_sound(container: InputContainer) -> AudioStream | None:
    """The first sound that can be decoded."""
    return next(filter(_has_decoder, container.streams.audio), None)


def _has_decoder(stream: VideoStream | AudioStream) -> bool:
    # PyAV leaves the context out where ffmpeg knows no decoder; its types do not say so.
    context: object | None = stream.codec_context
    return context is not None


def set_up_decoder(stream: VideoStream, pixel_limit: int) -> None:
    """Bound what the decoder may allocate, whatever the container claims; call before decoding."""
    stream.codec_context.thread_count = _THREADS
    stream.thread_type = "AUTO"
    stream.codec_context.options = {"max_pixels": str(pixel_limit)}


def decode_first(container: InputContainer, stream: VideoStream | AudioStream) -> Any:  # noqa: ANN401 - a frame of the stream's own kind
    """The first frame.

    Raises:
        ValueError: There is none.
    """
    frame = next(iter(container.decode(stream)), None)
    if frame is None:
        raise ValueError("nothing could be decoded")
    return frame


def decode_from(
    container: InputContainer, stream: VideoStream, start_s: float
) -> Iterator[VideoFrame]:
    """Frames from the key frame at or before `start_s` seconds."""
    assert stream.time_base is not None  # noqa: S101 - demuxers always set it
    container.seek(int(start_s / stream.time_base), stream=stream, backward=True)
    return container.decode(stream)


def measure_duration_s(container: InputContainer, video: VideoStream | None = None) -> float:
    """Seconds of the picture where there is one: sound is padded to whole blocks and a little
    longer. By the container's word, or by its last packet where it has none (MP3, live WebM)."""
    if video is not None and video.duration and video.time_base:
        return float(video.duration * video.time_base)
    # Without a header of its own an MP3 has only ffmpeg's guess from the first bit rate.
    if container.duration and container.format.name != "mp3":
        return container.duration / 1_000_000
    return find_end_s(container, 0.0) - (container.start_time or 0) / 1_000_000


def find_end_s(container: InputContainer, start_s: float) -> float:
    """Where the last packet after `start_s` ends, in seconds; reads without decoding."""
    container.seek(int(start_s * 1_000_000), backward=True)
    end_s = 0.0
    for packet in container.demux():
        if packet.pts is not None and packet.time_base is not None:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            end_s = max(end_s, float(end))
    container.seek(0)
    return end_s


def to_image(frame: VideoFrame, edge_px: int | None = None) -> Image:
    """The frame upright, RGB, scaled so that its longest edge is at most `edge_px`."""
    width, height = frame.width, frame.height
    if edge_px is not None and max(width, height) > edge_px:
        scale = edge_px / max(width, height)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
    image: Image = frame.to_image(  # type: ignore[no-untyped-call]
        width=width, height=height, interpolation="AREA"
    )
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image
