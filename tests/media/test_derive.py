"""The pictures made from a file: right size, right content, small enough."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PIL import Image, ImageStat

from media import samples
from shortdrama.errors import NotFound, StorageFull, UnsupportedFile
from shortdrama.media import derive

LIMIT = 100_000_000


def brightness(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).mean[0]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif", "gif", "heic"])
def test_makes_two_thumbnails_of_a_picture(tmp_path: Path, suffix: str) -> None:
    path = samples.make_picture(tmp_path / f"p.{suffix}", samples.paint(1000, 600))
    made = derive.make_thumbnails(str(path), "picture", str(tmp_path), LIMIT)
    assert made == {"small": "small.webp", "large": "large.webp"}
    for name, size in (("small", (160, 96)), ("large", (480, 288))):
        with Image.open(tmp_path / made[name]) as image:
            assert image.format == "WEBP"
            assert image.size == size
            assert abs(brightness(image) - brightness(samples.paint(1000, 600))) < 6


def test_thumbnails_keep_transparency_and_small_size(tmp_path: Path) -> None:
    path = samples.make_picture(tmp_path / "p.png", Image.new("RGBA", (50, 40), (255, 0, 0, 0)))
    derive.make_thumbnails(str(path), "picture", str(tmp_path), LIMIT)
    with Image.open(tmp_path / "large.webp") as image:
        assert image.size == (50, 40)
        assert image.convert("RGBA").getchannel("A").getextrema() == (0, 0)


def test_thumbnails_are_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it right: the left half becomes the upper
    image = Image.new("RGB", (400, 200), "black")
    image.paste("white", (0, 0, 200, 200))
    path = samples.make_picture(tmp_path / "p.jpg", image, exif=exif)
    derive.make_thumbnails(str(path), "picture", str(tmp_path), LIMIT)
    with Image.open(tmp_path / "large.webp") as made:
        assert made.size == (200, 400)
        assert brightness(made.crop((0, 0, 200, 190))) > 250
        assert brightness(made.crop((0, 210, 200, 400))) < 5


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    image = Image.new("I;16", (40, 30), 0x4000)
    path = samples.make_picture(tmp_path / "p.png", image)
    derive.make_thumbnails(str(path), "picture", str(tmp_path), LIMIT)
    with Image.open(tmp_path / "small.webp") as made:
        assert brightness(made) == pytest.approx(64, abs=2)


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_a_video_gets_thumbnails_and_a_silent_preview(tmp_path: Path, suffix: str) -> None:
    path = samples.make_clip(tmp_path / f"clip.{suffix}", seconds=4, size=(360, 640))
    made = derive.make_thumbnails(str(path), "video", str(tmp_path), LIMIT)
    with Image.open(tmp_path / made["large"]) as image:
        assert image.size == (270, 480)
    preview = tmp_path / made["preview"]
    assert preview.stat().st_size <= 300_000
    with av.open(str(preview)) as container:
        assert not container.streams.audio
        assert container.streams.video[0].width == 240
        assert container.duration == pytest.approx(3_000_000, abs=70_000)


def test_a_preview_of_noise_stays_small(tmp_path: Path) -> None:
    def make_noise(_: int) -> Image.Image:
        return Image.effect_noise((480, 640), 120).convert("RGB")

    path = samples.make_clip(tmp_path / "n.mp4", seconds=3, size=(480, 640), picture=make_noise)
    made = derive.make_thumbnails(str(path), "video", str(tmp_path), LIMIT)
    assert (tmp_path / made["preview"]).stat().st_size <= 300_000


def test_the_poster_is_not_the_black_beginning(tmp_path: Path) -> None:
    def fade_in(number: int) -> Image.Image:
        size = (720, 1280)
        return Image.new("RGB", size) if number < 20 else samples.paint(*size)

    path = samples.make_clip(tmp_path / "c.mp4", seconds=1.5, size=(720, 1280), picture=fade_in)
    made = derive.make_poster(str(path), str(tmp_path / "poster.webp"), LIMIT)
    assert made == {"width": 720, "height": 1280}
    with Image.open(tmp_path / "poster.webp") as image:
        assert brightness(image) > 60


def test_the_last_frame_is_the_last(tmp_path: Path) -> None:
    def flash_at_end(number: int) -> Image.Image:
        return Image.new("RGB", samples.CLIP_SIZE, "white" if number == 59 else "black")

    path = samples.make_clip(tmp_path / "clip.mp4", picture=flash_at_end)
    derive.make_last_frame(str(path), str(tmp_path / "last.webp"), LIMIT)
    with Image.open(tmp_path / "last.webp") as image:
        assert image.size == samples.CLIP_SIZE
        assert brightness(image) > 240


def test_a_turned_clip_has_upright_pictures(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "turned.mp4", seconds=0.5, rotation=90)
    derive.make_last_frame(str(path), str(tmp_path / "last.webp"), LIMIT)
    with Image.open(tmp_path / "last.webp") as image:
        assert image.size == (256, 144)


@pytest.mark.parametrize(
    ("seconds", "columns", "rows", "tiles"), [(4.0, 10, 10, 100), (0.5, 10, 2, 15), (0.1, 3, 1, 3)]
)
def test_sprites_run_in_order(
    tmp_path: Path, seconds: float, columns: int, rows: int, tiles: int
) -> None:
    def brighten(number: int) -> Image.Image:
        level = round(number * 255 / (seconds * samples.CLIP_FPS))
        return Image.new("RGB", samples.CLIP_SIZE, (level, level, level))

    path = samples.make_clip(tmp_path / "clip.mp4", seconds=seconds, picture=brighten)
    made = derive.make_spritesheet(str(path), str(tmp_path / "sprites.jpg"), LIMIT)
    assert (made["columns"], made["rows"], made["tiles"]) == (columns, rows, tiles)
    width, height = made["tile_width"], made["tile_height"]
    with Image.open(tmp_path / "sprites.jpg") as sheet:
        assert sheet.format == "JPEG"
        assert sheet.size == (columns * width, rows * height)
        corners = [(n % columns * width, n // columns * height) for n in range(tiles)]
        levels = [brightness(sheet.crop((x, y, x + width, y + height))) for x, y in corners]
    assert levels == sorted(levels)
    assert levels[0] < 10
    assert levels[-1] > 255 * (1 - 2 / tiles) - 10


@pytest.mark.parametrize("suffix", ["wav", "mp3", "m4a", "ogg"])
def test_the_waveform_is_low_where_it_is_quiet(tmp_path: Path, suffix: str) -> None:
    path = samples.make_sound(tmp_path / f"sound.{suffix}")
    derive.make_waveform(str(path), str(tmp_path / "wave.webp"))
    with Image.open(tmp_path / "wave.webp") as image:
        assert image.size == (480, 160)
        alpha = image.convert("RGBA").getchannel("A")
    quiet, loud = alpha.crop((20, 0, 220, 160)), alpha.crop((260, 0, 460, 160))
    assert ImageStat.Stat(alpha).extrema[0] == (0, 255)
    assert brightness(loud) > 5 * brightness(quiet) > 0


def test_a_sound_has_its_waveform_as_thumbnail(tmp_path: Path) -> None:
    path = samples.make_sound(tmp_path / "sound.wav", seconds=0.05)
    made = derive.make_thumbnails(str(path), "sound", str(tmp_path), LIMIT)
    with Image.open(tmp_path / made["small"]) as image:
        assert image.size == (160, 53)


def test_a_script_has_no_thumbnail(tmp_path: Path) -> None:
    assert derive.make_thumbnails(str(tmp_path / "a.txt"), "script", str(tmp_path), LIMIT) == {}


def test_a_damaged_clip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(500))
    with pytest.raises(UnsupportedFile):
        derive.make_poster(str(path), str(tmp_path / "poster.webp"), LIMIT)


def test_a_missing_clip_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        derive.make_poster(str(tmp_path / "gone.mp4"), str(tmp_path / "poster.webp"), LIMIT)


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    path = samples.make_clip(tmp_path / "clip.mp4", seconds=0.2)
    with pytest.raises(StorageFull):
        derive.make_last_frame(str(path), "/dev/full", LIMIT)
