"""Sizes in vendors' words, and pictures as text within a vendor's limits. No network.

A size is never changed: what a vendor has no word for is refused by who looks for the word. A
picture goes as it is; only one that the vendor would refuse is turned upright, scaled down to the
take's own size, or written as JPEG.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from io import BytesIO
from math import gcd
from typing import TYPE_CHECKING

from anyio import to_thread

from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError
from shortdrama.generation.ports import Reference

if TYPE_CHECKING:
    from PIL.Image import Image

_SIZE = re.compile(r"([1-9]\d{1,4})x([1-9]\d{1,4})")
_RATIOS = ("9:16", "16:9", "1:1", "3:4", "4:3", "2:3", "3:2", "4:5", "5:4", "9:21", "21:9")
_SAME = 0.01  # 480x854 is 9:16 to the nearest pixel; 1024x1792 (4:7) is not
_ORIENTATION = 0x0112
_QUALITIES = (92, 85, 75)
_SMALLEST_PX = 64
# Pillow's decoders raise all of these for damaged files.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError)
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIF")


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a vendor takes. `most_bytes` are those of the picture, before it becomes text."""

    most_bytes: int
    mimes: frozenset[str] = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True)
class Picture:
    mime: str
    content: bytes

    @property
    def base64(self) -> str:
        """Without the `data:` in front."""
        return base64.b64encode(self.content).decode("ascii")

    @property
    def data_url(self) -> str:
        return f"data:{self.mime};base64,{self.base64}"


def measures_of(size: str) -> tuple[int, int]:
    """Width and height in pixels of "720x1280". Raises `InvalidInput` for anything else."""
    found = _SIZE.fullmatch(size)
    if found is None:
        raise InvalidInput("The size %(size)s must look like 720x1280.", size=size[:40])
    return int(found[1]), int(found[2])


def ratio_of(size: str) -> str:
    """ "9:16" of "720x1280": the usual name within one per cent, else the reduced fraction."""
    width, height = measures_of(size)
    for name in _RATIOS:
        across, up = (int(part) for part in name.split(":"))
        if abs(width * up / (height * across) - 1) <= _SAME:
            return name
    shared = gcd(width, height)
    return f"{width // shared}:{height // shared}"


def resolution_of(size: str) -> str:
    """ "720p" of "720x1280": the shorter edge; "4k" for 2160."""
    edge = min(measures_of(size))
    return "4k" if edge == 2160 else f"{edge}p"


async def read_picture(reference: Reference, size: str, limits: PictureLimits) -> Picture:
    """The picture as the vendor takes it: unchanged where it may be.

    Args:
        reference: A picture file.
        size: The take's, which a picture is scaled down to (covering it) where it is too heavy.
        limits: The vendor's.

    Raises:
        InvalidInput: The file is no whole picture.
        ProviderError: It is no picture at all (`kind="unsupported"`); nothing was sent.
    """
    return await to_thread.run_sync(_read, reference, measures_of(size), limits)


def _read(reference: Reference, measures: tuple[int, int], limits: PictureLimits) -> Picture:
    if not reference.mime.startswith("image/"):
        raise ProviderError(
            "%(name)s is not a picture. This model takes pictures only.",
            name=reference.name[:200],
            kind=FailureKind.UNSUPPORTED,
            not_sent=True,
        )
    from PIL.Image import DecompressionBombError

    try:
        content = reference.path.read_bytes()
        is_fitting = reference.mime in limits.mimes and len(content) <= limits.most_bytes
        if is_fitting and _is_upright(content):
            return Picture(reference.mime, content)
        return Picture("image/jpeg", _rewritten(content, measures, limits.most_bytes))
    except (DecompressionBombError, *_DAMAGE) as error:
        raise InvalidInput(
            "The picture %(name)s cannot be read. Add it anew, or choose another.",
            code="reference_unreadable",
            name=reference.name[:200],
        ) from error


def _is_upright(content: bytes) -> bool:
    """Vendors differ in whether they follow a camera's note of how it was held."""
    from PIL import Image

    with Image.open(BytesIO(content), formats=_FORMATS) as image:
        return bool(image.getexif().get(_ORIENTATION, 1) == 1)


def _rewritten(content: bytes, measures: tuple[int, int], most_bytes: int) -> bytes:
    """JPEG of at most `most_bytes`, which covers `measures` unless it has to be smaller."""
    image = _decoded(content)
    image = _covering(image, measures)
    while True:
        for quality in _QUALITIES:
            written = _jpeg(image, quality)
            if len(written) <= most_bytes:
                return written
        if min(image.size) // 2 < _SMALLEST_PX:
            raise ValueError("the limit is too small for any picture")
        image = image.resize((image.width // 2, image.height // 2))


def _decoded(content: bytes) -> Image:
    """Upright and without transparency, in RGB."""
    import pillow_heif
    from PIL import Image, ImageOps

    pillow_heif.register_heif_opener()
    with Image.open(BytesIO(content), formats=_FORMATS) as opened:
        image = ImageOps.exif_transpose(opened)
        profile = opened.info.get("icc_profile") if image.mode == "RGB" else None
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    image = image.convert("RGB")
    image.info = {"icc_profile": profile}
    return image


def _covering(image: Image, measures: tuple[int, int]) -> Image:
    share = max(measures[0] / image.width, measures[1] / image.height)
    if share >= 1:
        return image
    profile = image.info.get("icc_profile")
    image = image.resize((round(image.width * share), round(image.height * share)))
    image.info["icc_profile"] = profile
    return image


def _jpeg(image: Image, quality: int) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=quality, icc_profile=image.info.get("icc_profile"))
    return file.getvalue()
