"""Streets, alleys and markets: two rows of houses running to one point."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shortdrama.previz.paint.canvas import Canvas, Point, oval, rect, smooth
from shortdrama.previz.paint.sky import paint_sky
from shortdrama.previz.palette import Palette, bend, mix, rgb

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene


def paint_street(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    """Two rows of houses running to one point; stalls in a market, narrow in an alley."""
    eye = (canvas.chance(0.38, 0.62), canvas.chance(0.52, 0.57))
    paint_sky(canvas, scene, palette, eye[1])
    canvas.fill(draw_roofs(canvas, eye[1] + 0.01, 0.12), mix(palette.far, palette.low, 0.35))
    canvas.glow(eye, 0.7, palette.lamp if scene.hour != "day" else palette.low, 0.45)
    _paint_road(canvas, scene, palette, eye)
    is_lit = scene.hour in ("night", "dusk") or scene.has_rain
    narrow = {"alley": 0.1, "market": 0.16}.get(scene.place, 0.2)
    for side in (-1, 1):
        _paint_row(canvas, palette, (eye, side, narrow), is_lit)
    if scene.place == "market":
        _paint_stalls(canvas, palette, eye)
    if "neon" in scene.props or (
        scene.is_night and scene.place != "market" and "lantern" not in scene.props
    ):
        _paint_neon(canvas, palette, eye)
    if "lantern" in scene.props or scene.place == "market":
        paint_lanterns(canvas, palette, eye)
    elif is_lit:
        paint_street_lamps(canvas, palette, eye)
    if scene.has_rain:
        paint_reflections(canvas, palette, eye)


def _toward(eye: Point, side: int, edge: float, depth: float) -> float:
    """x of a wall line that is `edge` off the eye at the far end and out of sight at the lens."""
    near = eye[0] + side * ((0.5 if edge <= 0.1 else 0.72) + abs(0.5 - eye[0]))
    return near + (eye[0] + side * edge * 0.5 - near) * depth


def _paint_row(
    canvas: Canvas, palette: Palette, line: tuple[Point, int, float], is_lit: bool
) -> None:
    eye, side, narrow = line
    houses = 6
    for index in reversed(range(houses)):
        near, far = 1 - (1 - index / houses) ** 1.9, 1 - (1 - (index + 1) / houses) ** 1.9
        rise = canvas.chance(0.62, 1.15)
        colour = mix(palette.near, mix(palette.far, palette.low, 0.2), 0.12 + 0.72 * near)
        colour = mix(colour, (palette.accent, palette.second, palette.wall)[index % 3], 0.13)
        x0, x1 = (_toward(eye, side, narrow, d) for d in (near, far))
        t0, t1 = (eye[1] - rise * (1.06 - d) for d in (near, far))
        b0, b1 = (eye[1] + 0.62 * (1.04 - d) for d in (near, far))
        canvas.fade(
            [(x0, t0), (x1, t1), (x1, b1), (x0, b0)],
            [(0, mix(colour, palette.high, 0.15)), (0.75, colour), (1, bend(colour, 0, 1, 0.7))],
        )
        canvas.fill(
            [
                (x1, t1),
                (x1 - side * 0.012 * (1 - near), t1),
                (x1 - side * 0.012 * (1 - near), b1),
                (x1, b1),
            ],
            mix(colour, palette.key, 0.3),
            0.6,
        )
        _paint_windows(canvas, palette, ((x0, t0, b0), (x1, t1, b1)), is_lit)


def _paint_windows(
    canvas: Canvas,
    palette: Palette,
    wall: tuple[tuple[float, float, float], tuple[float, float, float]],
    is_lit: bool,
) -> None:
    (x0, t0, b0), (x1, t1, b1) = wall

    def at(u: float, v: float) -> Point:
        x = x0 + (x1 - x0) * u
        top, bottom = t0 + (t1 - t0) * u, b0 + (b1 - b0) * u
        return x, top + (bottom - top) * v

    lit: list[list[Point]] = []
    dark: list[list[Point]] = []
    rows = 7
    for column in range(3):
        for row in range(rows):
            u, v = 0.14 + column * 0.28, 0.07 + row * 0.092
            pane = [at(u, v), at(u + 0.15, v), at(u + 0.15, v + 0.052), at(u, v + 0.052)]
            (lit if is_lit and canvas.random.random() < 0.34 else dark).append(pane)
    canvas.fill_all(dark, mix(palette.near, palette.middle, 0.35), 0.55)
    canvas.fill_all(lit, mix(palette.lamp, palette.key, 0.15), 0.9)
    shop = [at(0.08, 0.77), at(0.92, 0.77), at(0.92, 0.93), at(0.08, 0.93)]
    canvas.fill(
        shop,
        mix(palette.lamp, palette.accent, 0.2)
        if is_lit
        else mix(palette.near, palette.middle, 0.3),
        0.85,
    )
    awning = [at(0.04, 0.735), at(0.96, 0.735), at(1.0, 0.785), at(0.0, 0.785)]
    canvas.fill(
        awning,
        mix(palette.accent if canvas.random.random() < 0.5 else palette.second, palette.near, 0.35),
    )
    if is_lit:
        canvas.glow(at(0.5, 0.85), abs(x1 - x0) * 1.1 + 0.05, palette.lamp, 0.4)


def _paint_road(canvas: Canvas, scene: Scene, palette: Palette, eye: Point) -> None:
    road = mix(palette.near, palette.middle, 0.34)
    if scene.weather == "snow":
        road = mix(rgb("dde6ef"), palette.middle, 0.45)
    canvas.fade(
        rect(-0.01, eye[1], 1.01, 1.01),
        [(0, mix(road, palette.low, 0.5)), (0.4, road), (1, bend(road, 0, 1, 0.6))],
    )
    for step in range(6):
        depth = (step / 6) ** 2
        after = depth + 0.05 + 0.1 * depth
        y0, y1 = eye[1] + 0.02 + 0.46 * depth, eye[1] + 0.02 + 0.46 * after
        drift = (0.5 - eye[0]) * 0.4
        half = 0.003 + 0.014 * depth
        x0, x1 = eye[0] + drift * depth, eye[0] + drift * after
        canvas.fill(
            [(x0 - half, y0), (x0 + half, y0), (x1 + half * 1.4, y1), (x1 - half * 1.4, y1)],
            mix(palette.key, road, 0.45),
            0.5,
        )


def _paint_stalls(canvas: Canvas, palette: Palette, eye: Point) -> None:
    for side in (-1, 1):
        for index in range(4):
            depth = 0.78 - index * 0.22
            size = 1 - depth
            x = _toward(eye, side, 0.34, depth) - side * 0.1 * size
            base = eye[1] + 0.05 + 0.36 * size
            half, high = 0.17 * size + 0.03, 0.16 * size + 0.03
            cloth = (palette.accent, palette.second)[index % 2]
            cloth = mix(cloth, palette.near, 0.12 + 0.2 * size)
            canvas.fill(
                rect(x - half, base - high * 0.1, x + half, base + high * 0.8),
                mix(palette.near, palette.accent, 0.14),
            )
            goods = [
                oval(
                    (x + canvas.chance(-0.85, 0.85) * half, base - high * canvas.chance(0.08, 0.2)),
                    half * 0.13,
                    high * 0.1,
                    12,
                )
                for _ in range(11)
            ]
            canvas.fill_all(goods[:6], mix(palette.second, palette.lamp, 0.5))
            canvas.fill_all(goods[6:], mix(palette.accent, palette.lamp, 0.35))
            canvas.glow((x, base - high * 0.5), half * 1.6, palette.lamp, 0.75)
            roof = [
                (x - half * 0.9, base - high * 1.7),
                (x + half * 0.9, base - high * 1.7),
                (x + half * 1.2, base - high * 1.1),
                (x - half * 1.2, base - high * 1.1),
            ]
            canvas.fade(roof, [(0, bend(cloth, 0, 1, 0.75)), (1, cloth)])
            stripes = []
            for k in range(4):
                a, b = -0.9 + k * 0.5, -0.65 + k * 0.5
                stripes.append(
                    [
                        (x + a * half, base - high * 1.7),
                        (x + b * half, base - high * 1.7),
                        (x + b * half * 1.33, base - high * 1.1),
                        (x + a * half * 1.33, base - high * 1.1),
                    ]
                )
            canvas.fill_all(stripes, mix(palette.lamp, cloth, 0.35), 0.75)
            canvas.fill_all(
                [
                    rect(
                        x + k * half - 0.003,
                        base - high * 1.2,
                        x + k * half + 0.003,
                        base + high * 0.8,
                    )
                    for k in (-0.95, 0.95)
                ],
                palette.near,
            )


def paint_lanterns(canvas: Canvas, palette: Palette, eye: Point) -> None:
    """Strings of lanterns from wall to wall, larger toward the lens."""
    red = mix(rgb("ff5a36"), palette.lamp, 0.2)
    for string in range(4):
        near = string / 3
        y, sag = eye[1] - 0.1 - 0.34 * near, 0.04 + 0.06 * near
        left, right = eye[0] - 0.2 - 0.55 * near, eye[0] + 0.2 + 0.55 * near
        rope = [
            (left + (right - left) * k / 20, y + sag * math.sin(math.pi * k / 20))
            for k in range(21)
        ]
        canvas.fill([*rope, *[(a, b + 0.0016) for a, b in rope[::-1]]], palette.near, 0.8)
        size = 0.014 + 0.034 * near
        for k in range(2, 20, 3 if near > 0.5 else 2):
            x, top = rope[k]
            if not -0.05 < x < 1.05:
                continue
            at = (x, top + canvas.uy(size * 1.15))
            canvas.glow(at, size * 4.2, red, 0.6)
            canvas.fill(oval(at, canvas.ux(size), canvas.uy(size * 0.86), 24), red)
            canvas.fill(
                oval(
                    (at[0], at[1] + canvas.uy(size * 0.1)),
                    canvas.ux(size * 0.55),
                    canvas.uy(size * 0.6),
                    20,
                ),
                mix(palette.lamp, (255, 255, 255), 0.25),
                0.75,
                size * 0.2,
            )
            caps = [
                rect(
                    x - canvas.ux(size * 0.35),
                    at[1] + s * canvas.uy(size * 0.86) - 0.0015,
                    x + canvas.ux(size * 0.35),
                    at[1] + s * canvas.uy(size * 0.86) + 0.0025,
                )
                for s in (-1, 1)
            ]
            canvas.fill_all(caps, palette.near)


def _paint_neon(canvas: Canvas, palette: Palette, eye: Point) -> None:
    colours = (palette.accent, palette.second, rgb("38d6ff"), rgb("ff4fa3"))
    for index in range(9):
        side = -1 if index % 2 else 1
        depth = 0.3 + 0.07 * index
        size = 1.25 - depth
        x = _toward(eye, side, 0.2, depth) - side * 0.07 * size
        y = eye[1] - canvas.chance(0.14, 0.48) * size - 0.02
        half, high = 0.028 * size + 0.006, canvas.chance(0.06, 0.13) * size
        colour = bend(colours[int(canvas.random.integers(0, 4))], 0, 1.2, 1.1)
        canvas.glow((x, y), 0.12 + 0.24 * size, colour, 0.6)
        canvas.fill(rect(x - half, y - high, x + half, y + high), mix(colour, palette.near, 0.72))
        marks = []
        for k in range(4):
            my = y - high * 0.8 + k * high * 0.42
            for stroke in range(3):
                w = half * canvas.chance(0.35, 0.7)
                sy = my + stroke * high * 0.1
                marks.append(rect(x - w, sy, x + w, sy + high * 0.035))
            marks.append(rect(x - half * 0.06, my, x + half * 0.06, my + high * 0.3))
        canvas.fill_all(marks, mix(colour, (255, 255, 255), 0.55))


def paint_street_lamps(canvas: Canvas, palette: Palette, eye: Point) -> None:
    for side in (-1, 1):
        for depth in (0.3, 0.62, 0.82):
            size = 1 - depth
            x = _toward(eye, side, 0.4, depth) - side * 0.16 * size
            base, top = eye[1] + 0.48 * size, eye[1] - 0.4 * size
            canvas.fill(
                rect(x - 0.005 * size - 0.001, top, x + 0.005 * size + 0.001, base), palette.near
            )
            head = (x - side * 0.06 * size, top)
            canvas.fill(
                [
                    (x, top),
                    (head[0], top - 0.006 * size),
                    (head[0], top + 0.008 * size),
                    (x, top + 0.014 * size),
                ],
                palette.near,
            )
            canvas.glow(head, 0.16 + 0.34 * size, palette.lamp, 0.6)
            canvas.fill(
                oval(head, canvas.ux(0.014 * size + 0.003), canvas.uy(0.011 * size + 0.003), 14),
                mix(palette.lamp, (255, 255, 255), 0.6),
            )


def paint_reflections(canvas: Canvas, palette: Palette, eye: Point) -> None:
    """Wet ground: long broken streaks of every light above it."""
    colours = (palette.lamp, palette.accent, palette.lamp, palette.key, palette.second)
    for index in range(26):
        colour = colours[index % 5]
        x = canvas.chance(0.02, 0.98)
        y = eye[1] + canvas.chance(0.05, 0.3)
        wide = canvas.ux(canvas.chance(0.006, 0.028))
        for _ in range(4):
            high = canvas.uy(canvas.chance(0.02, 0.07))
            streak = smooth(
                [
                    (x - wide, y),
                    (x, y - high * 0.2),
                    (x + wide, y),
                    (x + wide * 0.5, y + high),
                    (x - wide * 0.5, y + high),
                ],
                4,
            )
            canvas.shine(streak, colour, canvas.chance(0.2, 0.5), 0.004)
            y += high * 1.15
            x += canvas.ux(canvas.chance(-0.004, 0.004))


def draw_roofs(canvas: Canvas, base: float, rise: float) -> list[Point]:
    points: list[Point] = [(-0.02, base)]
    x = -0.02
    while x < 1.02:
        wide, top = canvas.ux(canvas.chance(0.05, 0.14)), base - rise * canvas.chance(0.25, 1.0)
        points += [(x, top), (x + wide, top)]
        if canvas.random.random() < 0.25:
            middle = x + wide / 2
            points[-1:] = [
                (middle - 0.002, top),
                (middle, top - 0.04),
                (middle + 0.002, top),
                (x + wide, top),
            ]
        x += wide
    return [*points, (1.02, base)]
