"""Palaces and temples: tiered, upturned roofs above a flight of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shortdrama.previz.paint.canvas import Canvas, Point, rect
from shortdrama.previz.paint.nature import ridge
from shortdrama.previz.paint.sky import paint_sky
from shortdrama.previz.paint.street import (
    paint_lanterns,
)
from shortdrama.previz.palette import Palette, bend, mix, rgb

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene


def paint_palace(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    """A gate hall with tiered, upturned roofs above a flight of steps."""
    sun = paint_sky(canvas, scene, palette, 0.62)
    canvas.fill(ridge(canvas, 0.6, 0.2, 0.3), palette.depth(0.06))
    canvas.fill(ridge(canvas, 0.64, 0.12, 0.3), palette.depth(0.2))
    canvas.veil(palette.low, [(0.42, 0), (0.6, 0.4), (0.7, 0)])
    middle = 0.5 + canvas.chance(-0.06, 0.06)
    for offset, size in ((-0.42, 0.5), (0.42, 0.5)):
        _paint_pavilion(canvas, scene, palette, (middle + offset, 0.66), size)
    _paint_pavilion(canvas, scene, palette, (middle, 0.7), canvas.chance(0.92, 1.06))
    stone = mix(
        mix(rgb("b8aea0"), palette.middle, 0.4), palette.near, 0.65 if scene.is_night else 0.2
    )
    canvas.fade(
        rect(-0.01, 0.7, 1.01, 1.01),
        [(0, mix(stone, palette.low, 0.25)), (1, bend(stone, 0, 1, 0.5))],
    )
    for step in range(7):
        y, half = 0.7 + 0.012 * step + 0.003 * step**2, 0.19 + 0.022 * step
        canvas.fill(
            rect(middle - half, y, middle + half, y + 0.006), mix(stone, palette.key, 0.3), 0.8
        )
        canvas.fill(
            rect(middle - half, y + 0.006, middle + half, y + 0.013), bend(stone, 0, 1, 0.6), 0.8
        )
    canvas.glow((sun[0], 0.5), 0.8, palette.key, 0.15)
    if scene.is_night or "lantern" in scene.props:
        paint_lanterns(canvas, palette, (middle, 0.6))


def _paint_pavilion(
    canvas: Canvas, scene: Scene, palette: Palette, foot: Point, size: float
) -> None:
    x, base = foot
    red = mix(rgb("a5392b"), palette.near, 0.55 if scene.is_night else 0.18)
    tile = mix(
        mix(palette.second, rgb("3f5a5a"), 0.5), palette.near, 0.5 if scene.is_night else 0.3
    )
    half, storey = canvas.ux(0.3) * size, canvas.uy(0.17) * size
    is_lit = scene.hour in ("night", "dusk")
    for tier in range(3):
        wide, y = half * (1 - 0.22 * tier), base - storey * tier * 1.02
        canvas.fade(
            rect(x - wide * 0.86, y - storey * 0.72, x + wide * 0.86, y),
            [(0, bend(red, 0, 1, 0.6)), (1, red)],
        )
        doors = [
            rect(
                x + wide * (k / 3.4) - wide * 0.1,
                y - storey * 0.52,
                x + wide * (k / 3.4) + wide * 0.1,
                y - 0.002,
            )
            for k in (-2, -1, 0, 1, 2)
        ]
        canvas.fill_all(doors, mix(palette.lamp, red, 0.1) if is_lit else bend(red, 0, 1, 0.45))
        if is_lit:
            canvas.glow((x, y - storey * 0.3), 0.36 * size, palette.lamp, 0.4)
        canvas.fill_all(
            [
                rect(x + wide * k - 0.004, y - storey * 0.72, x + wide * k + 0.004, y)
                for k in (-0.84, -0.42, -0.14, 0.14, 0.42, 0.84)
            ],
            bend(red, 0, 1, 1.15),
        )
        eave = y - storey * 0.66
        roof = [
            (x - wide * 1.28, eave - storey * 0.16),
            (x - wide * 1.02, eave + storey * 0.02),
            (x, eave + storey * 0.07),
            (x + wide * 1.02, eave + storey * 0.02),
            (x + wide * 1.28, eave - storey * 0.16),
        ]
        ridge_line = [
            (x + wide * 0.98, eave - storey * 0.16),
            (x + wide * 0.7, eave - storey * 0.36),
            (x - wide * 0.7, eave - storey * 0.36),
            (x - wide * 0.98, eave - storey * 0.16),
        ]
        canvas.fade([*roof, *ridge_line], [(0, bend(tile, 0, 1, 1.3)), (1, bend(tile, 0, 1, 0.7))])
        canvas.fill(
            rect(x - wide * 0.72, eave - storey * 0.4, x + wide * 0.72, eave - storey * 0.34),
            mix(tile, palette.key, 0.35),
        )
