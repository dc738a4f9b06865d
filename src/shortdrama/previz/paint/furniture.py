"""What stands in a room, by kind of room: against the back wall and in front of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shortdrama.previz.paint.box import Box
from shortdrama.previz.paint.canvas import Canvas, Point, oval, rect, smooth
from shortdrama.previz.palette import Colour, Palette, bend, mix, rgb

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene


def _furnish_kitchen(canvas: Canvas, scene: Scene, palette: Palette, box: Box) -> None:
    wood, top = (
        mix(palette.second, box.dark, 0.55),
        mix(rgb("e6dccb"), box.dark, 0.3 if not scene.is_night else 0.6),
    )
    canvas.fade(box.panel(-0.02, 0.76, 1.02, 1.04), [(0, wood), (1, bend(wood, 0, 1, 0.7))])
    canvas.fill(box.panel(-0.04, 0.735, 1.04, 0.765), top)
    canvas.fill_all(
        [box.panel(i / 5 + 0.012, 0.79, (i + 1) / 5 - 0.012, 1.01) for i in range(5)],
        bend(wood, 0, 1, 1.14),
    )
    canvas.fill_all([box.panel(i / 5 + 0.08, 0.81, i / 5 + 0.12, 0.82) for i in range(5)], top)
    free = (0.58, 0.94) if canvas.random.random() < 0.5 else (0.06, 0.42)
    canvas.fill(box.panel(free[0], 0.3, free[1], 0.318), bend(wood, 0, 1, 0.8))
    for index in range(6):
        x = free[0] + 0.02 + index * (free[1] - free[0] - 0.04) / 6
        high = canvas.chance(0.04, 0.09)
        canvas.fill(
            box.panel(x, 0.3 - high, x + 0.036, 0.3),
            mix(palette.accent if index % 2 else top, box.dark, canvas.chance(0.1, 0.5)),
        )
    x = canvas.chance(0.3, 0.62)
    metal = mix((190, 196, 204), box.dark, 0.45)
    canvas.fill(box.panel(x, 0.665, x + 0.13, 0.737), metal)
    canvas.fill(box.panel(x - 0.05, 0.675, x, 0.687), bend(metal, 0, 1, 0.7))
    canvas.fill(
        oval(box.at(x + 0.065, 0.665), 0.045 * (box.right - box.left) * 1.5, 0.006),
        bend(metal, 0, 1, 1.25),
    )
    _paint_steam(canvas, *box.at(x + 0.065, 0.65))
    _paint_tiles(canvas, box)


def _paint_tiles(canvas: Canvas, box: Box) -> None:
    lines = [box.panel(0, y, 1, y + 0.002) for y in (0.69, 0.712)]
    lines += [box.panel(i / 22, 0.67, i / 22 + 0.002, 0.735) for i in range(23)]
    canvas.fill_all(lines, bend(box.wall, 0, 1, 1.3), 0.35)


def _paint_steam(canvas: Canvas, x: float, y: float) -> None:
    for index in range(4):
        drift = canvas.ux(0.02 * (index % 2 * 2 - 1)) + canvas.ux(canvas.chance(-0.01, 0.02))
        at = (x + drift * (1 + index * 0.5), y - canvas.uy(0.035 * index))
        canvas.fill(
            oval(at, canvas.ux(0.02 + 0.012 * index), canvas.uy(0.03)),
            (240, 240, 244),
            0.2 - 0.03 * index,
            0.014,
        )


def _furnish_bedroom(canvas: Canvas, scene: Scene, palette: Palette, box: Box) -> None:
    sheet = mix(rgb("e8e2da"), box.dark, 0.62 if scene.is_night else 0.28)
    cover = mix(palette.accent, box.dark, 0.45)
    left, right = box.at(0.1, 0)[0], box.at(0.9, 0)[0]
    canvas.fill(
        smooth(
            [
                (left, 0.72),
                (left, box.at(0, 0.72)[1]),
                ((left + right) / 2, box.at(0, 0.66)[1]),
                (right, box.at(0, 0.72)[1]),
                (right, 0.72),
            ]
        ),
        mix(palette.second, box.dark, 0.6),
    )
    canvas.fade(
        [(left, 0.66), (right, 0.66), (right + 0.12, 0.92), (left - 0.12, 0.92)],
        [(0, sheet), (1, bend(sheet, 0, 1, 0.75))],
    )
    for x in (0.3, 0.7):
        at = (left + (right - left) * x, 0.652)
        canvas.fill(
            smooth(
                [
                    (at[0] - 0.11, 0.675),
                    (at[0] - 0.1, 0.63),
                    (at[0] + 0.1, 0.63),
                    (at[0] + 0.11, 0.675),
                ]
            ),
            bend(sheet, 0, 1, 1.1),
        )
    canvas.fade(
        smooth(
            [
                (left - 0.05, 0.74),
                ((left + right) / 2, 0.725),
                (right + 0.05, 0.74),
                (right + 0.15, 0.95),
                (0.5, 1.0),
                (left - 0.15, 0.95),
            ]
        ),
        [(0, cover), (1, bend(cover, 0, 1, 0.6))],
    )
    _hang_picture(canvas, palette, box)
    _stand_lamp(canvas, scene, palette, (box.at(0.02, 0)[0], 0.62))


def _furnish_office(canvas: Canvas, scene: Scene, palette: Palette, box: Box) -> None:  # noqa: ARG001 - one signature for all
    slats = [
        box.panel(0.05, 0.1 + i * 0.027, 0.95, 0.107 + i * 0.027)
        for i in range(8 + int(canvas.chance(0, 6)))
    ]
    canvas.fill_all(slats, bend(box.wall, 0, 0.5, 0.95), 0.8)
    desk = mix(rgb("4a3a30"), box.dark, 0.35)
    canvas.fade(
        [(0.1, 0.71), (0.9, 0.71), (1.02, 0.765), (-0.02, 0.765)],
        [(0, bend(desk, 0, 1, 1.5)), (1, desk)],
    )
    canvas.fade(
        rect(-0.02, 0.765, 1.02, 0.97), [(0, bend(desk, 0, 1, 0.7)), (1, bend(desk, 0, 1, 0.4))]
    )
    x = canvas.chance(0.2, 0.34) if canvas.random.random() < 0.5 else canvas.chance(0.64, 0.76)
    half, top = canvas.ux(0.13), 0.72 - canvas.uy(0.17)
    canvas.fill(rect(x - half, top, x + half, 0.705), rgb("14181e"))
    screen = mix(rgb("9fc8e8"), palette.accent, 0.25)
    canvas.fade(
        rect(x - half * 0.93, top + 0.006, x + half * 0.93, 0.698),
        [(0, screen), (1, mix(screen, box.dark, 0.5))],
    )
    canvas.glow((x, 0.65), 0.4, screen, 0.35)
    canvas.fill(rect(x - half * 0.1, 0.705, x + half * 0.1, 0.728), rgb("14181e"))
    for index in range(5):
        y = 0.728 - index * 0.008
        canvas.fill(
            rect(1 - x - 0.07, y - 0.007, 1 - x + 0.06 + canvas.chance(-0.01, 0.01), y),
            mix(rgb("e0dccf"), box.dark, 0.25 + 0.1 * (index % 2)),
        )


def _furnish_hospital(canvas: Canvas, scene: Scene, palette: Palette, box: Box) -> None:
    sheet = mix(rgb("eef4f2"), box.dark, 0.5 if scene.is_night else 0.16)
    rail = mix((170, 182, 188), box.dark, 0.4)
    x = canvas.chance(0.02, 0.14)
    curtain = mix(palette.accent, sheet, 0.72)
    folds = [rect(0.86 + i * 0.03, -0.02, 0.872 + i * 0.03, 0.78) for i in range(6)]
    canvas.fade(
        rect(0.84, -0.02, 1.02, 0.78),
        [(0, bend(curtain, 0, 1, 0.7)), (1, bend(curtain, 0, 1, 0.85))],
    )
    canvas.fill_all(folds, bend(curtain, 0, 1, 0.6), 0.6, 0.003)
    canvas.fill(rect(x, 0.6, x + 0.012, 0.86), rail)
    canvas.fade(
        smooth(
            [
                (x, 0.7),
                (x + 0.16, 0.655),
                (x + 0.5, 0.69),
                (x + 0.72, 0.7),
                (x + 0.74, 0.77),
                (x, 0.78),
            ]
        ),
        [(0, sheet), (1, bend(sheet, 0, 1, 0.72))],
    )
    canvas.fill(
        smooth([(x + 0.02, 0.69), (x + 0.06, 0.64), (x + 0.2, 0.65), (x + 0.2, 0.69)]),
        bend(sheet, 0, 1, 1.05),
    )
    canvas.fill(rect(x, 0.77, x + 0.75, 0.785), rail)
    canvas.fill_all([rect(x + k, 0.785, x + k + 0.012, 0.88) for k in (0.03, 0.7)], rail)
    stand = x + 0.3
    canvas.fill(rect(stand, 0.28, stand + 0.006, 0.85), rail)
    canvas.fill(
        smooth(
            [
                (stand - 0.035, 0.29),
                (stand + 0.03, 0.29),
                (stand + 0.035, 0.36),
                (stand, 0.385),
                (stand - 0.035, 0.36),
            ]
        ),
        mix(rgb("d6ecf2"), box.dark, 0.2),
        0.85,
    )
    _paint_monitor(canvas, box)


def _paint_monitor(canvas: Canvas, box: Box) -> None:
    left, top, right, bottom = *box.at(0.62, 0.68), *box.at(0.86, 0.82)
    canvas.fill(rect(left, top, right, bottom), rgb("11181b"))
    beats = [0, 0, 0.1, -0.5, 0.9, -0.2, 0, 0, 0.1, -0.5, 0.9, -0.2, 0, 0]
    middle, step = (top + bottom) / 2, (right - left) / (len(beats) - 1)
    line = [(left + i * step, middle - b * (bottom - top) * 0.36) for i, b in enumerate(beats)]
    canvas.fill([*line, *[(x, y + 0.003) for x, y in line[::-1]]], rgb("63f0a0"))
    canvas.glow(((left + right) / 2, middle), 0.22, rgb("3fc07f"), 0.35)


def _furnish_cafe(canvas: Canvas, scene: Scene, palette: Palette, box: Box) -> None:  # noqa: ARG001 - one signature for all
    wood = mix(rgb("5a3a26"), box.dark, 0.35)
    canvas.fill(box.panel(0, 0.72, 1, 1.0), mix(wood, palette.accent, 0.25))
    canvas.fill_all(
        [box.panel(i / 12, 0.73, i / 12 + 0.006, 1.0) for i in range(13)], bend(wood, 0, 1, 0.6)
    )
    for x, y, size in ((0.2, 0.72, 0.7), (0.84, 0.75, 0.85), (0.5, 0.86, 1.3)):
        half = canvas.ux(0.17 * size)
        leg = canvas.ux(0.012 * size)
        canvas.fill(rect(x - leg, y, x + leg, y + canvas.uy(0.2 * size)), bend(wood, 0, 1, 0.5))
        canvas.fill(oval((x, y), half, canvas.uy(0.035 * size)), bend(wood, 0, 1, 1.5))
        canvas.fill(
            oval((x, y - 0.003), half * 0.94, canvas.uy(0.03 * size)), bend(wood, 0.01, 1, 1.9)
        )
        cup = canvas.ux(0.026 * size)
        at = x + half * canvas.chance(-0.5, 0.5)
        canvas.fill(
            [
                (at - cup, y - canvas.uy(0.05 * size)),
                (at + cup, y - canvas.uy(0.05 * size)),
                (at + cup * 0.7, y - 0.004),
                (at - cup * 0.7, y - 0.004),
            ],
            mix((240, 234, 224), box.dark, 0.2),
        )
        _paint_steam(canvas, at, y - canvas.uy(0.06 * size))


def _furnish_room(canvas: Canvas, scene: Scene, palette: Palette, box: Box) -> None:
    if "fire" in scene.props:
        _paint_hearth(canvas, box)
    cloth = mix(palette.accent, box.dark, 0.4)
    style = int(canvas.random.integers(0, 2))
    _hang_picture(canvas, palette, box)
    canvas.fill(oval((0.5, 0.84), 0.42, 0.075), mix(palette.second, box.floor, 0.55), 0.9)
    if style:
        _paint_sofa(canvas, cloth, box)
    else:
        _paint_table(canvas, palette, box)
    _stand_lamp(canvas, scene, palette, (box.at(0.95, 0)[0], 0.76))
    _paint_plant(canvas, palette, (box.at(0.03, 0)[0], 0.77))


def _paint_sofa(canvas: Canvas, cloth: Colour, box: Box) -> None:
    left, right = box.at(0.16, 0)[0], box.at(0.84, 0)[0]
    canvas.fade(
        smooth(
            [(left, 0.75), (left + 0.01, 0.6), (0.5, 0.592), (right - 0.01, 0.6), (right, 0.75)]
        ),
        [(0, bend(cloth, 0, 1, 1.15)), (1, bend(cloth, 0, 1, 0.7))],
    )
    canvas.fade(
        rect(left + 0.03, 0.68, right - 0.03, 0.76),
        [(0, bend(cloth, 0, 1, 1.3)), (1, bend(cloth, 0, 1, 0.75))],
    )
    for x in (left, right - 0.06):
        canvas.fade(
            smooth(
                [
                    (x - 0.02, 0.78),
                    (x - 0.02, 0.66),
                    (x + 0.03, 0.645),
                    (x + 0.08, 0.66),
                    (x + 0.08, 0.78),
                ]
            ),
            [(0, bend(cloth, 0, 1, 1.2)), (1, bend(cloth, 0, 1, 0.6))],
        )
    canvas.fill(rect(left - 0.02, 0.77, right + 0.02, 0.79), bend(box.dark, 0, 1, 0.6), 0.8, 0.004)


def _paint_table(canvas: Canvas, palette: Palette, box: Box) -> None:
    wood = mix(rgb("6a4630"), box.dark, 0.25)
    canvas.fill_all([rect(x, 0.74, x + 0.018, 0.9) for x in (0.25, 0.73)], bend(wood, 0, 1, 0.6))
    canvas.fade(
        [(0.24, 0.7), (0.76, 0.7), (0.84, 0.745), (0.16, 0.745)],
        [(0, bend(wood, 0, 1, 1.5)), (1, bend(wood, 0, 1, 1.15))],
    )
    canvas.fill(rect(0.16, 0.745, 0.84, 0.757), bend(wood, 0, 1, 0.7))
    vase = mix(palette.accent, box.dark, 0.2)
    x = canvas.chance(0.4, 0.6)
    high = canvas.uy(0.1)
    canvas.fill(
        smooth(
            [
                (x - 0.02, 0.72),
                (x - 0.035, 0.72 - high * 0.4),
                (x - 0.012, 0.72 - high),
                (x + 0.012, 0.72 - high),
                (x + 0.035, 0.72 - high * 0.4),
                (x + 0.02, 0.72),
            ]
        ),
        vase,
    )
    blooms = [
        oval(
            (x + canvas.ux(canvas.chance(-0.06, 0.06)), 0.72 - high * canvas.chance(1.2, 1.9)),
            canvas.ux(0.018),
            canvas.uy(0.016),
            14,
        )
        for _ in range(9)
    ]
    canvas.fill_all(blooms, mix(palette.second, palette.key, 0.25))


def _paint_hearth(canvas: Canvas, box: Box) -> None:
    stone = mix(rgb("8a7f76"), box.dark, 0.45)
    canvas.fill(box.panel(0.3, 0.55, 0.7, 1.0), stone)
    canvas.fill(box.panel(0.27, 0.53, 0.73, 0.565), bend(stone, 0, 1, 1.3))
    canvas.fill(box.panel(0.37, 0.66, 0.63, 1.0), rgb("140c08"))
    for colour, size in ((rgb("f26a1b"), 1.0), (rgb("ffb43a"), 0.65), (rgb("ffe9a8"), 0.32)):
        x, y = box.at(0.5, 0.99)
        high, half = 0.13 * size, 0.07 * size
        canvas.fill(
            smooth(
                [
                    (x - half, y),
                    (x - half * 0.8, y - high * 0.5),
                    (x - half * 0.2, y - high * 0.4),
                    (x, y - high),
                    (x + half * 0.4, y - high * 0.5),
                    (x + half * 0.8, y - high * 0.6),
                    (x + half, y),
                ]
            ),
            colour,
            0.95,
            0.003,
        )
    canvas.glow(box.at(0.5, 0.9), 0.75, rgb("ff9a3d"), 0.55)


def _hang_picture(canvas: Canvas, palette: Palette, box: Box) -> None:
    x = canvas.chance(0.6, 0.72)
    canvas.fill(box.panel(x, 0.28, x + 0.22, 0.45), bend(box.dark, 0, 1, 0.7))
    canvas.fade(
        box.panel(x + 0.014, 0.289, x + 0.206, 0.441),
        [
            (0, mix(palette.second, box.wall, 0.4)),
            (0.6, mix(palette.accent, box.wall, 0.5)),
            (1, box.dark),
        ],
    )


def _stand_lamp(canvas: Canvas, scene: Scene, palette: Palette, foot: Point) -> None:
    x, y = foot
    high, half = canvas.uy(0.52), canvas.ux(0.075)
    canvas.fill(rect(x - 0.004, y - high, x + 0.004, y), palette.near)
    shade = [
        (x - half * 0.6, y - high - canvas.uy(0.06)),
        (x + half * 0.6, y - high - canvas.uy(0.06)),
        (x + half, y - high + canvas.uy(0.05)),
        (x - half, y - high + canvas.uy(0.05)),
    ]
    is_lit = scene.hour in ("night", "dusk") or "lamp" in scene.props
    canvas.fill(
        shade,
        mix(palette.lamp, (255, 255, 255), 0.25)
        if is_lit
        else mix(palette.lamp, palette.wall, 0.6),
    )
    if is_lit:
        canvas.glow((x, y - high), 0.85, palette.lamp, 0.55)
        canvas.glow((x, y - high), 0.26, palette.lamp, 0.6)


def _paint_plant(canvas: Canvas, palette: Palette, foot: Point) -> None:
    x, y = foot
    green = mix(rgb("3f6b45"), palette.near, 0.35)
    leaves = []
    for index in range(9):
        lean = (index - 4) / 4
        tip = (x + canvas.ux(0.13 * lean), y - canvas.uy(0.34 - 0.17 * abs(lean)))
        middle = (x + canvas.ux(0.045 * lean), y - canvas.uy(0.2))
        leaves.append(
            smooth(
                [
                    (x, y - canvas.uy(0.05)),
                    (middle[0] - canvas.ux(0.018), middle[1]),
                    tip,
                    (middle[0] + canvas.ux(0.018), middle[1]),
                ],
                5,
            )
        )
    canvas.fill_all(leaves, green)
    half = canvas.ux(0.045)
    canvas.fill(
        [
            (x - half, y - canvas.uy(0.08)),
            (x + half, y - canvas.uy(0.08)),
            (x + half * 0.7, y),
            (x - half * 0.7, y),
        ],
        mix(palette.second, palette.near, 0.4),
    )


FURNITURE = {
    "kitchen": _furnish_kitchen,
    "bedroom": _furnish_bedroom,
    "office": _furnish_office,
    "hospital": _furnish_hospital,
    "cafe": _furnish_cafe,
    "room": _furnish_room,
}
