"""The designed frame: a scene description becomes a picture, like a storyboard's colour rough.

`paint_scene` is the door. Each module paints one family of places from plain shapes, light and
haze; `canvas` has the brushes, `figures` the people. No prompt is read here, no file written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    from shortdrama.previz.scene import Scene


def paint_scene(scene: Scene, size: tuple[int, int], focus_x: float = 0.5) -> Image.Image:
    """An RGB picture of `size` (even sides), its people around `focus_x` of the width.

    The same arguments give the same pixels.
    """
    from shortdrama.previz.paint.picture import paint_picture

    return paint_picture(scene, size, focus_x)
