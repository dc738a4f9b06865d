"""The library's own rules: one asset per content, trash, removal, names and tags."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assets.library import Library, huge_picture, picture, sha256
from shortdrama.assets.ports import AssetQuery
from shortdrama.domain.asset import Asset, AssetKind, AssetRole
from shortdrama.domain.ids import AssetId, new_id
from shortdrama.errors import Conflict, InvalidInput, NotFound, TooLarge


def take_in(library: Library, data: bytes, name: str = "still.png") -> Asset:
    path = library.data / "incoming"
    path.write_bytes(data)
    return library.service.take_in_file(path, name).asset


def kinds(library: Library) -> list[str]:
    return [event.kind for event in library.events()]


def test_a_file_of_this_machine_stays_where_it_is(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "rain.png"
    path.write_bytes(picture())
    asset = library.service.take_in_file(path).asset
    assert path.read_bytes() == picture()
    assert (asset.name, asset.kind, asset.mime) == ("rain.png", AssetKind.PICTURE, "image/png")
    assert (asset.width, asset.height, asset.role) == (4, 4, AssetRole.FILE)
    assert asset.thumb_small_key is not None
    assert library.blobs.size(asset.thumb_small_key)
    assert library.part_files() == []


def test_a_missing_file_is_said_so(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nowhere\.png"):
        library.service.take_in_file(tmp_path / "nowhere.png")


def test_the_same_bytes_twice_are_one_asset(library: Library) -> None:
    first = take_in(library, picture(), "one.png")
    path = library.data / "incoming"
    again = library.service.take_in_file(path, "two.png")
    assert (again.asset, again.was_here, again.came_back) == (first, True, False)
    assert library.service.counts()["all"] == 1
    assert library.media.probes == 1


def test_the_same_bytes_bring_an_asset_back_from_the_trash(library: Library) -> None:
    first = take_in(library, picture())
    library.service.trash([first.id])
    again = library.service.take_in_file(library.data / "incoming")
    assert (again.asset.id, again.was_here, again.came_back) == (first.id, True, True)
    assert library.service.get(first.id).trashed_at is None


def test_the_same_bytes_heal_an_asset_that_lost_them(library: Library) -> None:
    asset = take_in(library, picture())
    library.blobs.delete(asset.key)
    assert take_in(library, picture()).id == asset.id
    assert library.blobs.size(asset.key) == len(picture())


def test_the_same_bytes_from_two_sides_at_once_are_one_asset(library: Library) -> None:
    """Both have looked and found nothing before either of them commits."""
    both_looked = threading.Barrier(2, timeout=10)
    library.media.before_probe = both_looked.wait
    paths = [library.data / "one.png", library.data / "two.png"]
    results = []

    def bring(path: Path) -> None:
        results.append(library.service.take_in_file(path))

    for path in paths:
        path.write_bytes(picture())
    threads = [threading.Thread(target=bring, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({intake.asset.id for intake in results}) == 1
    assert sorted(intake.was_here for intake in results) == [False, True]
    assert kinds(library) == ["asset.added"]


def test_too_many_pixels_are_refused_without_a_trace(library: Library) -> None:
    with pytest.raises(TooLarge, match=r"50,000 × 50,000"):
        take_in(library, huge_picture())
    assert library.service.counts()["all"] == 0
    assert library.part_files() == []
    assert list(library.blobs.keys()) == []


def test_a_name_role_and_tags_change_together_or_not_at_all(library: Library) -> None:
    asset = take_in(library, picture())
    changed = library.service.change(
        asset.id, name=" Lin / rain ", role=AssetRole.CAST, tags=["#Lead", "lead", "Night"]
    )
    assert (changed.name, changed.role, changed.tags) == (
        "Lin / rain",
        AssetRole.CAST,
        ("lead", "night"),
    )
    with pytest.raises(InvalidInput):
        library.service.change(asset.id, name="kept out", tags=["x" * 51])
    assert library.service.get(asset.id) == changed
    assert library.service.tags() == [("lead", 1), ("night", 1)]
    with pytest.raises(NotFound):
        library.service.rename(AssetId(new_id()), "nobody")


def test_a_search_finds_names_and_tags_written_anyhow(library: Library) -> None:
    asset = take_in(library, picture())
    library.service.rename(asset.id, "Straße im Regen")
    library.service.set_tags(asset.id, ["Neon"])

    def found(query: AssetQuery) -> int:
        return len(library.service.page(query).assets)

    assert found(AssetQuery(text="STRASSE")) == 1
    assert found(AssetQuery(text="reg\0en\ud800")) == 1
    assert found(AssetQuery(text="%")) == 0
    assert found(AssetQuery(tags=("#NEON",))) == 1
    assert found(AssetQuery(tags=("neon", "\0other"))) == 0


def test_trash_and_its_undo(library: Library) -> None:
    assets = [take_in(library, picture(seed)) for seed in range(3)]
    ids = [asset.id for asset in assets]
    library.service.trash(ids[:1])
    moved = library.service.trash([*ids, AssetId(new_id())])
    assert [asset.id for asset in moved] == ids[1:]
    assert library.service.counts() | {"all": 0, "trash": 3} == library.service.counts()
    restored = library.service.restore([asset.id for asset in moved])
    assert [asset.id for asset in restored] == ids[1:]
    assert library.service.counts()["trash"] == 1
    assert kinds(library).count("asset.changed") == 5


def test_only_the_trash_can_be_emptied(library: Library) -> None:
    kept, trashed = take_in(library, picture(1)), take_in(library, picture(2))
    library.service.trash([trashed.id])
    with pytest.raises(Conflict, match="in the trash"):
        library.service.remove_for_good([trashed.id, kept.id])
    assert library.service.get(trashed.id)
    assert library.service.remove_for_good([trashed.id]) == [trashed.id]
    assert library.service.remove_for_good([trashed.id]) == []
    with pytest.raises(NotFound):
        library.service.get(trashed.id)
    assert library.blobs.size(trashed.key) is None
    assert library.blobs.size(str(trashed.thumb_small_key)) is None
    assert library.blobs.size(kept.key) == kept.bytes
    assert kinds(library)[-1] == "asset.removed"


def test_bytes_that_another_row_needs_are_never_deleted(library: Library) -> None:
    """Here another asset's thumbnail is the very same picture."""
    poster = take_in(library, picture(1))
    other = take_in(library, picture(2))
    with library.database.begin() as tx:
        tx.assets.change(other.id, {"thumb_large_key": poster.key})
    library.service.trash([poster.id])
    library.service.remove_for_good([poster.id])
    assert library.blobs.size(poster.key) == poster.bytes


def test_the_trash_is_purged_after_its_days(library: Library) -> None:
    assets = [take_in(library, picture(seed)) for seed in range(3)]
    library.service.trash([asset.id for asset in assets[:2]])
    now = datetime.now(UTC)
    assert library.service.purge_trash(now + timedelta(days=29)) == 0
    assert library.service.purge_trash(now + timedelta(days=31)) == 2
    assert library.service.counts() | {"all": 1, "trash": 0} == library.service.counts()


def test_thumbnails_can_be_made_again(library: Library) -> None:
    asset = take_in(library, picture())
    probes = library.media.probes
    assert library.service.ensure_thumbnails(asset.id) == asset
    library.blobs.delete(str(asset.thumb_small_key))
    assert library.service.ensure_thumbnails(asset.id) == asset
    assert library.blobs.size(str(asset.thumb_small_key))
    assert library.media.probes == probes


def test_names_of_strangers_come_in_safe(library: Library) -> None:
    asset = take_in(library, picture(), "../../\u202egnp.tohs\0" + "x" * 400 + ".jpeg")
    assert asset.name.startswith("gnp.tohsxxx")
    assert asset.name.endswith(".jpeg")
    assert asset.file_name.endswith(".png")
    assert len(asset.name) <= 120
    assert sha256(picture()) == asset.key
