"""Forest, mountains, water, open land."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shortdrama.previz.paint.canvas import Canvas, Point, limb, oval, rect, smooth
from shortdrama.previz.paint.sky import paint_sky
from shortdrama.previz.palette import Colour, Palette, mix, rgb

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene


def ridge(canvas: Canvas, base: float, rise: float, rough: float) -> list[Point]:
    """A skyline of land across the picture: sums of a few waves, closed at the bottom."""
    phases = [canvas.chance(0, 7) for _ in range(6)]
    pace = canvas.chance(2.0, 4.0)
    points = []
    for step in range(81):
        x = -0.02 + 1.04 * step / 80
        y = sum(
            math.sin(x * pace * 1.9**k + phase) / (1.9**k) ** (1.5 - rough)
            for k, phase in enumerate(phases)
        )
        points.append((x, base - rise * (0.5 + 0.32 * y)))
    return [*points, (1.02, 1.02), (-0.02, 1.02)]


def paint_mountain(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    sun = paint_sky(canvas, scene, palette, 0.62)
    layers = 5
    for index in range(layers):
        share = index / (layers - 1)
        shape = ridge(canvas, 0.5 + 0.4 * share, 0.3 * (1 - 0.5 * share), 0.42 - 0.2 * share)
        colour = palette.depth(share**1.2)
        canvas.fade(
            shape,
            [
                (0, mix(colour, palette.key, 0.14 * (1 - share))),
                (0.5, mix(colour, palette.low, 0.3 * (1 - share))),
                (1, colour),
            ],
        )
        if scene.weather == "snow" and index < 3:
            _paint_snow_caps(canvas, shape, palette)
        canvas.veil(
            palette.low,
            [
                (0.36 + 0.36 * share, 0),
                (0.5 + 0.36 * share, 0.3 * (1 - share)),
                (0.62 + 0.36 * share, 0),
            ],
        )
    canvas.glow(sun, 0.7, palette.key, 0.18)
    _paint_pines(canvas, palette, 0.93)


def _paint_snow_caps(canvas: Canvas, shape: list[Point], palette: Palette) -> None:
    crest = shape[:-2]
    low = [(x, y + canvas.uy(canvas.chance(0.012, 0.07))) for x, y in crest]
    canvas.fill([*crest, *low[::-1]], mix((244, 248, 255), palette.middle, 0.3), 0.7)


def _paint_pines(canvas: Canvas, palette: Palette, base: float) -> None:
    shapes = []
    for _ in range(16):
        x = canvas.chance(-0.02, 1.02)
        if 0.3 < x < 0.7 and canvas.random.random() < 0.75:
            continue
        high, half = canvas.uy(canvas.chance(0.1, 0.26)), canvas.ux(canvas.chance(0.02, 0.04))
        foot = base + canvas.chance(0, 0.07)
        for tier in range(4):
            top = foot - high * (1 - tier * 0.2)
            wide = half * (0.35 + 0.25 * tier)
            shapes.append([(x, top), (x + wide, top + high * 0.34), (x - wide, top + high * 0.34)])
        shapes.append(rect(x - half * 0.12, foot - high * 0.3, x + half * 0.12, 1.02))
    canvas.fill_all(shapes, mix(palette.near, palette.far, 0.08))


def paint_forest(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    green = rgb("4f7a4a") if scene.weather != "snow" else rgb("8fa3b0")
    far, near = mix(palette.low, green, 0.45), mix(palette.near, green, 0.16)
    if scene.is_night:
        far, near = mix(palette.middle, green, 0.2), mix(palette.near, green, 0.06)
    glade = canvas.chance(0.36, 0.64)
    canvas.wash(
        [
            (0, mix(far, green, 0.55)),
            (0.46, mix(far, palette.key, 0.45)),
            (0.7, mix(far, green, 0.3)),
            (1, near),
        ]
    )
    canvas.glow(
        (glade, 0.42), 0.9, mix(palette.key, palette.low, 0.4), 0.3 if scene.is_night else 0.6
    )
    if scene.is_night:
        canvas.fill(oval((glade, 0.2), canvas.ux(0.06), canvas.uy(0.06)), rgb("eef0de"), 0.9, 0.003)
    for layer in range(4):
        share = (layer + 0.4) / 4
        _paint_ground(canvas, 0.66 + 0.09 * layer, mix(far, near, share))
        _paint_trunks(canvas, glade, share, mix(far, near, share**0.8))
        if layer == 1 and not scene.has_rain:
            _paint_beams(canvas, palette, glade, 0.1 if scene.is_night else 0.26)
    _paint_path(canvas, glade, mix(palette.key, near, 0.55))
    _paint_leaves(canvas, mix(rgb("e88aa8"), near, 0.3) if "petals" in scene.props else near)


def _paint_ground(canvas: Canvas, top: float, colour: Colour) -> None:
    canvas.fill(ridge(canvas, top + 0.02, 0.035, 0.3), colour)


def _paint_trunks(canvas: Canvas, glade: float, share: float, colour: Colour) -> None:
    count = int(13 - 8 * share)
    shapes: list[list[Point]] = []
    for index in range(count):
        x = (index + canvas.chance(0.15, 0.85)) / count * 1.1 - 0.05
        if abs(x - glade) < 0.08 + 0.13 * share:
            continue
        half = (0.007 + 0.034 * share**1.6) * canvas.chance(0.7, 1.3)
        lean, foot = canvas.chance(-0.03, 0.03), 0.68 + 0.3 * share
        path = [(x + lean, -0.05), (x + lean * 0.3, foot * 0.5), (x, foot), (x, foot + 0.05)]
        sizes = [canvas.uy(half * k) for k in (0.7, 0.9, 1.15, 1.9)]
        shapes.append(limb(path, sizes, canvas.width / canvas.height))
        for _ in range(2):
            y = canvas.chance(0.05, 0.42)
            side = 1 if canvas.random.random() < 0.5 else -1
            reach = canvas.ux(canvas.chance(0.08, 0.2))
            branch = [
                (x + lean * 0.5, y),
                (x + side * reach * 0.6, y - 0.03),
                (x + side * reach, y - 0.07),
            ]
            shapes.append(
                limb(
                    branch,
                    [canvas.uy(half * k) for k in (0.35, 0.2, 0.05)],
                    canvas.width / canvas.height,
                )
            )
    canvas.fill_all(shapes, colour)


def _paint_beams(canvas: Canvas, palette: Palette, glade: float, strength: float) -> None:
    for _ in range(5):
        x = glade + canvas.chance(-0.3, 0.3)
        wide, slant = canvas.chance(0.02, 0.06), canvas.chance(0.08, 0.2)
        beam = [
            (x, -0.02),
            (x + wide, -0.02),
            (x + wide * 2.2 - slant, 0.82),
            (x - wide - slant, 0.82),
        ]
        canvas.shine(beam, palette.key, strength * canvas.chance(0.5, 1.0), 0.012)


def _paint_path(canvas: Canvas, glade: float, colour: Colour) -> None:
    path = [
        (glade - 0.015, 0.69),
        (glade + 0.015, 0.69),
        (glade + 0.05, 0.78),
        (glade + 0.2, 1.02),
        (glade - 0.25, 1.02),
        (glade - 0.02, 0.8),
    ]
    canvas.fill(smooth(path), colour, 0.4, 0.006)


def _paint_leaves(canvas: Canvas, colour: Colour) -> None:
    leaves = []
    for _ in range(46):
        x = canvas.chance(-0.05, 1.05)
        y = canvas.chance(-0.02, 0.05) + 0.1 * abs(x - 0.5) ** 1.5
        size = canvas.chance(0.03, 0.085)
        leaves.append(oval((x, y), canvas.ux(size), canvas.uy(size * 0.6), 14))
    canvas.fill_all(leaves, mix(colour, (0, 0, 0), 0.2), 0.92, 0.003)


def paint_water(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    """Sea with an open horizon; rivers and lakes with a far bank and reeds."""
    horizon = canvas.chance(0.46, 0.54)
    sun = paint_sky(canvas, scene, palette, horizon)
    is_sea = scene.place == "sea"
    if not is_sea or canvas.random.random() < 0.5:
        for share in (0.05, 0.3):
            bank = ridge(canvas, horizon + 0.01, 0.06 + (0.05 if not is_sea else 0), 0.3)[:-2]
            canvas.fill([*bank, (1.02, horizon), (-0.02, horizon)], palette.depth(share + 0.1))
    deep = mix(mix(palette.high, rgb("12586e"), 0.3), palette.near, 0.45)
    canvas.fade(
        rect(-0.01, horizon, 1.01, 1.01),
        [(0, mix(palette.low, deep, 0.3)), (0.35, mix(palette.middle, deep, 0.6)), (1, deep)],
    )
    _paint_glitter(canvas, sun[0], horizon, mix(palette.key, (255, 255, 255), 0.2))
    _paint_waves(canvas, horizon, palette, deep)
    if "tower" in scene.props:
        _paint_lighthouse(canvas, horizon, palette)
    if "boat" in scene.props or canvas.random.random() < 0.35:
        _paint_boat(canvas, horizon, palette)
    if not is_sea:
        _paint_reeds(canvas, palette)


def _paint_glitter(canvas: Canvas, x: float, horizon: float, colour: Colour) -> None:
    flecks = []
    for _ in range(110):
        depth = canvas.random.random() ** 1.6
        y = horizon + 0.008 + depth * (0.99 - horizon)
        half = canvas.ux(0.006 + 0.05 * depth) * canvas.chance(0.4, 1.2)
        at = x + canvas.ux(float(canvas.random.normal(0, 0.02 + 0.11 * depth)))
        flecks.append(oval((at, y), half, canvas.uy(0.0012 + 0.004 * depth), 10))
    canvas.fill_all(flecks, colour, 0.62)


def _paint_waves(canvas: Canvas, horizon: float, palette: Palette, deep: Colour) -> None:
    for index in range(16):
        depth = ((index + 1) / 16) ** 1.7
        y = horizon + depth * (1 - horizon)
        x, long = canvas.chance(-0.1, 1.0), canvas.chance(0.2, 0.6)
        high = canvas.uy(0.003 + 0.016 * depth)
        wave = smooth([(x - long / 2, y), (x, y - high), (x + long / 2, y), (x, y + high * 0.3)])
        shade = mix(palette.middle, deep, 0.2) if index % 2 else mix(deep, palette.near, 0.5)
        canvas.fill(wave, shade, 0.42, 0.002)


def _paint_boat(canvas: Canvas, horizon: float, palette: Palette) -> None:
    x, y = canvas.chance(0.25, 0.75), horizon + canvas.chance(0.03, 0.1)
    long = canvas.ux(canvas.chance(0.06, 0.1))
    high = canvas.uy(0.022)
    hull = [(x - long, y - high), (x + long, y - high), (x + long * 0.7, y), (x - long * 0.7, y)]
    canvas.fill(oval((x, y + high * 0.4), long * 1.1, high * 0.5), palette.near, 0.4, 0.004)
    canvas.fill(hull, palette.near)
    sail = [(x, y - high * 7), (x + long * 0.85, y - high * 1.6), (x, y - high * 1.4)]
    canvas.fill(sail, mix(palette.accent, palette.key, 0.3))
    canvas.fill(
        [
            (x - long * 0.08, y - high * 6),
            (x - long * 0.08, y - high * 1.4),
            (x - long * 0.6, y - high * 1.6),
        ],
        mix(palette.accent, palette.near, 0.4),
    )


def _paint_lighthouse(canvas: Canvas, horizon: float, palette: Palette) -> None:
    x = 0.24 if canvas.random.random() < 0.5 else 0.76
    rock = smooth(
        [
            (x - 0.22, horizon + 0.06),
            (x - 0.08, horizon - 0.03),
            (x + 0.08, horizon - 0.025),
            (x + 0.24, horizon + 0.06),
            (x, horizon + 0.09),
        ]
    )
    canvas.fill(rock, palette.depth(0.85))
    top, half = horizon - 0.03 - canvas.uy(0.42), canvas.ux(0.032)
    canvas.fill(
        [
            (x - half * 0.7, top),
            (x + half * 0.7, top),
            (x + half, horizon - 0.02),
            (x - half, horizon - 0.02),
        ],
        mix((238, 232, 222), palette.middle, 0.45),
    )
    for band in (0.22, 0.6):
        y = top + band * (horizon - 0.02 - top)
        canvas.fill(
            rect(x - half * 0.9, y, x + half * 0.9, y + 0.028),
            mix(palette.accent, palette.near, 0.2),
        )
    canvas.fill(
        [
            (x - half * 0.8, top - 0.018),
            (x + half * 0.8, top - 0.018),
            (x + half * 0.8, top),
            (x - half * 0.8, top),
        ],
        palette.near,
    )
    canvas.fill(
        [(x - half * 0.6, top - 0.018), (x, top - 0.045), (x + half * 0.6, top - 0.018)],
        palette.near,
    )
    side = 1 if x < 0.5 else -1
    canvas.shine(
        [(x, top - 0.012), (x + side * 1.2, top - 0.12), (x + side * 1.2, top + 0.06)],
        palette.lamp,
        0.32,
        0.012,
    )
    canvas.glow((x, top - 0.01), 0.26, palette.lamp, 1.0)


def _paint_reeds(canvas: Canvas, palette: Palette) -> None:
    aspect = canvas.width / canvas.height
    stalks = []
    for _ in range(60):
        x = canvas.chance(-0.02, 1.02)
        if 0.22 < x < 0.78 and canvas.random.random() < 0.85:
            continue
        high, lean = canvas.uy(canvas.chance(0.12, 0.4)), canvas.ux(canvas.chance(-0.05, 0.08))
        path = [(x, 1.02), (x + lean * 0.3, 1.0 - high * 0.6), (x + lean, 1.0 - high)]
        stalks.append(limb(path, [canvas.uy(w) for w in (0.004, 0.003, 0.0008)], aspect))
    canvas.fill_all(stalks, palette.near)


def paint_plain(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    """Fields in furrows or dunes in light and shade, under much sky."""
    horizon = canvas.chance(0.5, 0.58)
    sun = paint_sky(canvas, scene, palette, horizon)
    is_dry = scene.place == "desert"
    soil = rgb("d59a5c") if is_dry else rgb("8aa04a") if scene.weather != "snow" else rgb("d8e2ea")
    soil = mix(soil, palette.near, 0.62 if scene.is_night else 0.12)
    soil = mix(soil, palette.low, 0.2)
    canvas.fill(ridge(canvas, horizon + 0.03, 0.07, 0.2), palette.depth(0.05))
    for index in range(5):
        share = index / 4
        hill = ridge(canvas, horizon + 0.05 + 0.36 * share**1.3, 0.09 if is_dry else 0.04, 0.02)
        lit, dark = (
            mix(soil, palette.key, 0.32 * (1 - share * 0.6)),
            mix(soil, palette.near, 0.2 + 0.5 * share),
        )
        canvas.fade(hill, [(0, lit), (0.3, mix(lit, dark, 0.6)), (1, dark)])
        if not is_dry:
            _paint_tufts(canvas, hill, share, mix(lit, palette.near, 0.4))
    canvas.glow(sun, 1.0, palette.key, 0.2)
    if not is_dry:
        _paint_lone_tree(canvas, 0.22 if sun[0] > 0.5 else 0.78, horizon + 0.05, palette)


def _paint_tufts(canvas: Canvas, hill: list[Point], share: float, colour: Colour) -> None:
    blades = []
    for _ in range(int(60 - 20 * share)):
        x, y = hill[int(canvas.random.integers(0, len(hill) - 2))]
        y += canvas.chance(0, 0.07)
        high, lean = canvas.uy(0.01 + 0.035 * share), canvas.ux(canvas.chance(-0.006, 0.012))
        half = canvas.ux(0.0016 + 0.0016 * share)
        blades.append([(x - half, y), (x + lean, y - high), (x + half, y)])
    canvas.fill_all(blades, colour, 0.8)


def _paint_lone_tree(canvas: Canvas, x: float, base: float, palette: Palette) -> None:
    aspect = canvas.width / canvas.height
    high = canvas.uy(canvas.chance(0.22, 0.34))
    colour = palette.depth(0.72)
    canvas.fill(
        limb(
            [(x, base + 0.01), (x + 0.006, base - high * 0.5), (x, base - high * 0.8)],
            [canvas.uy(w) for w in (0.013, 0.008, 0.004)],
            aspect,
        ),
        colour,
    )
    crown = [
        oval(
            (x + canvas.ux(canvas.chance(-0.1, 0.1)), base - high * canvas.chance(0.6, 1.0)),
            canvas.ux(canvas.chance(0.04, 0.075)),
            canvas.uy(canvas.chance(0.03, 0.05)),
            18,
        )
        for _ in range(13)
    ]
    canvas.fill_all(crown, colour, 1.0, 0.001)
