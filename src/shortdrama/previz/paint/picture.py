"""The order of work: ground, people, air, grain."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from shortdrama.previz.paint import city, halls, nature, palace, rooms, street, vehicles
from shortdrama.previz.paint.canvas import Canvas
from shortdrama.previz.paint.figures import paint_people
from shortdrama.previz.palette import Palette, mix_palette

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene

_Painter = Callable[[Canvas, "Scene", Palette], None]
_PAINTERS: dict[str, _Painter] = {
    **dict.fromkeys(("kitchen", "bedroom", "office", "hospital", "cafe", "room"), rooms.paint_room),
    "corridor": halls.paint_corridor,
    "elevator": halls.paint_elevator,
    "stairs": halls.paint_stairs,
    **dict.fromkeys(("market", "street", "alley"), street.paint_street),
    "city": city.paint_skyline,
    "rooftop": city.paint_rooftop,
    "bridge": city.paint_bridge,
    "palace": palace.paint_palace,
    "station": vehicles.paint_station,
    "tram": vehicles.paint_tram,
    "car": vehicles.paint_car,
    "space": vehicles.paint_ship,
    "forest": nature.paint_forest,
    "mountain": nature.paint_mountain,
    **dict.fromkeys(("river", "sea"), nature.paint_water),
    **dict.fromkeys(("desert", "field"), nature.paint_plain),
}


def paint_picture(scene: Scene, size: tuple[int, int], focus_x: float) -> Image.Image:
    """Paint a scene. Places in the back, then people, then what is between them and the lens."""
    canvas = Canvas(size, scene.seed)
    palette = mix_palette(scene)
    _PAINTERS[scene.place](canvas, scene, palette)
    if scene.people and scene.framing == "close":
        # A portrait lens: the place falls out of focus behind a near face.
        canvas.image = canvas.image.filter(ImageFilter.GaussianBlur(canvas.unit * 0.012))
    paint_people(canvas, scene, palette, focus_x)
    _paint_air(canvas, scene, palette)
    return _finish(canvas)


def _paint_air(canvas: Canvas, scene: Scene, palette: Palette) -> None:
    if scene.weather == "fog":
        haze = palette.low
        canvas.veil(haze, [(0, 0.1), (0.45, 0.34), (0.7, 0.3), (1, 0.12)])
    if scene.has_rain and scene.is_outside:
        canvas.veil(palette.middle, [(0, 0.05), (0.55, 0.16), (1, 0.05)])
    if "petals" in scene.props:
        for _ in range(70):
            _paint_petal(canvas, palette)


def _paint_petal(canvas: Canvas, palette: Palette) -> None:
    from shortdrama.previz.paint.canvas import oval
    from shortdrama.previz.palette import mix, rgb

    size = canvas.chance(0.004, 0.012)
    centre = (canvas.chance(0, 1), canvas.chance(0, 1))
    colour = mix(rgb("ffc3d0"), palette.key, canvas.chance(0, 0.5))
    soft = 0.006 if size > 0.0095 else 0.001
    canvas.fill(oval(centre, canvas.ux(size), canvas.uy(size * 0.55), 12), colour, 0.85, soft)


def _finish(canvas: Canvas) -> Image.Image:
    """Brush grain and a darker edge: what makes flat shapes look painted."""
    width, height = canvas.size
    random = canvas.random
    strokes = random.standard_normal((height // 3 + 1, width // 10 + 1), dtype=np.float32)
    wash = random.standard_normal((height // 60 + 2, width // 60 + 2), dtype=np.float32)
    grain = random.standard_normal((height // 2, width // 2), dtype=np.float32)
    level = np.zeros((height, width), dtype=np.float32)
    for noise, depth in ((strokes, 2.6), (wash, 3.4), (grain, 2.8)):
        level += np.asarray(
            Image.fromarray(noise * depth).resize((width, height), Image.Resampling.BILINEAR)
        )
    ys = np.linspace(-1, 1, height, dtype=np.float32)[:, None] ** 2
    xs = np.linspace(-1, 1, width, dtype=np.float32)[None, :] ** 2
    level -= 34 * np.clip((xs + ys) * 0.72 - 0.35, 0, 1) ** 1.3
    light = Image.fromarray(np.clip(level, 0, 255).astype(np.uint8))
    shade = Image.fromarray(np.clip(-level, 0, 255).astype(np.uint8))
    lighter = ImageChops.add(canvas.image, Image.merge("RGB", (light,) * 3))
    return ImageChops.subtract(lighter, Image.merge("RGB", (shade,) * 3))
