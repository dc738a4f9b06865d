"""Figures of the built-in engine: seconds per clip and how still its camera is.

Run `python bench/previz.py`; a common runner calls `bench()`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from shortdrama.previz.camera import Move, Window
from shortdrama.previz.frames import make_frames
from shortdrama.previz.planes import Planes

Row = tuple[str, float, str, float | None]

PROMPT = (
    "A woman waits on a rooftop at dusk, slow push in. “You came back.” “I never left the city.”"
)


def bench() -> list[Row]:
    """Rows of name, value, unit and upper bound; the first is the one people feel."""
    wall_s, cpu_s = measure_clip(PROMPT)
    rain_s, rain_cpu_s = measure_clip("Two people on a rainy street at night, pan left. “Wait!”")
    return [
        ("previz, 8 s of 720x1280, wall", wall_s, "s", 4.0),
        ("previz, 8 s of 720x1280, processor", cpu_s, "s", None),
        ("previz, the same in heavy rain, wall", rain_s, "s", None),
        ("previz, the same in heavy rain, processor", rain_cpu_s, "s", None),
        ("previz, jitter of a push", measure_jitter("push"), "px rms", 0.05),
        ("previz, jitter of a pan", measure_jitter("pan_right"), "px rms", 0.05),
    ]


def measure_clip(prompt: str, runs: int = 3) -> tuple[float, float]:
    """Median wall and processor seconds of a clip, each in a fresh interpreter, start included."""
    walls, cpus = [], []
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "clip.mp4")
        code = (
            "import sys; from shortdrama.previz.engine import render_clip;"
            " render_clip(sys.argv[1], sys.argv[2], 8, '720x1280')"
        )
        for _ in range(runs):
            before, start = os.times(), time.perf_counter()
            subprocess.run([sys.executable, "-c", code, prompt, target], check=True)
            walls.append(time.perf_counter() - start)
            after = os.times()
            cpus.append(
                after.children_user
                + after.children_system
                - before.children_user
                - before.children_system
            )
    return statistics.median(walls), statistics.median(cpus)


def measure_jitter(kind: str, size: tuple[int, int] = (720, 1280), frames: int = 120) -> float:
    """Root mean square, in pixels, of how far five blobs lie off the path they should take."""
    move = Move(kind)  # type: ignore[arg-type]
    canvas = tuple(round(s * k / 2) * 2 for s, k in zip(size, move.span, strict=True))
    spots = [(0.5, 0.42), (0.42, 0.34), (0.58, 0.34), (0.42, 0.52), (0.58, 0.52)]
    if kind.startswith("pan"):
        spots = [(0.5, y) for y in (0.2, 0.35, 0.5, 0.65, 0.8)]
    if kind.startswith("tilt"):
        spots = [(x, 0.5) for x in (0.2, 0.35, 0.5, 0.65, 0.8)]
    sigma = size[0] / 60
    centres = [(x * canvas[0], y * canvas[1]) for x, y in spots]
    planes = Planes.from_picture(_draw_blobs(canvas, centres, sigma))
    off: list[float] = []
    for index, frame in enumerate(make_frames(planes, move, None, size, frames)):
        luma = np.frombuffer(frame, np.uint8, size[0] * size[1]).reshape(size[1], size[0])
        window = move.window_at(index / (frames - 1))
        for spot in spots:
            wanted = _project(spot, window, size)
            found = _find_centre(luma, wanted, sigma * 4.5)
            off += [found[0] - wanted[0], found[1] - wanted[1]]
    return float(np.sqrt(np.mean(np.square(off))))


def _draw_blobs(
    size: tuple[int, ...], centres: list[tuple[float, float]], sigma: float
) -> Image.Image:
    ys, xs = np.mgrid[0 : size[1], 0 : size[0]].astype(float) + 0.5
    field = np.zeros(xs.shape)
    for x, y in centres:
        field += np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / 2 / sigma**2)
    level = np.rint(np.clip(field * 220, 0, 255)).astype(np.uint8)
    return Image.fromarray(level).convert("RGB")


def _project(
    spot: tuple[float, float], window: Window, size: tuple[int, int]
) -> tuple[float, float]:
    left, top, right, bottom = window
    return (spot[0] - left) / (right - left) * size[0], (spot[1] - top) / (bottom - top) * size[1]


def _find_centre(luma: np.ndarray, near: tuple[float, float], reach: float) -> tuple[float, float]:
    left, right = int(max(0, near[0] - reach)), int(min(luma.shape[1], near[0] + reach + 1))
    top, bottom = int(max(0, near[1] - reach)), int(min(luma.shape[0], near[1] + reach + 1))
    part = np.maximum(luma[top:bottom, left:right].astype(float) - 18, 0)
    ys, xs = np.mgrid[top:bottom, left:right] + 0.5
    return float((xs * part).sum() / part.sum()), float((ys * part).sum() / part.sum())


if __name__ == "__main__":
    for name, value, unit, bound in bench():
        print(f"{name:44} {value:8.4f} {unit:7} {'' if bound is None else bound}")
