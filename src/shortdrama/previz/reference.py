"""A reference picture made ready for the camera: upright, opaque, cropped to the frame."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from shortdrama.errors import TooLarge, UnsupportedFile

if TYPE_CHECKING:
    from PIL import Image

PIXELS_MAX = 100_000_000
_GROUND = (16, 18, 22)  # what shows behind a transparent picture
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "MPO", "HEIF", "AVIF")


def load_reference(path: Path, size: tuple[int, int]) -> Image.Image:
    """Read the first picture of the file as RGB, covering `size` from its middle.

    Raises:
        UnsupportedFile: not a picture, or a broken one.
        TooLarge: more than `PIXELS_MAX` pixels.
    """
    import pillow_heif
    from PIL import Image, ImageOps

    pillow_heif.register_heif_opener()
    try:
        with warnings.catch_warnings():
            # Our own bound below is firm; Pillow's warning would only repeat it.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_FORMATS) as opened:
                _check_pixels(opened)
                opened.draft("RGB", (size[0] * 2, size[1] * 2))
                upright = _flatten(ImageOps.exif_transpose(opened))
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError) as error:
        # Pillow's decoders raise all of these for damaged files.
        raise UnsupportedFile(
            "The reference picture cannot be read. It is damaged or not a picture; "
            "save it again as PNG or JPEG and attach it anew."
        ) from error
    return ImageOps.fit(upright, size, Image.Resampling.LANCZOS, centering=(0.5, 0.42))


def _check_pixels(opened: Image.Image) -> None:
    pixels = opened.width * opened.height
    if pixels > PIXELS_MAX:
        raise _too_large()
    if min(opened.size) < 2:
        raise UnsupportedFile("The reference picture is only one pixel wide or high.")


def _too_large() -> TooLarge:
    return TooLarge(
        "The reference picture has more than the %(most)s megapixels allowed. "
        "Make it smaller and attach it anew.",
        most=PIXELS_MAX // 1_000_000,
    )


def _flatten(picture: Image.Image) -> Image.Image:
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        ground = Image.new("RGBA", picture.size, (*_GROUND, 255))
        return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        import numpy as np

        deep = np.asarray(picture, dtype=np.float32)
        scale = 255 / max(float(deep.max()), 1.0)
        return Image.fromarray((np.maximum(deep, 0) * scale).astype(np.uint8)).convert("RGB")
    return picture.convert("RGB")
