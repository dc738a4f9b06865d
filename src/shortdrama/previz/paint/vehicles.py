"""Trams, cars, ships and platforms: the world slides by behind glass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shortdrama.previz.paint.canvas import Canvas, oval, rect, smooth
from shortdrama.previz.paint.nature import ridge
from shortdrama.previz.paint.sky import paint_sky
from shortdrama.previz.palette import Palette, bend, mix, rgb

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene


def _paint_outside(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    """What passes: hills by day, lights out of focus after dark."""
    paint_sky(canvas, scene, palette, 0.5)
    canvas.fill(ridge(canvas, 0.5, 0.12, 0.3), palette.depth(0.15))
    canvas.fill(ridge(canvas, 0.58, 0.09, 0.3), palette.depth(0.4))
    if scene.hour in ("night", "dusk") or scene.has_rain:
        paint_bokeh(canvas, palette, 0.5)


def paint_bokeh(canvas: Canvas, palette: Palette, centre: float) -> None:
    """Lights out of focus around a height of the picture."""
    colours = (
        palette.lamp,
        palette.accent,
        palette.second,
        mix(palette.lamp, (255, 255, 255), 0.4),
    )
    for index in range(34):
        size = canvas.chance(0.01, 0.045)
        at = (canvas.chance(0, 1), centre + float(canvas.random.normal(0, 0.07)))
        disc = oval(at, canvas.ux(size), canvas.uy(size), 24)
        canvas.shine(disc, colours[index % 4], canvas.chance(0.25, 0.65), 0.002)


def paint_tram(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    _paint_outside(canvas, scene, palette)
    body = mix(bend(palette.wall, 0, 0.8, 0.42 if scene.is_night else 0.7), palette.near, 0.2)
    lit = mix(body, palette.lamp, 0.25)
    left = canvas.chance(0.04, 0.1)
    top, bottom, gap = 0.24, 0.6, 0.045
    panes = [(left + i * 0.33, left + i * 0.33 + 0.33 - gap) for i in range(-1, 4)]
    canvas.fade(rect(-0.01, -0.01, 1.01, top), [(0, bend(body, 0, 1, 0.6)), (1, lit)])
    canvas.fade(
        rect(-0.01, bottom, 1.01, 1.01),
        [(0, lit), (0.35, bend(body, 0, 1, 0.8)), (1, bend(body, 0, 1, 0.4))],
    )
    canvas.fill_all([rect(b, top - 0.01, b + gap, bottom + 0.01) for _, b in panes], body)
    canvas.fill_all(
        [rect(b + gap * 0.75, top, b + gap, bottom) for _, b in panes], palette.key, 0.3
    )
    canvas.fill_all([rect(-0.01, top + 0.075, 1.01, top + 0.082)], body)
    for a, b in panes:
        canvas.shine(
            [(a + 0.05, top), (a + 0.12, top), (a + 0.02, bottom), (a - 0.05, bottom)],
            (255, 255, 255),
            0.08,
            0.004,
        )
        canvas.shine(
            [(a, bottom), (b, bottom), (b + 0.2, 0.95), (a + 0.2, 0.95)], palette.key, 0.16, 0.012
        )
    canvas.fill(rect(-0.01, 0.1, 1.01, 0.112), mix(lit, (255, 255, 255), 0.2))
    for k in range(6):
        x = 0.06 + k * 0.18
        canvas.fill(rect(x - 0.004, 0.112, x + 0.004, 0.17), mix(palette.second, palette.near, 0.4))
        ring = [
            oval((x, 0.19), canvas.ux(0.03), canvas.uy(0.03)),
        ]
        canvas.fill_all(ring, mix(palette.accent, palette.near, 0.25))
        canvas.fill(oval((x, 0.19), canvas.ux(0.02), canvas.uy(0.02)), lit)
    canvas.fill(rect(-0.01, 0.035, 1.01, 0.05), mix(palette.lamp, (255, 255, 255), 0.55))
    canvas.glow((0.5, 0.04), 0.8, palette.lamp, 0.45)
    seat = mix(palette.accent, palette.near, 0.4)
    for x in (0.12, 0.5, 0.88):
        back = smooth(
            [
                (x - 0.17, 0.86),
                (x - 0.165, 0.7),
                (x - 0.1, 0.668),
                (x + 0.1, 0.668),
                (x + 0.165, 0.7),
                (x + 0.17, 0.86),
            ]
        )
        canvas.fade(back, [(0, bend(seat, 0, 1, 1.2)), (1, bend(seat, 0, 1, 0.55))])
    canvas.fade(
        rect(-0.01, 0.84, 1.01, 0.9), [(0, bend(seat, 0, 1, 1.0)), (1, bend(seat, 0, 1, 0.5))]
    )
    pole = canvas.chance(0.2, 0.3) if canvas.random.random() < 0.5 else canvas.chance(0.7, 0.8)
    canvas.fill(
        rect(pole - 0.009, -0.01, pole + 0.009, 1.01), mix(rgb("d9b25f"), palette.near, 0.3)
    )
    canvas.fill(rect(pole - 0.006, -0.01, pole - 0.002, 1.01), (255, 246, 220), 0.6)


def paint_car(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    _paint_outside(canvas, scene, palette)
    road = mix(palette.near, palette.middle, 0.2)
    canvas.fade(
        [(0.47, 0.52), (0.53, 0.52), (1.3, 0.8), (-0.3, 0.8)],
        [(0, mix(road, palette.low, 0.4)), (1, road)],
    )
    canvas.fill_all(
        [
            [(0.5, 0.54), (0.503, 0.54), (0.51, 0.6), (0.5, 0.6)],
            [(0.5, 0.63), (0.515, 0.63), (0.54, 0.74), (0.51, 0.74)],
        ],
        mix(palette.key, road, 0.3),
        0.8,
    )
    if scene.hour in ("night", "dusk"):
        for x in (0.34, 0.4):
            canvas.glow((x, 0.57), 0.22, (255, 244, 222), 0.9)
    ink = mix(mix(palette.near, palette.wall, 0.14), (0, 0, 0), 0.25)
    canvas.glow((0.5, 0.53), 0.9, mix(palette.lamp, palette.low, 0.5), 0.4)
    frame = [
        (-0.01, -0.01),
        (1.01, -0.01),
        (1.01, 0.16),
        (0.93, 0.17),
        (0.5, 0.145),
        (0.07, 0.17),
        (-0.01, 0.16),
    ]
    canvas.fill(frame, ink)
    canvas.fill_all(
        [
            [(-0.01, -0.01), (0.1, 0.1), (0.02, 0.7), (-0.01, 0.7)],
            [(1.01, -0.01), (0.9, 0.1), (0.98, 0.7), (1.01, 0.7)],
        ],
        ink,
    )
    canvas.fill(
        smooth(
            [(0.37, 0.2), (0.5, 0.188), (0.63, 0.2), (0.63, 0.252), (0.5, 0.262), (0.37, 0.252)]
        ),
        ink,
    )
    canvas.fade(
        smooth(
            [
                (0.385, 0.207),
                (0.5, 0.197),
                (0.615, 0.207),
                (0.613, 0.245),
                (0.5, 0.253),
                (0.387, 0.245),
            ]
        ),
        [(0, palette.middle), (1, palette.far)],
    )
    dash = smooth(
        [(-0.3, 0.72), (0.1, 0.7), (0.5, 0.685), (0.9, 0.7), (1.3, 0.72), (1.3, 1.2), (-0.3, 1.2)]
    )
    canvas.fade(
        dash, [(0, mix(ink, palette.low, 0.42)), (0.16, mix(ink, palette.middle, 0.22)), (1, ink)]
    )
    x = 0.3 if canvas.random.random() < 0.6 else 0.7
    wheel, hole = (
        oval((x, 0.88), canvas.ux(0.27), canvas.uy(0.23), 60),
        oval((x, 0.88), canvas.ux(0.235), canvas.uy(0.198), 60),
    )
    canvas.fill([*wheel, wheel[0], hole[0], *hole[::-1]], mix(ink, palette.low, 0.4))
    canvas.fill(
        rect(x - canvas.ux(0.24), 0.87, x + canvas.ux(0.24), 0.89), mix(ink, palette.middle, 0.14)
    )
    canvas.fill(oval((x, 0.88), canvas.ux(0.08), canvas.uy(0.06)), mix(ink, palette.middle, 0.16))
    for k in range(2):
        dial = (x + canvas.ux(0.1 * (k * 2 - 1)), 0.755)
        canvas.glow(dial, 0.13, palette.accent, 0.5)
        canvas.fill(oval(dial, canvas.ux(0.045), canvas.uy(0.03)), mix(palette.accent, ink, 0.55))
    canvas.fill(rect(1 - x - 0.1, 0.735, 1 - x + 0.1, 0.79), mix(palette.second, ink, 0.5))
    canvas.glow((1 - x, 0.76), 0.25, palette.second, 0.3)
    canvas.shine(
        [(0.1, 0.17), (0.22, 0.16), (0.06, 0.69), (0.02, 0.69)], (255, 255, 255), 0.1, 0.006
    )


def paint_ship(canvas: Canvas, scene: Scene, palette: Palette) -> None:  # noqa: ARG001 - one signature for all
    """A bridge with a window on a planet."""
    canvas.wash([(0, (6, 8, 20)), (0.5, mix((10, 14, 34), palette.accent, 0.16)), (1, (5, 6, 14))])
    stars = [
        oval((canvas.chance(0, 1), canvas.chance(0, 0.72)), canvas.ux(s), canvas.uy(s), 6)
        for s in [canvas.chance(0.0008, 0.003) for _ in range(170)]
    ]
    canvas.fill_all(stars, (232, 238, 255), 0.85)
    for _ in range(5):
        canvas.glow(
            (canvas.chance(0, 1), canvas.chance(0.1, 0.6)),
            canvas.chance(0.3, 0.6),
            mix(palette.accent, palette.second, canvas.chance(0, 1)),
            0.2,
        )
    x, y, radius = canvas.chance(0.25, 0.75), canvas.chance(0.36, 0.48), canvas.chance(0.24, 0.36)
    canvas.glow((x, y), radius * 1.7, mix(palette.second, (140, 180, 255), 0.5), 0.5)
    globe = oval((x, y), canvas.ux(radius), canvas.uy(radius), 80)
    canvas.fade(
        globe,
        [
            (0, mix(palette.second, (255, 255, 255), 0.35)),
            (0.5, mix(palette.accent, palette.second, 0.5)),
            (1, (10, 12, 28)),
        ],
    )
    canvas.fill(
        oval(
            (x + canvas.ux(radius * 0.35), y + canvas.uy(radius * 0.3)),
            canvas.ux(radius * 0.9),
            canvas.uy(radius * 0.9),
        ),
        (6, 8, 20),
        0.45,
        radius * 0.16,
    )
    hull = rgb("10151f")
    canvas.fill_all(
        [
            [(-0.01, -0.01), (1.01, -0.01), (1.01, 0.1), (0.86, 0.14), (0.14, 0.14), (-0.01, 0.1)],
            [(-0.01, 0.1), (0.14, 0.14), (0.03, 0.74), (-0.01, 0.76)],
            [(1.01, 0.1), (0.86, 0.14), (0.97, 0.74), (1.01, 0.76)],
        ],
        hull,
    )
    canvas.fill_all(
        [
            [(0.33, 0.13), (0.345, 0.13), (0.3, 0.74), (0.275, 0.74)],
            [(0.655, 0.13), (0.67, 0.13), (0.725, 0.74), (0.7, 0.74)],
        ],
        hull,
    )
    canvas.fade(
        [(-0.01, 0.76), (0.03, 0.72), (0.97, 0.72), (1.01, 0.76), (1.01, 1.01), (-0.01, 1.01)],
        [(0, bend(hull, 0, 1, 2.6)), (0.15, bend(hull, 0, 1, 1.5)), (1, (4, 5, 9))],
    )
    for k in range(9):
        at = (0.08 + k * 0.105, 0.775 + 0.02 * abs(k - 4) / 4)
        colour = (palette.accent, palette.second, palette.lamp)[k % 3]
        canvas.fill(
            rect(at[0] - 0.03, at[1], at[0] + 0.03, at[1] + canvas.chance(0.012, 0.03)), colour, 0.8
        )
        canvas.glow(at, 0.12, colour, 0.4)


def paint_station(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    """A platform under a roof, a train standing on one side."""
    eye = (canvas.chance(0.4, 0.6), 0.5)
    paint_sky(canvas, scene, palette, eye[1])
    canvas.glow(eye, 0.8, palette.key, 0.4)
    side = 1 if canvas.random.random() < 0.5 else -1
    stone = mix(rgb("8a8680"), palette.near, 0.6 if scene.is_night else 0.3)
    canvas.fade(
        rect(-0.01, eye[1] + 0.01, 1.01, 1.01),
        [(0, mix(stone, palette.low, 0.4)), (1, bend(stone, 0, 1, 0.5))],
    )
    roof = mix(palette.near, palette.middle, 0.2)
    canvas.fill(
        [
            (-0.2, -0.02),
            (1.2, -0.02),
            (1.2, 0.06),
            (eye[0] + 0.05, eye[1] - 0.06),
            (eye[0] - 0.05, eye[1] - 0.06),
            (-0.2, 0.06),
        ],
        roof,
    )
    for depth in (0.85, 0.72, 0.55, 0.3):
        size = 1 - depth
        x = eye[0] - side * (0.06 + 0.52 * size)
        canvas.fill(
            rect(
                x - 0.014 * size,
                eye[1] - 0.46 * size - 0.04,
                x + 0.014 * size,
                eye[1] + 0.52 * size,
            ),
            bend(roof, 0, 1, 0.8),
        )
        lamp = (eye[0] - side * 0.2 * size, eye[1] - 0.34 * size - 0.05)
        canvas.glow(lamp, 0.16 + 0.4 * size, palette.lamp, 0.55)
        canvas.fill(
            rect(lamp[0] - 0.07 * size, lamp[1] - 0.004, lamp[0] + 0.07 * size, lamp[1] + 0.004),
            mix(palette.lamp, (255, 255, 255), 0.6),
        )
    train = mix(palette.accent, palette.near, 0.3)
    far_x, near_x = eye[0] + side * 0.05, eye[0] + side * 0.85

    def at(u: float, v: float) -> tuple[float, float]:
        x = near_x + (far_x - near_x) * u
        high = 1 - 0.9 * u
        return x, eye[1] + (-0.38 + 0.74 * v) * high

    canvas.fade(
        [at(0, 0), at(1, 0), at(1, 1), at(0, 1)],
        [(0, mix(train, palette.middle, 0.3)), (0.5, train), (1, bend(train, 0, 1, 0.4))],
    )
    canvas.fill(
        [at(0, 0.62), at(1, 0.62), at(1, 0.68), at(0, 0.68)],
        mix(palette.second, (255, 255, 255), 0.3),
    )
    panes = [
        [
            at(1 - (1 - k / 7) ** 1.2 + 0.02, 0.2),
            at(1 - (1 - (k + 0.72) / 7) ** 1.2, 0.2),
            at(1 - (1 - (k + 0.72) / 7) ** 1.2, 0.5),
            at(1 - (1 - k / 7) ** 1.2 + 0.02, 0.5),
        ]
        for k in range(7)
    ]
    is_lit = scene.hour in ("night", "dusk") or scene.has_rain
    canvas.fill_all(
        panes, palette.lamp if is_lit else mix(palette.middle, palette.near, 0.35), 0.92
    )
    if is_lit:
        canvas.glow(at(0.3, 0.4), 0.7, palette.lamp, 0.4)
    edge = [
        (eye[0] + side * 0.03, eye[1] + 0.03),
        (eye[0] + side * 0.04, eye[1] + 0.03),
        (eye[0] + side * 0.5, 1.02),
        (eye[0] + side * 0.42, 1.02),
    ]
    canvas.fill(edge, rgb("e8c03c"), 0.75)
    if scene.weather == "fog" or scene.mood in ("sorrow", "romance"):
        for _ in range(7):
            canvas.fill(
                oval(
                    (eye[0] + side * canvas.chance(0, 0.5), canvas.chance(0.6, 0.85)),
                    canvas.ux(0.2),
                    canvas.uy(0.07),
                ),
                palette.low,
                0.16,
                0.05,
            )
