"""Rooms: a back wall, a window with the hour behind it, light on the floor, furniture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shortdrama.previz.paint.box import Box
from shortdrama.previz.paint.canvas import Canvas, oval, rect
from shortdrama.previz.paint.furniture import FURNITURE
from shortdrama.previz.palette import Palette, bend, mix, rgb

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene


def paint_room(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    """Any room; the kind of place decides on furniture, the hour on light."""
    box = _paint_shell(canvas, scene, palette)
    is_left = canvas.random.random() < 0.5
    window = (0.06, 0.14, 0.5, 0.66) if is_left else (0.5, 0.14, 0.94, 0.66)
    if scene.place in ("office", "cafe"):
        window = (0.05, 0.1, 0.95, 0.64)
    _paint_window(canvas, scene, palette, box, window)
    FURNITURE[scene.place](canvas, scene, palette, box)
    _paint_window_light(canvas, scene, palette, box, window)
    _paint_lamp(canvas, scene, palette, box)


def _paint_shell(canvas: Canvas, scene: Scene, palette: Palette) -> Box:
    light = {"night": 0.36, "dusk": 0.74, "dawn": 0.86, "day": 1.0}[scene.hour]
    wall = mix(bend(palette.wall, 0, 0.9, light), palette.middle, 0.22 if scene.is_night else 0.1)
    dark = mix(bend(wall, 0.02, 1.0, 0.55), palette.near, 0.25)
    wood = mix(rgb("7a5236") if scene.place != "hospital" else rgb("8f9a98"), dark, 0.35)
    shift = canvas.chance(-0.08, 0.08)
    left, right = 0.14 + shift, 0.86 + shift
    top, bottom = canvas.chance(0.1, 0.15), canvas.chance(0.62, 0.67)
    box = Box(left, top, right, bottom, wall, dark, wood)
    canvas.wash([(0, dark), (1, dark)])
    canvas.fade(
        rect(left, top, right, bottom),
        [(0, bend(wall, 0, 1, 0.84)), (0.6, wall), (1, bend(wall, 0, 1, 0.9))],
    )
    canvas.fade(
        [(-0.1, -0.14), (1.1, -0.14), (right, top), (left, top)],
        [(0, bend(dark, 0, 1, 0.7)), (1, bend(dark, 0, 1, 1.05))],
    )
    near_left, near_right = left - 0.34, right + 0.34
    canvas.fade(
        [(near_left, -0.14), (left, top), (left, bottom), (near_left, 1.14)],
        [(0, bend(wall, 0, 1, 0.6)), (1, bend(wall, 0, 1, 0.72))],
    )
    canvas.fade(
        [(right, top), (near_right, -0.14), (near_right, 1.14), (right, bottom)],
        [(0, bend(wall, 0, 1, 0.52)), (1, bend(wall, 0, 1, 0.64))],
    )
    canvas.fade(
        [(left, bottom), (right, bottom), (near_right, 1.14), (near_left, 1.14)],
        [(0, bend(wood, 0, 1, 1.12)), (1, bend(wood, 0, 1, 0.55))],
    )
    middle = (left + right) / 2
    boards = [
        [
            (middle + (x - middle) * 0.62, bottom),
            (middle + (x - middle) * 0.62 + 0.002, bottom),
            (x * 1.5 - 0.25 + 0.006, 1.14),
            (x * 1.5 - 0.25, 1.14),
        ]
        for x in (i / 9 * 1.4 - 0.2 for i in range(10))
    ]
    canvas.fill_all(boards, bend(wood, 0, 1, 0.62), 0.6)
    canvas.fill(box.panel(0, 0.965, 1, 1), bend(wall, 0, 0.7, 0.62))
    return box


def _paint_window(
    canvas: Canvas,
    scene: Scene,
    palette: Palette,
    box: Box,
    window: tuple[float, float, float, float],
) -> None:
    x0, y0, x1, y1 = window
    frame = bend(box.wall, 0, 0.5, 1.35 if not scene.is_night else 0.75)
    canvas.fill(box.panel(x0 - 0.025, y0 - 0.02, x1 + 0.025, y1 + 0.025), frame)
    low = mix(palette.low, (255, 255, 255), 0.0 if scene.hour in ("night", "dusk") else 0.35)
    canvas.fade(box.panel(x0, y0, x1, y1), [(0, palette.high), (0.55, palette.middle), (1, low)])
    _paint_view(canvas, scene, palette, box, window)
    panes = 3 if x1 - x0 > 0.6 else 2
    bars = [
        box.panel(x0 + (x1 - x0) * i / panes - 0.008, y0, x0 + (x1 - x0) * i / panes + 0.008, y1)
        for i in range(1, panes)
    ]
    bars.append(box.panel(x0, y0 + (y1 - y0) * 0.4 - 0.005, x1, y0 + (y1 - y0) * 0.4 + 0.005))
    canvas.fill_all(bars, frame)
    canvas.fill(box.panel(x0 - 0.05, y1 + 0.02, x1 + 0.05, y1 + 0.05), bend(frame, 0, 1, 0.85))
    middle = box.at((x0 + x1) / 2, (y0 + y1) / 2)
    glow = palette.key if not scene.is_night else palette.middle
    canvas.glow(middle, 0.8, glow, 0.5 if not scene.is_night else 0.25)


def _paint_view(
    canvas: Canvas,
    scene: Scene,
    palette: Palette,
    box: Box,
    window: tuple[float, float, float, float],
) -> None:
    """Roofs or trees beyond the glass, lit windows by night, drops when it rains."""
    x0, y0, x1, y1 = window
    shapes, lights = [], []
    for index in range(9):
        x = x0 + (x1 - x0) * index / 9
        top = y1 - canvas.chance(0.08, 0.32) * (y1 - y0)
        shapes.append(box.panel(x, top, min(x1, x + (x1 - x0) / 8), y1))
        for _ in range(4):
            wx, wy = x + canvas.chance(0.005, (x1 - x0) / 12), canvas.chance(top + 0.01, y1 - 0.01)
            lights.append(box.panel(wx, wy, wx + 0.01, wy + 0.008))
    canvas.fill_all(shapes, mix(palette.far, palette.low, 0.25))
    if scene.hour in ("night", "dusk"):
        canvas.fill_all(lights, palette.lamp, 0.85)
    if scene.is_night and not scene.has_rain:
        moon = box.at(x0 + (x1 - x0) * 0.7, y0 + (y1 - y0) * 0.2)
        canvas.fill(oval(moon, canvas.ux(0.022), canvas.uy(0.022)), rgb("f0eddb"), 0.95, 0.001)
    if scene.weather in ("rain", "storm", "snow"):
        _paint_drops(canvas, scene, box, window)


def _paint_drops(
    canvas: Canvas, scene: Scene, box: Box, window: tuple[float, float, float, float]
) -> None:
    x0, y0, x1, y1 = window
    drops = []
    for _ in range(70):
        x, y = canvas.chance(x0 + 0.01, x1 - 0.01), canvas.chance(y0 + 0.01, y1 - 0.08)
        long = canvas.chance(0.02, 0.08) if scene.weather != "snow" else 0.008
        drops.append(box.panel(x, y, x + (0.004 if scene.weather != "snow" else 0.008), y + long))
    canvas.fill_all(drops, (226, 236, 246), 0.42, 0.0008)


def _paint_window_light(
    canvas: Canvas,
    scene: Scene,
    palette: Palette,
    box: Box,
    window: tuple[float, float, float, float],
) -> None:
    """The window drawn again in light across floor and air."""
    x0, _, x1, y1 = window
    if scene.has_rain and not scene.is_night:
        return
    slant = 0.16 if (x0 + x1) / 2 < 0.5 else -0.16
    strength = {"night": 0.14, "dusk": 0.4, "dawn": 0.42, "day": 0.36}[scene.hour]
    left, right = box.at(x0, y1)[0], box.at(x1, y1)[0]
    middle, gap = (left + right) / 2, 0.012
    for a, b in ((left, middle - gap), (middle + gap, right)):
        pool = [
            (a + slant * 0.6, 0.76),
            (b + slant * 0.6, 0.76),
            (b + slant * 1.9, 0.95),
            (a + slant * 1.9 - 0.03, 0.95),
        ]
        canvas.shine(pool, palette.key, strength, 0.006)
    top = box.at(0, 0.2)[1]
    beam = [(left, top), (right, top), (right + slant * 1.7, 0.93), (left + slant * 1.7, 0.93)]
    canvas.shine(beam, palette.key, strength * 0.3, 0.03)


def _paint_lamp(canvas: Canvas, scene: Scene, palette: Palette, box: Box) -> None:
    is_lit = scene.hour in ("night", "dusk") or bool(scene.props & {"lamp", "candle"})
    count = 3 if scene.place in ("cafe", "kitchen") else 1
    if scene.place == "hospital":
        count = 0
    for index in range(count):
        x = box.at((index + 0.5) / count if count > 1 else 0.5, 0)[0]
        y = box.top + (0.09 if count > 1 else 0.06)
        half, high = canvas.ux(0.055), canvas.uy(0.04)
        canvas.fill(rect(x - 0.002, -0.02, x + 0.002, y), box.dark)
        canvas.fill(
            [
                (x - half * 0.25, y),
                (x + half * 0.25, y),
                (x + half, y + high),
                (x - half, y + high),
            ],
            mix(palette.accent, box.dark, 0.35),
        )
        if is_lit:
            canvas.fill(
                oval((x, y + high), half * 0.8, high * 0.2, 20),
                mix(palette.lamp, (255, 255, 255), 0.4),
            )
            canvas.glow((x, y + high * 1.1), 0.6, palette.lamp, 0.42)
            canvas.glow((x, y + high * 1.1), 0.2, palette.lamp, 0.6)
            canvas.shine(
                [
                    (x - half, y + high),
                    (x + half, y + high),
                    (x + half * 4.6, 0.8),
                    (x - half * 4.6, 0.8),
                ],
                palette.lamp,
                0.1,
                0.02,
            )
