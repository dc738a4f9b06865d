"""Sizes in vendors' words, and pictures as text within a vendor's limits. No network.

A size is never changed: what a vendor has no word for is refused by who looks for the word. A
picture goes as it is; only one that the vendor would refuse is turned upright, scaled down to the
take's own size, or written as JPEG.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from math import ceil, gcd
from typing import TYPE_CHECKING, Self

from anyio import to_thread

from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError
from shortdrama.generation.ports import Reference

if TYPE_CHECKING:
    from PIL.Image import Image

_SIZE = re.compile(r"([1-9]\d{1,4})x([1-9]\d{1,4})")
_RATIOS = ("9:16", "16:9", "1:1", "3:4", "4:3", "2:3", "3:2", "4:5", "5:4", "9:21", "21:9")
# Vendors round: what they call 9:16 in 480p is 480x832, and 4:3 in 720p is 1088x832.
_SAME_RATIO = 0.03
# Shorter edge and pixels of the tiers; what is not 16:9 has a tier's number of pixels instead.
_TIERS = {480: 854 * 480, 720: 1280 * 720, 768: 1366 * 768, 1080: 1920 * 1080, 2160: 3840 * 2160}
_SAME_AREA = 0.06
_SAME_SHAPE = 0.04  # what a clip's edges may be off without anybody seeing it
_ORIENTATION = 0x0112
_TURNED = {5, 6, 7, 8}  # EXIF 2.32, 4.6.4: values whose rows are columns on screen
_SCALABLE = frozenset({"RGB", "L", "RGBA", "LA", "CMYK"})
_ONE_AT_A_TIME = threading.Lock()  # in memory as a whole, whatever number of takes is sent
# Allocations above 32 MiB go back to the system as soon as they are free (glibc's mallopt(3));
# Pillow's usual 16 MiB would stay with the thread that decoded a large picture.
_PILLOW_BLOCK_BYTES = 64 * 1024 * 1024
_QUALITIES = (92, 85, 75)
_SMALLEST_PX = 64
_MOST_TOGETHER_BYTES = 12_000_000
# Pillow's decoders raise all of these for damaged files.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError)
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIF")


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a vendor takes. `most_bytes` are those of the picture, before it becomes text."""

    most_bytes: int
    mimes: frozenset[str] = frozenset({"image/jpeg", "image/png", "image/webp"})
    longest_px: int | None = None  # of its longer edge
    is_opaque: bool = False  # transparency is refused

    def shared_by(self, pictures: int) -> Self:
        """For each of so many in one request, so that many requests fit into memory at once."""
        most = min(self.most_bytes, _MOST_TOGETHER_BYTES // max(1, pictures))
        return replace(self, most_bytes=most)


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
    """ "9:16" of "720x1280": the usual name within three per cent, else the reduced fraction."""
    width, height = measures_of(size)
    name = min(_RATIOS, key=lambda ratio: _apart(width, height, ratio))
    if _apart(width, height, name) <= _SAME_RATIO:
        return name
    shared = gcd(width, height)
    return f"{width // shared}:{height // shared}"


def resolution_of(size: str) -> str:
    """ "720p" of "720x1280" and of "960x960", which has as many pixels; "4k" for 2160.

    Where no tier fits, the shorter edge: no vendor knows "1024p", and so it is refused.
    """
    width, height = measures_of(size)
    edge = min(width, height)
    if edge not in _TIERS:
        pixels = width * height
        fitting = [tier for tier, most in _TIERS.items() if abs(pixels / most - 1) <= _SAME_AREA]
        edge = fitting[0] if fitting else edge
    return "4k" if edge == 2160 else f"{edge}p"


def _apart(width: int, height: int, ratio: str) -> float:
    across, up = (int(part) for part in ratio.split(":"))
    return abs(width * up / (height * across) - 1)


async def read_picture(reference: Reference, size: str, limits: PictureLimits) -> Picture:
    """The picture as the vendor takes it: unchanged where it may be.

    Args:
        reference: A picture file.
        size: The take's, which a picture is scaled down to (covering it) where it is too large.
        limits: The vendor's.

    Raises:
        InvalidInput: The file is no whole picture.
        ProviderError: It is no picture at all (`kind="unsupported"`); nothing was sent.
    """
    return await to_thread.run_sync(_read, reference, measures_of(size), limits)


async def need_shape(reference: Reference, size: str) -> None:
    """For models whose clip has the shape of its first frame, whatever size was chosen.

    Raises:
        ProviderError: The picture has another shape than `size` (`kind="unsupported"`); nothing
            was sent.
        InvalidInput: The file is no whole picture.
    """
    width, height = await to_thread.run_sync(_shape, reference)
    wanted, found = ratio_of(size), ratio_of(f"{width}x{height}")
    if _apart(width, height, wanted) <= _SAME_SHAPE:
        return
    raise ProviderError(
        "This model makes clips in the shape of their first frame. %(name)s is %(found)s, the "
        "take is to be %(wanted)s. Crop the picture, or choose a size of its shape.",
        name=reference.name[:200],
        found=found,
        wanted=wanted,
        kind=FailureKind.UNSUPPORTED,
        not_sent=True,
    )


def _read(reference: Reference, measures: tuple[int, int], limits: PictureLimits) -> Picture:
    with _ONE_AT_A_TIME, _reading(reference) as content:
        if _may_go(reference, content, limits):
            return Picture(reference.mime, content)
        return Picture("image/jpeg", _rewritten(content, measures, limits))


def _shape(reference: Reference) -> tuple[int, int]:
    from PIL import Image

    with _reading(reference) as content:
        _learn_heif()
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            width, height = image.size
            is_turned = image.getexif().get(_ORIENTATION) in _TURNED
            return (height, width) if is_turned else (width, height)


@contextmanager
def _reading(reference: Reference) -> Iterator[bytes]:
    """The file's bytes; what goes wrong with them in the block is said of the picture."""
    if not reference.mime.startswith("image/"):
        raise ProviderError(
            "%(name)s is not a picture. This model takes pictures only.",
            name=reference.name[:200],
            kind=FailureKind.UNSUPPORTED,
            not_sent=True,
        )
    from PIL.Image import DecompressionBombError

    try:
        yield reference.path.read_bytes()
    except (DecompressionBombError, *_DAMAGE) as error:
        raise InvalidInput(
            "The picture %(name)s cannot be read. Add it anew, or choose another.",
            code="reference_unreadable",
            name=reference.name[:200],
        ) from error


def _may_go(reference: Reference, content: bytes, limits: PictureLimits) -> bool:
    from PIL import Image

    if reference.mime not in limits.mimes or len(content) > limits.most_bytes:
        return False
    with Image.open(BytesIO(content), formats=_FORMATS) as image:
        # Vendors differ in whether they follow a camera's note of how it was held.
        is_upright = image.getexif().get(_ORIENTATION, 1) == 1
        is_small = limits.longest_px is None or max(image.size) <= limits.longest_px
        return is_upright and is_small and not (limits.is_opaque and image.has_transparency_data)


def _rewritten(content: bytes, measures: tuple[int, int], limits: PictureLimits) -> bytes:
    """JPEG within the limits, which covers `measures` unless it has to be smaller."""
    image = _decoded(content, measures)
    if limits.longest_px is not None:
        image.thumbnail((limits.longest_px, limits.longest_px))
    while True:
        for quality in _QUALITIES:
            written = _jpeg(image, quality)
            if len(written) <= limits.most_bytes:
                return written
        if min(image.size) // 2 < _SMALLEST_PX:
            raise ValueError("the limit is too small for any picture")
        image.thumbnail((max(image.size) // 2, max(image.size) // 2))


def _decoded(content: bytes, measures: tuple[int, int]) -> Image:
    """Upright, covering `measures`, without transparency, in RGB.

    Smaller as early as can be, and in place: a large picture takes hundreds of megabytes.
    """
    from PIL import Image, ImageOps

    _learn_heif()
    Image.core.set_block_size(_PILLOW_BLOCK_BYTES)  # type: ignore[attr-defined]
    with Image.open(BytesIO(content), formats=_FORMATS) as image:
        share = max(measures) / min(image.size)
        # A JPEG is decoded at a fraction of its size.
        image.draft("RGB", (ceil(image.width * share), ceil(image.height * share)))
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        small: Image.Image = image
        if image.mode not in _SCALABLE:
            small = image.convert("RGBA" if image.has_transparency_data else "RGB")
        small = _covering(small, measures)
        profile = image.info.get("icc_profile") if small.mode == "RGB" else None
        if small.has_transparency_data:
            paper = Image.new("RGBA", small.size, "white")
            small = Image.alpha_composite(paper, small.convert("RGBA"))
        small = small.convert("RGB")
    small.info = {"icc_profile": profile}
    return small


def _covering(image: Image, measures: tuple[int, int]) -> Image:
    share = max(measures[0] / image.width, measures[1] / image.height)
    if share < 1:
        measured = ceil(image.width * share), ceil(image.height * share)
        image.thumbnail(measured, reducing_gap=2.0)  # in place: no copy of the large one
    return image


def _jpeg(image: Image, quality: int) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=quality, icc_profile=image.info.get("icc_profile"))
    return file.getvalue()


def _learn_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
