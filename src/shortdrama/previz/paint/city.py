"""Skylines, roofs and bridges."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from shortdrama.previz.paint.canvas import Canvas, Point, oval, rect
from shortdrama.previz.paint.nature import ridge
from shortdrama.previz.paint.sky import paint_sky
from shortdrama.previz.paint.street import (
    draw_roofs,
    paint_reflections,
    paint_street_lamps,
)
from shortdrama.previz.palette import Palette, bend, mix

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene


def skyline(canvas: Canvas, scene: Scene, palette: Palette, base: float) -> None:
    """Layers of towers to `base`, hazy behind and full of windows in front."""
    is_lit = scene.hour in ("night", "dusk") or scene.has_rain
    for layer in range(4):
        share = layer / 3
        foot = base + 0.14 * share
        shape = draw_roofs(canvas, foot, 0.46 - 0.2 * share)
        colour = mix(palette.far, palette.near, share * 0.82)
        colour = mix(colour, palette.low, 0.3 * (1 - share))
        canvas.fade(
            [*shape[:-1], (1.02, 1.02), (-0.02, 1.02)],
            [(0, colour), (0.6, mix(colour, palette.low, 0.22 * (1 - share * 0.5))), (1, colour)],
        )
        if layer:
            _light_windows(canvas, palette, shape, share, is_lit)
        canvas.veil(palette.low, [(foot - 0.22, 0), (foot, 0.26 * (1 - share)), (foot + 0.06, 0)])


def _light_windows(
    canvas: Canvas, palette: Palette, shape: list[Point], share: float, is_lit: bool
) -> None:
    warm: list[list[Point]] = []
    cool: list[list[Point]] = []
    size = 0.0035 + 0.005 * share
    for (x0, y0), (x1, y1) in pairwise(shape[1:]):
        if y0 != y1 or x1 - x0 < canvas.ux(0.03):
            continue
        columns, rows = int((x1 - x0) / canvas.ux(size * 2.6)), 26
        for column in range(columns):
            for row in range(rows):
                if canvas.random.random() < (0.32 if is_lit else 0.2):
                    x = x0 + canvas.ux(size * (0.8 + 2.6 * column))
                    y = y0 + canvas.uy(size * (2 + 3.4 * row))
                    pane = rect(x, y, x + canvas.ux(size), y + canvas.uy(size * 1.5))
                    (cool if canvas.random.random() < 0.25 else warm).append(pane)
    canvas.fill_all(
        warm, palette.lamp if is_lit else mix(palette.near, palette.middle, 0.5), 0.4 + 0.5 * share
    )
    canvas.fill_all(
        cool, mix(palette.key, palette.accent, 0.25) if is_lit else palette.low, 0.3 + 0.4 * share
    )


def paint_skyline(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    sun = paint_sky(canvas, scene, palette, 0.64)
    skyline(canvas, scene, palette, 0.66)
    canvas.glow((sun[0], 0.62), 0.9, palette.key, 0.22)
    water = mix(palette.near, palette.middle, 0.25)
    if canvas.random.random() < 0.5:
        canvas.fade(rect(-0.01, 0.86, 1.01, 1.01), [(0, mix(water, palette.low, 0.3)), (1, water)])
        paint_reflections(canvas, palette, (0.5, 0.82))


def paint_rooftop(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    sun = paint_sky(canvas, scene, palette, 0.58)
    skyline(canvas, scene, palette, 0.56)
    canvas.glow((sun[0], 0.52), 0.9, palette.key, 0.24)
    deck = mix(palette.near, palette.wall, 0.22)
    side = -1 if canvas.random.random() < 0.5 else 1
    _paint_water_tank(canvas, palette, 0.5 + side * 0.34)
    canvas.fade(
        rect(-0.01, 0.73, 1.01, 1.01),
        [(0, mix(deck, palette.key, 0.22)), (0.5, deck), (1, bend(deck, 0, 1, 0.6))],
    )
    canvas.fill(rect(-0.01, 0.7, 1.01, 0.737), mix(deck, palette.middle, 0.3))
    canvas.fill(rect(-0.01, 0.694, 1.01, 0.703), mix(deck, palette.key, 0.45))
    posts = [rect(x / 9 - 0.003, 0.615, x / 9 + 0.003, 0.7) for x in range(10)]
    rails = [rect(-0.01, y, 1.01, y + 0.005) for y in (0.613, 0.655)]
    canvas.fill_all([*posts, *rails], mix(palette.near, palette.middle, 0.12))
    if "lantern" in scene.props or scene.mood in ("romance", "joy"):
        _string_bulbs(canvas, palette)


def _paint_water_tank(canvas: Canvas, palette: Palette, x: float) -> None:
    half, top = canvas.ux(0.1), 0.42
    colour = palette.depth(0.8)
    canvas.fill_all(
        [rect(x + k * half - 0.005, 0.54, x + k * half + 0.005, 0.72) for k in (-0.8, 0, 0.8)],
        colour,
    )
    canvas.fade(
        rect(x - half, top, x + half, 0.56), [(0, mix(colour, palette.middle, 0.2)), (1, colour)]
    )
    canvas.fill([(x - half * 1.1, top), (x, top - canvas.uy(0.06)), (x + half * 1.1, top)], colour)
    canvas.fill(rect(x + half * 0.82, top, x + half, 0.56), palette.key, 0.35)


def _string_bulbs(canvas: Canvas, palette: Palette) -> None:
    for string in range(2):
        y = 0.2 + 0.09 * string
        for k in range(15):
            x = -0.03 + 1.06 * k / 14
            at = (x, y + 0.09 * math.sin(math.pi * (x * (1 + string * 0.5) % 1)))
            canvas.glow(at, 0.1, palette.lamp, 0.7)
            canvas.fill(
                oval(at, canvas.ux(0.011), canvas.uy(0.011), 14),
                mix(palette.lamp, (255, 255, 255), 0.5),
            )


def paint_bridge(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    sun = paint_sky(canvas, scene, palette, 0.56)
    canvas.fill(ridge(canvas, 0.58, 0.1, 0.3), palette.depth(0.1))
    skyline_base = palette.depth(0.25)
    canvas.fill(draw_roofs(canvas, 0.58, 0.12), skyline_base)
    canvas.glow((sun[0], 0.55), 0.8, palette.key, 0.3)
    eye, steel = (0.5, 0.57), mix(palette.accent, palette.near, 0.45)
    canvas.fade(
        [(eye[0] - 0.03, eye[1]), (eye[0] + 0.03, eye[1]), (1.15, 1.02), (-0.15, 1.02)],
        [(0, mix(palette.near, palette.low, 0.6)), (1, palette.near)],
    )
    for depth in (0.75, 0.5, 0.12):
        size = 1 - depth
        half, top = 0.5 * size + 0.02, eye[1] - 0.66 * size
        colour = mix(steel, palette.low, depth * 0.7)
        for side in (-1, 1):
            x = eye[0] + side * half
            canvas.fill(rect(x - 0.03 * size, top, x + 0.03 * size, eye[1] + 0.42 * size), colour)
        canvas.fill_all(
            [
                rect(eye[0] - half, top + k * size, eye[0] + half, top + (k + 0.035) * size)
                for k in (0.03, 0.2)
            ],
            colour,
        )
    for side in (-1, 1):
        cable = [
            (eye[0] + side * 0.44, eye[1] - 0.58),
            (eye[0] + side * 0.26, eye[1] - 0.12),
            (eye[0] + side * 0.15, eye[1] - 0.17),
            (eye[0] + side * 0.15, eye[1] - 0.162),
            (eye[0] + side * 0.26, eye[1] - 0.108),
            (eye[0] + side * 0.45, eye[1] - 0.55),
        ]
        canvas.fill(cable, steel)
        rail = [
            (eye[0] + side * 0.03, eye[1] - 0.004),
            (eye[0] + side * 0.03, eye[1] + 0.002),
            (eye[0] + side * 0.7, 0.9),
            (eye[0] + side * 0.7, 0.87),
        ]
        canvas.fill(rail, palette.near)
        canvas.fill_all(
            [
                rect(
                    eye[0] + side * (0.03 + 0.67 * d) - 0.004 * d,
                    eye[1] + 0.3 * d,
                    eye[0] + side * (0.03 + 0.67 * d) + 0.006 * d,
                    eye[1] + 0.45 * d,
                )
                for d in (0.06, 0.12, 0.2, 0.3, 0.42, 0.56, 0.72, 0.9)
            ],
            palette.near,
        )
    if scene.hour in ("night", "dusk"):
        paint_street_lamps(canvas, palette, eye)
    if scene.has_rain:
        paint_reflections(canvas, palette, eye)
