"""Tiny real MP4 files (H.264 and AAC, fast start), made once and kept in the temporary folder."""

from __future__ import annotations

import os
import tempfile
from fractions import Fraction
from pathlib import Path

_AUDIO_RATE = 48_000


def tiny_clip(
    seconds: int = 1, size: tuple[int, int] = (90, 160), fps: Fraction = Fraction(10)
) -> Path:
    """The path of a clip of exactly `seconds`; do not write to it. Blocks some milliseconds."""
    folder = Path(tempfile.gettempdir()) / f"shortdrama-test-clips-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    path = folder / f"v2-{seconds}s-{size[0]}x{size[1]}-{float(fps):.3f}.mp4"
    if not path.exists():
        part = folder / f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}.part"
        write_clip(part, seconds, size, fps=fps)
        part.replace(path)
    return path


def write_clip(
    path: Path,
    seconds: int,
    size: tuple[int, int],
    luma: int = 90,
    fps: Fraction = Fraction(10),
) -> None:
    """Encode a clip whose brightness rises from `luma`, with silence. Width and height: even."""
    import av  # heavy: only where a clip is made

    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=_AUDIO_RATE, layout="mono")
        for number in range(round(seconds * fps)):
            frame = av.VideoFrame(*size, "yuv420p")
            for index, plane in enumerate(frame.planes):
                value = (luma + number) % 236 if index == 0 else 128
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts, frame.time_base = number, 1 / fps
            container.mux(video.encode(frame))
        for start in range(0, seconds * _AUDIO_RATE, 1024):
            samples = min(1024, seconds * _AUDIO_RATE - start)
            sound = av.AudioFrame("fltp", "mono", samples)
            sound.planes[0].update(bytes(sound.planes[0].buffer_size))
            sound.sample_rate, sound.pts = _AUDIO_RATE, start
            container.mux(audio.encode(sound))
        container.mux(video.encode())
        container.mux(audio.encode())
