"""What is overhead: gradient, sun or moon, stars, clouds, birds, lightning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shortdrama.previz.paint.canvas import Canvas, Point, oval, smooth
from shortdrama.previz.palette import Palette, mix, rgb

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene


def paint_sky(canvas: Canvas, scene: Scene, palette: Palette, horizon: float) -> Point:
    """Fill the canvas with sky down to `horizon` and return where the light comes from."""
    canvas.wash(
        [
            (0, palette.high),
            (horizon * 0.62, palette.middle),
            (horizon, palette.low),
            (1, palette.low),
        ]
    )
    is_open = scene.weather in ("clear", "snow") or bool(scene.props & {"moon", "sun"})
    x = canvas.chance(0.2, 0.42) if canvas.random.random() < 0.5 else canvas.chance(0.58, 0.8)
    y = horizon * (canvas.chance(0.24, 0.4) if scene.hour in ("night", "day") else 0.86)
    if scene.is_night and scene.weather in ("clear", "snow"):
        _paint_stars(canvas, horizon)
    if scene.weather != "clear" or canvas.random.random() < 0.65:
        _paint_clouds(canvas, scene, palette, horizon)
    if scene.weather == "storm":
        _paint_lightning(canvas, x, horizon)
    elif is_open and not scene.has_rain:
        _paint_disc(canvas, scene, palette, (x, y))
    if "birds" in scene.props or (scene.hour in ("dawn", "dusk") and scene.weather == "clear"):
        _paint_birds(canvas, palette, horizon)
    return x, y


def _paint_disc(canvas: Canvas, scene: Scene, palette: Palette, at: Point) -> None:
    is_moon = scene.is_night
    radius = canvas.chance(0.05, 0.085) if is_moon else canvas.chance(0.06, 0.1)
    colour = rgb("f3f0dc") if is_moon else mix(palette.key, (255, 255, 255), 0.35)
    canvas.glow(at, 0.9, palette.key, 0.26 if is_moon else 0.5)
    canvas.glow(at, radius * 3.2, palette.key, 0.4)
    disc = oval(at, canvas.ux(radius), canvas.uy(radius), 60)
    canvas.fill(disc, colour, 0.95, 0.0015)
    if is_moon:
        mark = (at[0] + canvas.ux(radius * 0.25), at[1] - canvas.uy(radius * 0.2))
        canvas.fill(
            oval(mark, canvas.ux(radius * 0.34), canvas.uy(radius * 0.28)),
            palette.middle,
            0.16,
            0.004,
        )


def _paint_stars(canvas: Canvas, horizon: float) -> None:
    stars = []
    for _ in range(90):
        size = canvas.chance(0.0009, 0.0026)
        at = (canvas.chance(0, 1), canvas.chance(0, horizon * 0.85))
        stars.append(oval(at, canvas.ux(size), canvas.uy(size), 8))
    canvas.fill_all(stars, (226, 234, 255), 0.8)


def _paint_clouds(canvas: Canvas, scene: Scene, palette: Palette, horizon: float) -> None:
    is_heavy = scene.weather in ("rain", "storm", "cloud", "snow")
    for _ in range(9 if is_heavy else 4):
        y = canvas.chance(0.04, 0.8) * horizon
        x, long = canvas.chance(-0.1, 1.1), canvas.chance(0.25, 0.6)
        share = y / horizon
        colour = mix(palette.middle, palette.high if is_heavy else palette.key, 0.55)
        high = canvas.uy(canvas.chance(0.018, 0.05)) * (1.5 - share)
        points = [(x - long / 2, y), (x - long / 4, y - high * 0.7), (x, y - high)]
        points += [(x + long / 4, y - high * 0.5), (x + long / 2, y), (x, y + high * 0.45)]
        canvas.fill(smooth(points), colour, canvas.chance(0.3, 0.65), 0.008)


def _paint_lightning(canvas: Canvas, x: float, horizon: float) -> None:
    canvas.glow((x, horizon * 0.4), 0.8, (170, 190, 255), 0.5)
    path: list[Point] = [(x, 0.02)]
    while path[-1][1] < horizon * 0.9:
        step = canvas.chance(0.04, 0.09) * horizon
        path.append((path[-1][0] + canvas.ux(canvas.chance(-0.05, 0.05)), path[-1][1] + step))
    half = canvas.ux(0.004)
    bolt = [(px - half, py) for px, py in path] + [(px + half * 0.4, py) for px, py in path[::-1]]
    canvas.glow(path[len(path) // 2], 0.35, (200, 215, 255), 0.6)
    canvas.fill(bolt, (244, 247, 255), 0.95)


def _paint_birds(canvas: Canvas, palette: Palette, horizon: float) -> None:
    x, y = canvas.chance(0.2, 0.75), canvas.chance(0.3, 0.55) * horizon
    wings = []
    for _ in range(7):
        bx, by = x + canvas.ux(canvas.chance(-0.2, 0.2)), y + canvas.uy(canvas.chance(-0.1, 0.1))
        w, h = canvas.ux(canvas.chance(0.008, 0.02)), canvas.uy(0.007)
        wings.append([(bx - w, by - h), (bx, by), (bx + w, by - h), (bx, by + h * 0.35)])
    canvas.fill_all(wings, palette.near, 0.75)
