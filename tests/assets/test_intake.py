"""Files of every kind on both ways of storing, looked into by the real media tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.library import picture
from media.samples import (
    cut,
    make_clip,
    make_huge_png,
    make_pdf,
    make_picture,
    make_sound,
    make_zip,
)
from servers.pairs import StudioStorage
from shortdrama.assets.ports import AssetQuery
from shortdrama.assets.service import AssetService
from shortdrama.assets.uploads import UploadLimits
from shortdrama.domain.asset import Asset
from shortdrama.errors import InvalidInput, TooLarge, UnsupportedFile
from shortdrama.media.service import MEDIA_FUNCTIONS, MediaTools
from shortdrama.media.workers import WorkerPool
from shortdrama.settings import Settings


@pytest.fixture(scope="module")
def media() -> Iterator[MediaTools]:
    pool = WorkerPool(MEDIA_FUNCTIONS)
    yield MediaTools(pool)
    pool.close()


@pytest.fixture
def service(studio_storage: StudioStorage, media: MediaTools, tmp_path: Path) -> AssetService:
    settings = Settings(data=tmp_path / "data")
    limits = UploadLimits(2**30, reserve_bytes=0)
    return AssetService(studio_storage.database, studio_storage.blobs, media, settings, limits)


def keys_of(asset: Asset) -> list[str]:
    keys = (asset.key, asset.thumb_small_key, asset.thumb_large_key, asset.preview_key)
    return [key for key in keys if key]


def test_every_kind_comes_in_with_its_facts(
    service: AssetService, studio_storage: StudioStorage, tmp_path: Path
) -> None:
    script = tmp_path / "pilot.fountain"
    script.write_text("INT. KITCHEN - NIGHT\n\nLin waits.\n", encoding="utf-8")
    facts = {}
    for path in (
        make_picture(tmp_path / "still.jpg"),
        make_picture(tmp_path / "phone.heic"),
        make_clip(tmp_path / "rain.mp4", seconds=1.0),
        make_sound(tmp_path / "rain.mp3"),
        make_pdf(tmp_path / "pitch.pdf"),
        script,
    ):
        asset = service.take_in_file(path).asset
        assert all(studio_storage.blobs.size(key) for key in keys_of(asset))
        assert studio_storage.blobs.size(asset.key) == path.stat().st_size
        facts[path.name] = (asset.kind, asset.mime, asset.width, len(keys_of(asset)))
    assert facts == {
        "still.jpg": ("picture", "image/jpeg", 320, 3),
        "phone.heic": ("picture", "image/heic", 320, 3),
        "rain.mp4": ("video", "video/mp4", 144, 4),
        "rain.mp3": ("sound", "audio/mpeg", None, 3),
        "pitch.pdf": ("script", "application/pdf", None, 1),
        "pilot.fountain": ("script", "text/plain", None, 1),
    }
    assert len(service.page(AssetQuery()).assets) == 6


def test_bad_files_leave_nothing_behind(
    service: AssetService, studio_storage: StudioStorage, tmp_path: Path
) -> None:
    zip_in_disguise = make_zip(tmp_path / "a.zip", "x").rename(tmp_path / "portrait.png")
    empty = tmp_path / "empty.png"
    empty.touch()
    for path, error in (
        (zip_in_disguise, UnsupportedFile),
        (make_huge_png(tmp_path / "huge.png"), TooLarge),
        (cut(make_picture(tmp_path / "cut.jpg"), 0.5), UnsupportedFile),
        (cut(make_clip(tmp_path / "cut.mp4", seconds=1.0), 0.5), UnsupportedFile),
        (empty, InvalidInput),
    ):
        with pytest.raises(error):
            service.take_in_file(path)
        assert path.exists()
    assert service.counts()["all"] == 0
    assert list(studio_storage.blobs.keys()) == []
    assert list((tmp_path / "data" / "uploads").iterdir()) == []


def test_one_asset_per_content_until_it_is_removed(
    service: AssetService, studio_storage: StudioStorage, tmp_path: Path
) -> None:
    path = tmp_path / "still.png"
    path.write_bytes(picture(1, width=64, height=64))
    first = service.take_in_file(path)
    service.trash([first.asset.id])
    again = service.take_in_file(path)
    assert (again.asset.id, again.was_here, again.came_back) == (first.asset.id, True, True)
    service.trash([first.asset.id])
    service.remove_for_good([first.asset.id])
    assert list(studio_storage.blobs.keys()) == []
    anew = service.take_in_file(path)
    assert (anew.was_here, anew.asset.id == first.asset.id) == (False, False)
    assert studio_storage.blobs.size(anew.asset.key) == path.stat().st_size
