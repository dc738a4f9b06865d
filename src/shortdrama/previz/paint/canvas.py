"""Brushes. Places are fractions of the picture: x and y from 0 to 1, y down."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from shortdrama.previz.palette import Colour

Point = tuple[float, float]
Shape = Sequence[Point]


def _solid(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = (int(min(255.0, max(0.0, c)) + 0.5) for c in colour)
    return red, green, blue


class Canvas:
    """A picture under way. `random` is seeded by the scene and drawn from in painting order."""

    def __init__(self, size: tuple[int, int], seed: int) -> None:
        self.size = size
        self.width, self.height = size
        self.unit = min(size)
        self.random = np.random.default_rng(seed)
        self.image = Image.new("RGB", size)

    def ux(self, length: float) -> float:
        """A length in short sides as a fraction of the width."""
        return length * self.unit / self.width

    def uy(self, length: float) -> float:
        """A length in short sides as a fraction of the height."""
        return length * self.unit / self.height

    def chance(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    # Washes

    def wash(self, stops: Sequence[tuple[float, Colour]]) -> None:
        """Fill everything with a gradient from top to bottom; stops are (y, colour)."""
        self.image.paste(self._ramp(stops, self.height).resize((self.width, self.height)))

    def veil(self, colour: Colour, stops: Sequence[tuple[float, float]]) -> None:
        """Lay haze or shade over everything; stops are (y, opacity 0..1)."""
        levels = np.interp(
            np.linspace(0, 1, self.height), [s[0] for s in stops], [s[1] * 255 for s in stops]
        )
        mask = Image.fromarray(levels.astype(np.uint8)[:, None]).resize((self.width, self.height))
        self.image.paste(_solid(colour), (0, 0), mask)

    def _ramp(self, stops: Sequence[tuple[float, Colour]], rows: int) -> Image.Image:
        places = [stop[0] for stop in stops]
        at = np.linspace(0, 1, rows)
        bands = [np.interp(at, places, [s[1][band] for s in stops]) for band in range(3)]
        noise = np.random.default_rng(7).uniform(-0.5, 0.5, rows)
        column = np.stack([np.clip(b + noise, 0, 255) for b in bands], axis=1)
        return Image.fromarray(column.astype(np.uint8)[:, None, :])

    # Shapes

    def fill(self, shape: Shape, colour: Colour, opacity: float = 1.0, soft: float = 0.0) -> None:
        """Fill a polygon; `soft` is the blur of its edge in short sides."""
        self.fill_all([shape], colour, opacity, soft)

    def fill_all(
        self, shapes: Iterable[Shape], colour: Colour, opacity: float = 1.0, soft: float = 0.0
    ) -> None:
        """Fill many polygons in one colour at the cost of one."""
        made = self.mask(list(shapes), soft)
        if made is None:
            return
        mask, corner = made
        if opacity < 1.0:
            mask = mask.point([int(level * opacity) for level in range(256)])
        self.image.paste(_solid(colour), corner, mask)

    def fade(self, shape: Shape, stops: Sequence[tuple[float, Colour]], soft: float = 0.0) -> None:
        """Fill a polygon with a gradient over its own height."""
        made = self.mask([shape], soft)
        if made is None:
            return
        mask, corner = made
        self.image.paste(self._ramp(stops, mask.height).resize(mask.size), corner, mask)

    def mask(
        self, shapes: list[Shape], soft: float = 0.0
    ) -> tuple[Image.Image, tuple[int, int]] | None:
        """Smooth-edged mask around the shapes, and where its corner goes. None if out of sight."""
        blur = soft * self.unit
        pad = math.ceil(blur * 2.5) + 1
        points = [p for shape in shapes for p in shape]
        if not points:
            return None
        left = max(0, math.floor(min(p[0] for p in points) * self.width) - pad)
        top = max(0, math.floor(min(p[1] for p in points) * self.height) - pad)
        right = min(self.width, math.ceil(max(p[0] for p in points) * self.width) + pad)
        bottom = min(self.height, math.ceil(max(p[1] for p in points) * self.height) + pad)
        if right <= left or bottom <= top:
            return None
        fine = 1 if blur > 3 else 2 if (right - left) * (bottom - top) > 60_000 else 4
        mask = Image.new("L", ((right - left) * fine, (bottom - top) * fine))
        draw = ImageDraw.Draw(mask)
        for shape in shapes:
            flat = [
                ((x * self.width - left) * fine, (y * self.height - top) * fine) for x, y in shape
            ]
            draw.polygon(flat, fill=255)
        mask = mask.reduce(fine) if fine > 1 else mask
        return (mask.filter(ImageFilter.GaussianBlur(blur)) if blur else mask), (left, top)

    # Light

    def glow(self, centre: Point, radius: float, colour: Colour, strength: float = 1.0) -> None:
        """Add light that falls off around a point; `radius` in short sides."""
        reach = radius * self.unit
        x, y = centre[0] * self.width, centre[1] * self.height
        box = (
            max(0, math.floor(x - reach)),
            max(0, math.floor(y - reach)),
            min(self.width, math.ceil(x + reach)),
            min(self.height, math.ceil(y + reach)),
        )
        if box[2] <= box[0] or box[3] <= box[1]:
            return
        step = max(1, round(reach / 60))
        columns = np.arange(box[0], box[2] + step, step)
        rows = np.arange(box[1], box[3] + step, step)
        away = np.hypot((columns[None, :] - x) / reach, (rows[:, None] - y) / reach)
        fall = np.clip(1 - away, 0, 1) ** 2.2 * strength
        light = np.clip(fall[..., None] * np.asarray(colour), 0, 255).astype(np.uint8)
        size = (box[2] - box[0], box[3] - box[1])
        wide = Image.fromarray(light).resize(size, Image.Resampling.BICUBIC)
        self.image.paste(ImageChops.screen(self.image.crop(box), wide), box[:2])

    def shine(self, shape: Shape, colour: Colour, strength: float, soft: float = 0.0) -> None:
        """Add light inside a polygon: beams, pools, lit panes."""
        made = self.mask([shape], soft)
        if made is None:
            return
        mask, (left, top) = made
        box = (left, top, left + mask.width, top + mask.height)
        under = self.image.crop(box)
        light = Image.new("RGB", mask.size, _solid((colour[0], colour[1], colour[2])))
        lit = ImageChops.screen(under, light)
        mask = mask.point([int(level * strength) for level in range(256)])
        self.image.paste(lit, (left, top), mask)


def rect(left: float, top: float, right: float, bottom: float) -> list[Point]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def oval(centre: Point, rx: float, ry: float, steps: int = 40) -> list[Point]:
    turns = [2 * math.pi * i / steps for i in range(steps)]
    return [(centre[0] + rx * math.cos(t), centre[1] + ry * math.sin(t)) for t in turns]


def smooth(points: Shape, steps: int = 8) -> list[Point]:
    """A closed curve through the points (Catmull-Rom)."""
    count = len(points)
    curve: list[Point] = []
    for i in range(count):
        p0, p1, p2, p3 = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            curve.append((_bow(p0[0], p1[0], p2[0], p3[0], t), _bow(p0[1], p1[1], p2[1], p3[1], t)))
    return curve


def _bow(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )


def limb(points: Shape, widths: Sequence[float], aspect: float = 1.0) -> list[Point]:
    """A tapering stroke along points; widths are half widths, `aspect` is width over height."""
    left: list[Point] = []
    right: list[Point] = []
    for i, ((x, y), half) in enumerate(zip(points, widths, strict=True)):
        before, after = points[max(0, i - 1)], points[min(len(points) - 1, i + 1)]
        dx, dy = (after[0] - before[0]) * aspect, after[1] - before[1]
        long = math.hypot(dx, dy) or 1.0
        left.append((x - dy / long * half / aspect, y + dx / long * half))
        right.append((x + dy / long * half / aspect, y - dx / long * half))
    return left + right[::-1]
