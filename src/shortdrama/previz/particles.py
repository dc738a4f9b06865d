"""Rain, snow and dust: sheets of specks that slide over the frame, each depth at its own pace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from shortdrama.previz.scene import Scene


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Two frames wide and high and seamless, so that any window on it is one crop."""

    specks: Image.Image
    right_px: int
    down_px: int


class Air:
    """What moves between lens and scene. Only luma: streaks have no colour of their own."""

    def __init__(self, sheets: list[_Sheet], size: tuple[int, int]) -> None:
        self._sheets = sheets
        self._size = size

    @classmethod
    def of(cls, scene: Scene, size: tuple[int, int]) -> Air | None:
        """The air of a scene, or None where nothing moves in it."""
        import numpy as np

        random = np.random.default_rng(scene.seed ^ 0xA1)
        if scene.has_rain and scene.is_outside:
            return cls([_rain(size, random, depth) for depth in (0.55, 1.0)], size)
        if scene.weather == "snow" and scene.is_outside:
            return cls([_snow(size, random, depth) for depth in (0.5, 1.0)], size)
        if scene.has_dust:
            return cls([_dust(size, random, depth) for depth in (0.6, 1.0)], size)
        return None

    def fall(self, luma: Image.Image, index: int) -> Image.Image:
        """The luma plane with every sheet at its place in frame `index`."""
        from PIL import ImageChops

        width, height = self._size
        for sheet in self._sheets:
            left = (-sheet.right_px * index) % width
            top = (-sheet.down_px * index) % height
            window = sheet.specks.crop((left, top, left + width, top + height))
            luma = ImageChops.add(luma, window)
        return luma


def _rain(size: tuple[int, int], random: np.random.Generator, depth: float) -> _Sheet:
    width, height = size
    length = height * 0.085 * depth
    lean = 0.12
    canvas = _Specks(size)
    for _ in range(int(90 / depth)):
        x, y = random.uniform(0, width), random.uniform(0, height)
        reach = length * random.uniform(0.6, 1.2)
        level = int(random.uniform(22, 50) * (0.5 + 0.5 * depth))
        canvas.streak((x, y), (x - reach * lean, y + reach), level, max(1.0, width / 640 * depth))
    down = max(2, round(height * 0.052 * depth))
    return _Sheet(canvas.finish(0.6), -round(down * lean), down)


def _snow(size: tuple[int, int], random: np.random.Generator, depth: float) -> _Sheet:
    width, height = size
    canvas = _Specks(size)
    for _ in range(int(75 / depth**2)):
        x, y = random.uniform(0, width), random.uniform(0, height)
        radius = min(size) * random.uniform(0.0022, 0.0055) * depth**1.4
        canvas.dot((x, y), radius, int(random.uniform(90, 170) * depth))
    down = max(1, round(height * 0.0042 * depth))
    side = max(1, round(width * 0.0016 * depth))
    return _Sheet(canvas.finish(min(size) / 900 + depth * 0.4), -side, down)


def _dust(size: tuple[int, int], random: np.random.Generator, depth: float) -> _Sheet:
    width, height = size
    canvas = _Specks(size)
    for _ in range(int(26 / depth)):
        x, y = random.uniform(0, width), random.uniform(0, height)
        canvas.dot((x, y), min(size) * random.uniform(0.001, 0.0028) * depth, 46)
    return _Sheet(canvas.finish(0.8), 1 if depth == 1.0 else 0, -1)


class _Specks:
    """A seamless tile: what leaves one edge comes in at the other."""

    def __init__(self, size: tuple[int, int]) -> None:
        from PIL import Image, ImageDraw

        self._size = size
        self._tile = Image.new("L", size)
        self._draw = ImageDraw.Draw(self._tile)

    def streak(
        self, start: tuple[float, float], end: tuple[float, float], level: int, thick: float
    ) -> None:
        for dx, dy in self._around():
            ends = (start[0] + dx, start[1] + dy, end[0] + dx, end[1] + dy)
            self._draw.line(ends, fill=level, width=round(thick))

    def dot(self, centre: tuple[float, float], radius: float, level: int) -> None:
        radius = max(radius, 0.5)
        for dx, dy in self._around():
            x, y = centre[0] + dx, centre[1] + dy
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=level)

    def finish(self, blur_px: float) -> Image.Image:
        from PIL import Image, ImageFilter

        width, height = self._size
        sheet = Image.new("L", (width * 2, height * 2))
        for x in (0, width):
            for y in (0, height):
                sheet.paste(self._tile, (x, y))
        return sheet.filter(ImageFilter.GaussianBlur(blur_px))

    def _around(self) -> list[tuple[int, int]]:
        width, height = self._size
        return [(0, 0), (-width, 0), (width, 0), (0, -height), (0, height)]
