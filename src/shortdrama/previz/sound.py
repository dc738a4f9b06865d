"""The sound bed: room tone, weather and two soft tones, so quiet that it carries a cut."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shortdrama.previz.encode import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

LOUDNESS_LUFS = -30.0
_FADE_S = 0.12


@dataclass(frozen=True, slots=True)
class Bed:
    """What is heard. Levels are relative; the whole is brought to `LOUDNESS_LUFS`."""

    seed: int
    rumble: float = 1.0
    rain: float = 0.0
    wind: float = 0.0
    tone: float = 0.35
    root_hz: float = 110.0
    is_minor: bool = False


def write_bed(path: Path, bed: Bed, frame_count: int, samples_per_frame: int) -> None:
    """Write 16-bit stereo at 48 kHz, exactly `frame_count * samples_per_frame` long."""
    import numpy as np

    stereo = make_bed(bed, frame_count * samples_per_frame)
    dither = np.random.default_rng(bed.seed).random(stereo.shape, dtype=np.float32) - 0.5
    whole = np.clip(np.rint(stereo * 32767 + dither), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(whole.tobytes())


def make_bed(bed: Bed, sample_count: int) -> Samples:
    """Float samples, shape (sample_count, 2), -1..1, starting and ending in silence."""
    import numpy as np

    random = np.random.default_rng(bed.seed)
    sides = np.stack([_noise(bed, sample_count, random) for _ in range(2)], axis=1)
    sides += _tones(bed, sample_count)[:, None] * float(sides.std() + 1e-9)
    sides *= 10 ** ((LOUDNESS_LUFS - measure_lufs(sides)) / 20)
    fade = max(1, min(int(_FADE_S * SAMPLE_RATE), sample_count // 2))
    ramp = (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, fade, dtype=np.float32)))[:, None]
    sides[:fade] *= ramp
    sides[-fade:] *= ramp[::-1]
    return np.clip(sides, -0.5, 0.5).astype(np.float32)


def _noise(bed: Bed, count: int, random: np.random.Generator) -> Samples:
    """White noise shaped in the spectrum: 1/f for the room, a band for wind, a shelf for rain."""
    import numpy as np

    size = _fft_size(count)
    spectrum = np.fft.rfft(random.standard_normal(size, dtype=np.float32))
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE).astype(np.float32)
    safe = np.maximum(hertz, 1.0)
    room = bed.rumble * (60 / np.maximum(safe, 45)) * (safe / (safe + 35)) ** 2
    wind = bed.wind * 1.1 * np.exp(-((np.log2(safe / 320)) ** 2) / 2.2) * 0.25
    rain = bed.rain * 0.13 * (safe / (safe + 900)) ** 2 / (1 + (safe / 9000) ** 2)
    shaped = np.fft.irfft(spectrum * (room + wind + rain), size)[:count].astype(np.float32)
    if bed.wind:
        moments = np.arange(count, dtype=np.float32) / SAMPLE_RATE
        shaped *= 1 + 0.35 * bed.wind * np.sin(2 * np.pi * 0.19 * moments + random.uniform(0, 6))
    return np.asarray(shaped / (shaped.std() + 1e-9), dtype=np.float32)


def _tones(bed: Bed, count: int) -> Samples:
    import numpy as np

    moments = np.arange(count, dtype=np.float64) / SAMPLE_RATE
    third = 1.1892 if bed.is_minor else 1.2599
    tones = np.zeros(count)
    for index, ratio in enumerate((1.0, 1.4983, 2.0 * third)):
        swell = 0.6 + 0.4 * np.sin(2 * np.pi * (0.07 + 0.031 * index) * moments + index * 2.1)
        tones += swell * np.sin(2 * np.pi * bed.root_hz * ratio * moments) / (1 + index)
    return np.asarray(tones * bed.tone, dtype=np.float32)


def measure_lufs(stereo: Samples) -> float:
    """Integrated loudness without the gate, K-weighted in the spectrum (ITU-R BS.1770-5).

    The bed is steady, so the gate would take nothing away.
    """
    import numpy as np

    size = _fft_size(len(stereo))
    hertz = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 1e-3)
    high_pass = 1 / (1 + (38.1 / hertz) ** 4)
    shelf = (1 + 10**0.4 * (hertz / 1665) ** 4) / (1 + (hertz / 1665) ** 4)
    power = 0.0
    for side in range(2):
        spectrum = np.abs(np.fft.rfft(stereo[:, side], size)) ** 2 * high_pass * shelf
        power += float(2 * spectrum.sum()) / size / len(stereo)
    return -0.691 + 10 * float(np.log10(power + 1e-20))


def _fft_size(count: int) -> int:
    """A length whose only factors are 2 and 3, at or above `count`; primes are slow."""
    size = 1
    while size < count:
        size *= 2
    return size * 3 // 4 if size * 3 // 4 >= count else size
