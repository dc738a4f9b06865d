"""Sizes in vendors' words, and pictures that a vendor takes."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from shortdrama.errors import InvalidInput, ProviderError
from shortdrama.generation.ports import Reference
from shortdrama.providers.frames import (
    PictureLimits,
    need_shape,
    ratio_of,
    read_picture,
    resolution_of,
)

LIMITS = PictureLimits(1_000_000)


@pytest.mark.parametrize(
    ("size", "ratio", "resolution"),
    [
        ("720x1280", "9:16", "720p"),
        ("1280x720", "16:9", "720p"),
        ("1080x1920", "9:16", "1080p"),
        ("480x854", "9:16", "480p"),
        ("1080x1080", "1:1", "1080p"),
        ("2160x3840", "9:16", "4k"),
        ("960x720", "4:3", "720p"),
        ("480x832", "9:16", "480p"),
        ("624x624", "1:1", "480p"),
        ("960x960", "1:1", "720p"),
        ("834x1112", "3:4", "720p"),
        ("1088x832", "4:3", "720p"),
        ("1440x1440", "1:1", "1080p"),
        ("1024x1792", "9:16", "1024p"),
        ("1680x720", "21:9", "720p"),
        ("1000x300", "10:3", "300p"),
    ],
)
def test_sizes_in_words(size: str, ratio: str, resolution: str) -> None:
    assert (ratio_of(size), resolution_of(size)) == (ratio, resolution)


@pytest.mark.parametrize("size", ["", "720p", "0x100", "720*1280", "720x1280x3", "-720x1280"])
def test_what_is_no_size_is_said(size: str) -> None:
    with pytest.raises(InvalidInput):
        ratio_of(size)


def picture(
    folder: Path, measures: tuple[int, int], kind: str = "PNG", *, is_noise: bool = False, **how
) -> Reference:
    width, height = measures
    image = Image.new("RGB", measures, "teal")
    if is_noise:
        image = Image.frombytes("RGB", measures, os.urandom(width * height * 3))
    path = folder / f"a.{kind.lower()}"
    image.save(path, kind, **how)
    return Reference(path, f"image/{kind.lower()}", path.name)


@pytest.mark.anyio
async def test_a_picture_within_the_limits_goes_as_it_is(tmp_path: Path) -> None:
    reference = picture(tmp_path, (3000, 2000))
    sent = await read_picture(reference, "720x1280", LIMITS)
    assert sent.content == reference.path.read_bytes()
    assert sent.data_url == f"data:image/png;base64,{sent.base64}"
    assert base64.b64decode(sent.base64) == sent.content


@pytest.mark.anyio
async def test_one_that_is_too_heavy_still_covers_the_take(tmp_path: Path) -> None:
    reference = picture(tmp_path, (2000, 1600), is_noise=True)
    assert reference.path.stat().st_size > 9_000_000
    sent = await read_picture(reference, "360x640", PictureLimits(1_000_000))
    assert sent.mime == "image/jpeg"
    assert len(sent.content) <= 1_000_000
    with Image.open(BytesIO(sent.content)) as image:
        assert image.size == (800, 640)


@pytest.mark.anyio
async def test_a_limit_is_kept_even_where_the_take_is_larger(tmp_path: Path) -> None:
    reference = picture(tmp_path, (1400, 1400), is_noise=True)
    sent = await read_picture(reference, "1080x1920", PictureLimits(100_000))
    assert len(sent.content) <= 100_000


@pytest.mark.anyio
async def test_a_longest_edge_is_kept(tmp_path: Path) -> None:
    limits = PictureLimits(9_000_000, longest_px=1000)
    sent = await read_picture(picture(tmp_path, (1600, 1200)), "1080x1920", limits)
    with Image.open(BytesIO(sent.content)) as image:
        assert image.size == (1000, 750)


@pytest.mark.anyio
async def test_a_first_frame_of_another_shape_is_said(tmp_path: Path) -> None:
    await need_shape(picture(tmp_path, (480, 832)), "720x1280")
    with pytest.raises(ProviderError, match="4:3") as caught:
        await need_shape(picture(tmp_path, (1600, 1200)), "720x1280")
    assert caught.value.kind == "unsupported"
    exif = Image.Exif()
    exif[0x0112] = 6
    await need_shape(picture(tmp_path, (1280, 720), "JPEG", exif=exif), "720x1280")


@pytest.mark.anyio
async def test_a_picture_held_sideways_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    reference = picture(tmp_path, (300, 200), "JPEG", exif=exif)
    sent = await read_picture(reference, "720x1280", LIMITS)
    with Image.open(BytesIO(sent.content)) as image:
        assert image.size == (200, 300)
        assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["AVIF", "HEIF", "GIF"])
async def test_a_kind_that_the_vendor_does_not_take_becomes_jpeg(tmp_path: Path, kind: str) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    sent = await read_picture(picture(tmp_path, (400, 300), kind), "720x1280", LIMITS)
    assert sent.mime == "image/jpeg"
    with Image.open(BytesIO(sent.content)) as image:
        assert (image.format, image.size) == ("JPEG", (400, 300))


@pytest.mark.anyio
async def test_what_was_transparent_is_white(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(path)
    opaque = PictureLimits(1_000_000, is_opaque=True)
    sent = await read_picture(Reference(path, "image/png", "a.png"), "720x1280", opaque)
    with Image.open(BytesIO(sent.content)) as image:
        assert image.convert("RGB").getpixel((32, 32)) == (255, 255, 255)


@pytest.mark.anyio
async def test_what_is_no_picture_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG broken")
    with pytest.raises(InvalidInput, match=r"a\.png"):
        await read_picture(Reference(path, "image/png", "a.png"), "720x1280", LIMITS)
    with pytest.raises(ProviderError) as caught:
        await read_picture(Reference(path, "video/mp4", "a.mp4"), "720x1280", LIMITS)
    assert caught.value.kind == "unsupported"


_READ_THREE = """
import asyncio, re, sys
from pathlib import Path
from shortdrama.generation.ports import Reference
from shortdrama.providers.frames import PictureLimits, read_picture

async def read():
    one = Reference(Path(sys.argv[1]), "image/png", "large.png")
    limits = PictureLimits(50_000)
    return await asyncio.gather(*(read_picture(one, "360x640", limits) for _ in range(3)))

asyncio.run(read())
# Not getrusage: there a child begins with what its parent had.
told = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+)", told)[1]) // 1024)
"""


def test_large_pictures_are_in_memory_one_at_a_time(tmp_path: Path) -> None:
    """25 megapixels are 100 MB: three of them at once would be over 300, without their copies."""
    reference = picture(tmp_path, (5000, 5000))
    command = [sys.executable, "-c", _READ_THREE, str(reference.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert int(done.stdout) < 230, done.stdout


def test_pictures_of_one_request_share_what_fits_into_memory() -> None:
    limits = PictureLimits(5_000_000, longest_px=2000)
    assert limits.shared_by(0) == limits.shared_by(2) == limits
    assert limits.shared_by(10) == PictureLimits(1_200_000, longest_px=2000)
