"""The still as three video planes, and the camera's window on them, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    from shortdrama.previz.camera import Window


@dataclass(frozen=True, slots=True)
class Planes:
    """Luma and chroma of one picture, BT.709 limited range, chroma at half size."""

    luma: Image.Image
    blue: Image.Image
    red: Image.Image

    @classmethod
    def from_picture(cls, picture: Image.Image) -> Planes:
        """Convert an RGB picture of even sides once, so that no frame has to."""
        import numpy as np
        from PIL import Image

        rgb = np.asarray(picture, dtype=np.float32)
        red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
        luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        height, width = luma.shape
        small = rgb.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
        small_luma = small @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
        cb = 128 + (small[..., 2] - small_luma) / 1.8556 * (224 / 255)
        cr = 128 + (small[..., 0] - small_luma) / 1.5748 * (224 / 255)
        planes = (16 + luma * (219 / 255), cb, cr)
        return cls(*(Image.fromarray(np.rint(np.clip(p, 0, 255)).astype(np.uint8)) for p in planes))

    def look(self, window: Window, size: tuple[int, int]) -> tuple[Image.Image, ...]:
        """What a window (fractions of the picture) shows at `size`, to a part of a pixel.

        Pillow takes the box as floats, so the picture glides where an integer crop would step.
        """
        from PIL import Image

        half = (size[0] // 2, size[1] // 2)
        sizes = (size, half, half)
        seen = []
        # The eye forgives colour a simpler filter; it saves a fifth of the time.
        filters = (Image.Resampling.BICUBIC, *(Image.Resampling.BILINEAR,) * 2)
        planes = (self.luma, self.blue, self.red)
        for plane, target, smoothing in zip(planes, sizes, filters, strict=True):
            wide, high = plane.size
            box = (window[0] * wide, window[1] * high, window[2] * wide, window[3] * high)
            seen.append(plane.resize(target, smoothing, box=box))
        return tuple(seen)
