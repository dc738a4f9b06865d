"""Corridor, lift and stairs: one vanishing point, light at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shortdrama.previz.paint.canvas import Canvas, Point, oval, rect
from shortdrama.previz.palette import Palette, bend, mix, rgb

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene


def paint_corridor(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    light = 0.5 if scene.is_night else 0.9
    wall = mix(bend(palette.wall, 0, 0.85, light), palette.near, 0.1)
    eye = (canvas.chance(0.4, 0.6), canvas.chance(0.4, 0.46))

    def at(x: float, y: float, depth: float) -> Point:
        """From the lens (depth 0) to the end wall (1); x, y of the opening are -0.05..1.05."""
        share = 1 - 0.86 * depth**0.62
        return eye[0] + (x - eye[0]) * share, eye[1] + (y - eye[1]) * share

    canvas.wash([(0, bend(wall, 0, 1, 0.4)), (1, bend(wall, 0, 1, 0.4))])
    for band in range(10):
        near, far = band / 10, (band + 1) / 10
        tone = 0.5 + 0.62 * far if band % 3 else 0.62 + 0.66 * far
        canvas.fill(
            [
                at(-0.06, -0.12, near),
                at(-0.06, -0.12, far),
                at(-0.06, 1.12, far),
                at(-0.06, 1.12, near),
            ],
            bend(wall, 0, 1, tone * 0.82),
        )
        canvas.fill(
            [
                at(1.06, -0.12, near),
                at(1.06, -0.12, far),
                at(1.06, 1.12, far),
                at(1.06, 1.12, near),
            ],
            bend(wall, 0, 1, tone * 0.7),
        )
        floor = mix(bend(wall, 0.03, 0.8, tone * 0.62), palette.accent, 0.12)
        canvas.fill(
            [
                at(-0.06, 1.12, near),
                at(1.06, 1.12, near),
                at(1.06, 1.12, far),
                at(-0.06, 1.12, far),
            ],
            floor,
        )
        canvas.fill(
            [
                at(-0.06, -0.12, near),
                at(1.06, -0.12, near),
                at(1.06, -0.12, far),
                at(-0.06, -0.12, far),
            ],
            bend(wall, 0, 0.7, tone * 0.5),
        )
    for side in (-0.06, 1.06):
        for depth in (0.12, 0.38, 0.64):
            door = [
                at(side, 0.2, depth),
                at(side, 0.2, depth + 0.11),
                at(side, 1.12, depth + 0.11),
                at(side, 1.12, depth),
            ]
            canvas.fill(door, bend(mix(palette.second, wall, 0.55), 0, 1, 0.35 + 0.5 * depth))
        strip = [at(side, 0.75, 0), at(side, 0.75, 1), at(side, 0.775, 1), at(side, 0.775, 0)]
        canvas.fill(strip, bend(palette.accent, 0, 0.7, 0.6), 0.5)
    end = rect(*at(-0.06, -0.12, 1), *at(1.06, 1.12, 1))
    glow = (
        palette.lamp if scene.hour in ("night", "dusk") else mix(palette.key, (255, 255, 255), 0.2)
    )
    canvas.fade(end, [(0, mix(glow, wall, 0.3)), (1, glow)])
    canvas.glow(eye, 0.75, glow, 0.7)
    for depth in (0.08, 0.3, 0.52, 0.74):
        lamp = [
            at(0.4, -0.12, depth),
            at(0.6, -0.12, depth),
            at(0.6, -0.12, depth + 0.08),
            at(0.4, -0.12, depth + 0.08),
        ]
        canvas.fill(lamp, mix(palette.lamp, (255, 255, 255), 0.4))
        canvas.glow(at(0.5, -0.08, depth), 0.36 * (1 - depth * 0.6), palette.lamp, 0.42)
    canvas.shine(
        [at(0.3, 1.12, 1), at(0.7, 1.12, 1), at(0.85, 1.12, 0.03), at(0.15, 1.12, 0.03)],
        glow,
        0.3,
        0.02,
    )


def paint_elevator(canvas: Canvas, scene: Scene, palette: Palette) -> None:  # noqa: ARG001 - one signature for all
    steel = mix(bend(palette.wall, 0, 0.25, 0.85), palette.middle, 0.2)
    canvas.wash(
        [(0, bend(steel, 0, 1, 0.5)), (0.5, bend(steel, 0, 1, 0.85)), (1, bend(steel, 0, 1, 0.35))]
    )
    left, right, top, bottom = 0.2, 0.8, 0.16, 0.8
    canvas.fade(
        rect(left, top, right, bottom),
        [(0, mix(palette.lamp, steel, 0.35)), (1, mix(palette.lamp, steel, 0.7))],
    )
    gap = canvas.chance(0.04, 0.1)
    for a, b in ((left, 0.5 - gap), (0.5 + gap, right)):
        canvas.fade(
            rect(a, top, b, bottom),
            [
                (0, bend(steel, 0, 1, 1.15)),
                (0.5, bend(steel, 0, 1, 0.8)),
                (1, bend(steel, 0, 1, 0.6)),
            ],
        )
        for _ in range(14):
            x = canvas.chance(a, b - 0.01)
            canvas.fill(rect(x, top, x + 0.006, bottom), (255, 255, 255), 0.07)
    canvas.fill(rect(left - 0.03, top - 0.03, right + 0.03, top), bend(steel, 0, 1, 0.4))
    canvas.fill(rect(0.44, 0.08, 0.56, 0.115), rgb("120a08"))
    canvas.fill_all(
        [
            rect(0.47, 0.088, 0.48, 0.107),
            rect(0.5, 0.088, 0.53, 0.092),
            rect(0.515, 0.092, 0.53, 0.107),
        ],
        palette.accent,
    )
    canvas.glow((0.5, 0.1), 0.25, palette.accent, 0.4)
    canvas.shine(
        [(0.5 - gap, top), (0.5 + gap, top), (0.5 + gap * 4, 1.02), (0.5 - gap * 4, 1.02)],
        palette.lamp,
        0.42,
        0.02,
    )
    canvas.glow((0.5, 0.3), 0.7, palette.lamp, 0.42)
    canvas.fill(oval((0.9, 0.48), canvas.ux(0.03), canvas.uy(0.03)), palette.lamp)
    canvas.fade(
        [(0.1, bottom), (0.9, bottom), (1.2, 1.1), (-0.2, 1.1)],
        [(0, bend(steel, 0, 1, 0.55)), (1, bend(steel, 0, 1, 0.3))],
    )
    canvas.shine(
        [(0.5 - gap, bottom), (0.5 + gap, bottom), (0.5 + gap * 5, 1.02), (0.5 - gap * 5, 1.02)],
        palette.lamp,
        0.5,
        0.012,
    )


def paint_stairs(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    wall = mix(bend(palette.wall, 0, 0.8, 0.5 if scene.is_night else 0.95), palette.middle, 0.15)
    canvas.wash(
        [(0, bend(wall, 0, 1, 0.95)), (0.6, bend(wall, 0, 1, 0.75)), (1, bend(wall, 0, 1, 0.4))]
    )
    top_x = canvas.chance(0.34, 0.66)
    door = rect(top_x - canvas.ux(0.14), 0.16, top_x + canvas.ux(0.14), 0.42)
    glow = palette.lamp if scene.is_night else mix(palette.key, (255, 255, 255), 0.3)
    canvas.fade(door, [(0, mix(glow, palette.low, 0.3)), (1, glow)])
    canvas.glow((top_x, 0.3), 0.9, glow, 0.6)
    stone = mix(bend(wall, 0.02, 0.8, 0.9), rgb("8a8078"), 0.3)
    steps = 11
    for index in range(steps):
        share = (index / steps) ** 1.35
        after = ((index + 1) / steps) ** 1.35
        y0, y1 = 0.42 + 0.62 * share, 0.42 + 0.62 * after
        half0, half1 = 0.2 + 0.62 * share, 0.2 + 0.62 * after
        middle0, middle1 = top_x + (0.5 - top_x) * share, top_x + (0.5 - top_x) * after
        tread = y0 + (y1 - y0) * 0.42
        lit = 1.25 - 0.75 * share
        canvas.fill(
            [
                (middle0 - half0, y0),
                (middle0 + half0, y0),
                (middle1 + half1, tread),
                (middle1 - half1, tread),
            ],
            mix(bend(stone, 0, 1, lit), glow, 0.3 * (1 - share)),
        )
        canvas.fill(
            [
                (middle1 - half1, tread),
                (middle1 + half1, tread),
                (middle1 + half1, y1 + 0.002),
                (middle1 - half1, y1 + 0.002),
            ],
            bend(stone, 0, 1, lit * 0.55),
        )
    for side in (-1, 1):
        rail = [
            (top_x + side * 0.2, 0.33),
            (top_x + side * 0.212, 0.33),
            (0.5 + side * 0.86, 0.78),
            (0.5 + side * 0.82, 0.81),
        ]
        canvas.fill(rail, palette.near)
        canvas.fill_all(
            [
                rect(
                    top_x + side * (0.2 + 0.62 * (i / 7) ** 1.35) - 0.004,
                    0.33 + 0.46 * (i / 7) ** 1.35,
                    top_x + side * (0.2 + 0.62 * (i / 7) ** 1.35) + 0.004,
                    0.43 + 0.6 * (i / 7) ** 1.35,
                )
                for i in range(8)
            ],
            palette.near,
            0.9,
        )
    canvas.shine(
        [(top_x - 0.1, 0.42), (top_x + 0.1, 0.42), (0.8, 1.02), (0.2, 1.02)], glow, 0.25, 0.03
    )
