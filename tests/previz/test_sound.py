"""The bed: as long as the picture, quiet, without clicks, different by place."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from shortdrama.previz.sound import Bed, make_bed, measure_lufs, write_bed

BEDS = [Bed(1), Bed(2, rain=1.0), Bed(3, wind=1.0, tone=0.5, is_minor=True)]


@pytest.mark.parametrize("bed", BEDS)
def test_loudness_and_ends(bed: Bed) -> None:
    stereo = make_bed(bed, 3 * 48_000)
    assert stereo.shape == (3 * 48_000, 2)
    assert measure_lufs(stereo) == pytest.approx(-30, abs=1.0)
    assert np.abs(stereo[[0, -1]]).max() < 1e-4
    assert np.abs(np.diff(stereo, axis=0)).max() < 0.1


def test_meter_against_the_standard_s_own_tone() -> None:
    """ITU-R BS.1770: 997 Hz at full scale in one channel reads -3.01 LKFS."""
    tone = np.zeros((48_000 * 4, 2), dtype=np.float32)
    tone[:, 0] = np.sin(2 * np.pi * 997 * np.arange(len(tone)) / 48_000)
    assert measure_lufs(tone) == pytest.approx(-3.01, abs=0.25)


def test_rain_hisses() -> None:
    def treble(bed: Bed) -> float:
        power = np.abs(np.fft.rfft(make_bed(bed, 48_000)[:, 0])) ** 2
        return float(power[3_000:].sum() / power.sum())

    assert treble(BEDS[1]) > 10 * treble(BEDS[0])


def test_file_is_exact_and_repeatable(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        write_bed(tmp_path / name, BEDS[0], 31, 1_600)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnframes(), file.getnchannels()) == (31 * 1_600, 2)
    assert not np.array_equal(make_bed(Bed(1), 4_800), make_bed(Bed(9), 4_800))
    assert len(make_bed(Bed(1), 1_600)) == 1_600
