"""Makes the files that the tests look into: good ones of every kind, and bad ones."""

from __future__ import annotations

import io
import math
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pillow_heif
from PIL import Image

CLIP_SIZE = (144, 256)
CLIP_FPS = 30
_WEBM_SPEED: dict[str, object] = {"deadline": "realtime", "cpu-used": "8"}


def paint(width: int, height: int, seed: int = 0) -> Image.Image:
    """A colourful picture that does not compress to nothing."""
    rows, columns = np.mgrid[0:height, 0:width]
    channels = [(columns * 3 + seed * 5) % 256, (rows * 2 + seed) % 256, (rows ^ columns) % 256]
    return Image.fromarray(np.stack(channels, -1).astype("uint8"))


def make_picture(path: Path, image: Image.Image | None = None, **options: Any) -> Path:
    if path.suffix == ".heic":
        pillow_heif.register_heif_opener()
    (image or paint(320, 200)).save(path, **options)
    return path


def make_gif(path: Path, frames: int = 5) -> Path:
    images = [paint(64, 48, seed=number * 9).quantize(16) for number in range(frames)]
    images[0].save(path, save_all=True, append_images=images[1:], duration=100, loop=0)
    return path


def make_gif_bomb(path: Path, frames: int) -> Path:
    """A few bytes per frame."""
    start = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    path.write_bytes(start + frame * frames + b";")
    return path


def make_huge_png(path: Path, edge: int = 50_000) -> Path:
    """A header that claims edge x edge pixels, and next to no data."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(10_000)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b""))
    return path


def make_clip(
    path: Path,
    *,
    seconds: float = 2.0,
    size: tuple[int, int] = CLIP_SIZE,
    has_sound: bool = True,
    picture: Callable[[int], Image.Image] | None = None,
    options: dict[str, str] | None = None,
    rotation: int = 0,
) -> Path:
    """MP4 or MOV (H.264, AAC) or WebM (VP8, Opus) by the suffix of `path`."""
    is_webm = path.suffix == ".webm"
    with av.open(str(path), "w", options=options or {}) as output:
        video = output.add_stream("libvpx" if is_webm else "libx264", rate=CLIP_FPS)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.options = _WEBM_SPEED if is_webm else {"preset": "ultrafast"}
        video.thread_count = 1  # more only spin on a busy machine
        if rotation:
            video.set_display_rotation(rotation)
        codec = "libopus" if is_webm else "aac"
        sound = output.add_stream(codec, rate=48_000, layout="mono") if has_sound else None
        for number in range(round(seconds * CLIP_FPS)):
            image = picture(number) if picture else paint(*size, seed=number)
            output.mux(video.encode(to_frame(image)))
        output.mux(video.encode(None))
        if sound is not None:
            mux_tone(output, sound, seconds)
    return path


def to_frame(image: Image.Image) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")


def make_tone(seconds: float, rate: int = 48_000) -> np.ndarray:
    """Half silent, half loud."""
    moments = np.arange(round(seconds * rate)) / rate
    return np.sin(moments * 440 * math.tau) * np.where(moments < seconds / 2, 0.05, 0.8)


def mux_tone(output: av.container.OutputContainer, stream: Any, seconds: float) -> None:
    samples = make_tone(seconds).astype("float32")
    resampler = av.AudioResampler(
        format=stream.codec_context.format, layout="mono", rate=48_000, frame_size=960
    )
    frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
    frame.sample_rate = 48_000
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        output.mux(stream.encode(part))
    output.mux(stream.encode(None))


def make_sound(path: Path, seconds: float = 2.0) -> Path:
    """WAV, MP3, M4A or OGG by the suffix of `path`."""
    if path.suffix == ".wav":
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(48_000)
            file.writeframes((make_tone(seconds) * 32_000).astype("<i2").tobytes())
        return path
    codec = {".mp3": "libmp3lame", ".m4a": "aac", ".ogg": "libopus"}[path.suffix]
    container = {".mp3": "mp3", ".m4a": "ipod", ".ogg": "ogg"}[path.suffix]
    with av.open(str(path), "w", format=container) as output:
        mux_tone(output, output.add_stream(codec, rate=48_000, layout="mono"), seconds)
    return path


def add_cover(mp3: Path) -> Path:
    """Put an ID3v2.3 tag with a JPEG cover in front, as shops do."""
    picture = io.BytesIO()
    paint(300, 300).save(picture, "JPEG")
    body = b"\0image/jpeg\0\x03\0" + picture.getvalue()
    frame = b"APIC" + struct.pack(">IH", len(body), 0) + body
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    mp3.write_bytes(b"ID3\x03\0\0" + size + frame + mp3.read_bytes())
    return mp3


def make_zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names or ("picture.png",):
            archive.writestr(name, "content")
    return path


def make_pdf(path: Path, pages: int = 3) -> Path:
    kids = " ".join(f"{number + 3} 0 R" for number in range(pages))
    objects = [
        "1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj",
        f"2 0 obj <</Type /Pages /Kids [{kids}] /Count {pages}>> endobj",
        *(f"{n + 3} 0 obj <</Type /Page /Parent 2 0 R>> endobj" for n in range(pages)),
        "trailer <</Root 1 0 R>>",
        "%%EOF",
    ]
    path.write_text("%PDF-1.4\n" + "\n".join(objects) + "\n")
    return path


def cut(path: Path, share: float) -> Path:
    """Keep only the first `share` of the file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def damage_middle(path: Path, share: float = 0.2) -> Path:
    """Overwrite the middle with zeros."""
    data = bytearray(path.read_bytes())
    start, length = int(len(data) * (0.5 - share / 2)), int(len(data) * share)
    data[start : start + length] = bytes(length)
    path.write_bytes(data)
    return path
