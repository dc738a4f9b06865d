"""Strangers' pictures through Pillow. Only worker processes call this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shortdrama.errors import TooLarge
from shortdrama.media.faults import reading

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIF")
_ORIENTATION = 0x0112
_SCALABLE = {"RGB", "L", "RGBA", "LA", "CMYK"}
_TURNED = {5, 6, 7, 8}  # EXIF 2.32, 4.6.4: values whose rows are columns on screen


@contextmanager
def open_picture(path: Path, pixel_limit: int) -> Iterator[Image]:
    """Open a picture without decoding it.

    Args:
        path: A JPEG, PNG, WebP, AVIF, GIF or HEIC file.
        pixel_limit: Width times height at most.

    Raises:
        TooLarge: More pixels than the limit; nothing was decoded.
        UnsupportedFile: Malformed, here or while the block decodes it.
    """
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    # The limit below replaces Pillow's own guess, which only warns up to twice its value.
    Image.MAX_IMAGE_PIXELS = None
    with reading("picture"), Image.open(path, formats=_FORMATS) as image:
        check_pixels(*image.size, pixel_limit)
        yield image


def check_pixels(width: int, height: int, pixel_limit: int) -> None:
    """Raises `TooLarge` in words when `width` times `height` is over `pixel_limit`."""
    if width * height <= pixel_limit:
        return
    raise TooLarge(
        "It measures %(measures)s pixels, more than the %(most)s "
        "megapixels the studio takes. Scale it down and drop it again.",
        code="too_many_pixels",
        measures=f"{width:,} × {height:,}",
        most=f"{pixel_limit / 1e6:,.0f}",
        width=width,
        height=height,
        pixel_limit=pixel_limit,
    )


def read_size(image: Image) -> tuple[int, int]:
    """Width and height as seen, with the camera's orientation respected."""
    width, height = image.size
    return (height, width) if image.getexif().get(_ORIENTATION) in _TURNED else (width, height)


def decode(image: Image, edge_px: int) -> Image:
    """The upright first frame in sRGB, mode RGB or RGBA, its longest edge at most `edge_px`."""
    from PIL import ImageOps

    image.draft("RGB", (edge_px, edge_px))  # a JPEG is decoded at a fraction of its size
    image.load()
    profile = image.info.get("icc_profile")
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode not in _SCALABLE:
        image = _to_rgb(image, keep_cmyk=bool(profile))
    image.thumbnail((edge_px, edge_px), reducing_gap=2.0)  # in place: no copy of the large one
    return _to_srgb(_to_rgb(image, keep_cmyk=bool(profile)), profile)


def _to_rgb(image: Image, *, keep_cmyk: bool) -> Image:
    if image.mode == "CMYK" and keep_cmyk:
        return image
    if image.mode.startswith(("I", "F")):  # 16 bits: Pillow would clip instead of scale
        image = image.point(lambda value: value / 256).convert("L")
    has_alpha = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _to_srgb(image: Image, profile: bytes | None) -> Image:
    """Convert wide-gamut pictures, which would look dull without their profile."""
    import io

    from PIL import ImageCms

    if not profile:
        return image
    mode = "RGB" if image.mode == "CMYK" else image.mode
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile is no reason to refuse
        return image.convert(mode)
    return converted or image.convert(mode)
