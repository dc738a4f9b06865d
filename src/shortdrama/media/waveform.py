"""A sound as a picture: loudness over time. Runs in a worker process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shortdrama.errors import UnsupportedFile
from shortdrama.media import clips

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

SIZE_PX = (480, 160)

_RATE_HZ = 8000
_BLOCK = 80  # 10 ms
_BAR_PITCH_PX = 4
_BAR_WIDTH_PX = 2
# Contrast of at least 3:1 on the light and on the dark theme's ground (WCAG 1.4.11).
_GREY = (132, 132, 132, 255)
_SILENCE = 0.02


def draw(path: Path) -> Image:
    """RGBA, 480 x 160, grey bars on a transparent ground, the loudest as high as the picture.

    Raises:
        UnsupportedFile: No sound, or none that can be decoded.
    """
    from PIL import Image, ImageDraw

    width, height = SIZE_PX
    levels = _measure_levels(path, width // _BAR_PITCH_PX)
    image = Image.new("RGBA", SIZE_PX, (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    for number, level in enumerate(levels):
        half = max(1, round(level * (height / 2 - 4)))
        left = number * _BAR_PITCH_PX + 1
        box = (left, height // 2 - half, left + _BAR_WIDTH_PX - 1, height // 2 + half - 1)
        pen.rectangle(box, fill=_GREY)
    return image


def _measure_levels(path: Path, count: int) -> list[float]:
    """`count` peaks from 0 to 1, relative to the loudest; silence stays silence."""
    import numpy as np

    peaks = _read_peaks(path)
    if len(peaks) < count:
        peaks = np.repeat(peaks, -(-count // len(peaks)))
    levels = np.array([part.max() for part in np.array_split(peaks, count)])
    return [float(level) for level in levels / max(_SILENCE, float(levels.max()))]


def _read_peaks(path: Path) -> np.ndarray:
    """The peak of each 10 ms, from 0 to 1; a two-hour sound is 720,000 of them."""
    import av
    import numpy as np

    peaks: list[np.ndarray] = []
    with clips.open_clip(path, "sound") as container:
        stream = clips.find_sound(container)
        if stream is None:
            raise UnsupportedFile("The file holds no sound.")
        resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE_HZ)
        for frame in container.decode(stream):
            for part in resampler.resample(frame):
                samples = np.abs(part.to_ndarray()[0])
                padded = np.pad(samples, (0, -len(samples) % _BLOCK))
                peaks.append(padded.reshape(-1, _BLOCK).max(axis=1))
        if not peaks:
            raise ValueError("no sound could be decoded")
    whole: np.ndarray = np.nan_to_num(np.concatenate(peaks)).clip(0, 1)
    return whole
