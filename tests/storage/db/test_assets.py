from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from shortdrama.assets.ports import AssetQuery
from shortdrama.domain.asset import Asset, AssetKind, AssetRole
from shortdrama.domain.ids import AssetId, new_id
from shortdrama.errors import Conflict, InvalidInput
from shortdrama.storage.db import tables
from shortdrama.storage.db.assets import asset_values, tag_rows
from shortdrama.storage.db.database import Database
from storage.samples import key_of, make_asset, make_clip, make_shot, make_take, moment


def add(records: Database, *assets: Asset) -> None:
    with records.begin() as tx:
        for asset in assets:
            tx.assets.add(asset)


def names(records: Database, **query: object) -> list[str]:
    return [asset.name for asset in walk(records, AssetQuery(**query))]  # type: ignore[arg-type]


def walk(records: Database, query: AssetQuery) -> Iterator[Asset]:
    while True:
        with records.read() as tx:
            page = tx.assets.page(query)
        assert len(page.assets) <= query.limit
        yield from page.assets
        if page.next_after is None:
            return
        assert len(page.assets) == query.limit
        query = replace(query, after=page.next_after)


def test_an_asset_comes_back_as_it_was(records: Database) -> None:
    plain = make_asset()
    full = make_asset(
        "雨.mp4",
        kind=AssetKind.VIDEO,
        role=AssetRole.PLACE,
        bytes=5_000_000_000,
        width=720,
        height=1280,
        duration_ms=4000,
        thumb_small_key=key_of("s"),
        thumb_large_key=key_of("l"),
        preview_key=key_of("p"),
        tags=("Z", "a", "夜"),
        trashed_at=moment(5),
    )
    add(records, plain, full)
    with records.read() as tx:
        assert tx.assets.get(plain.id) == plain
        assert tx.assets.by_key(full.key) == full
        unknown = AssetId(new_id())
        assert tx.assets.get_many([full.id, unknown, plain.id]) == [full, plain]
        assert tx.assets.get_many([]) == []
        assert tx.assets.get(unknown) is None
        assert tx.assets.by_key(key_of("unknown")) is None


def test_equal_bytes_are_one_asset(records: Database) -> None:
    asset = make_asset()
    add(records, asset)
    with records.begin() as tx:
        with pytest.raises(Conflict) as caught:
            tx.assets.add(replace(asset, id=AssetId(new_id()), tags=("x",)))
        assert caught.value.code == "asset_exists"
        assert tx.assets.by_key(asset.key) == asset  # still usable


@pytest.mark.parametrize("sort", ["newest", "oldest", "name", "size"])
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_every_sort_pages_without_gap_or_repeat(records: Database, sort: str, limit: int) -> None:
    """Many rows share their place in each sort, so only the id tells them apart."""
    assets = [
        make_asset(f"Name {number // 4}", number // 4, key=key_of(str(number)), bytes=number // 4)
        for number in range(12)
    ]
    add(records, *assets)
    keys = {
        "newest": lambda asset: (asset.created_at, asset.id),
        "oldest": lambda asset: (asset.created_at, asset.id),
        "name": lambda asset: (asset.name, asset.id),
        "size": lambda asset: (asset.bytes, asset.id),
    }
    expected = sorted(assets, key=keys[sort], reverse=sort in {"newest", "size"})
    assert list(walk(records, AssetQuery(sort=sort, limit=limit))) == expected


def test_a_page_goes_on_after_an_asset_that_has_gone(records: Database) -> None:
    assets = [make_asset(f"{number}", number) for number in range(4)]
    add(records, *assets)
    with records.read() as tx:
        page = tx.assets.page(AssetQuery(sort="oldest", limit=2))
    with records.begin() as tx:
        tx.assets.remove(page.assets[-1].id)
    assert names(records, sort="oldest", limit=2, after=page.next_after) == ["2", "3"]


def test_names_sort_by_number_and_without_case(records: Database) -> None:
    add(records, *(make_asset(name) for name in ("take 10", "Take 9", "b", "雨", "A", "é")))
    assert names(records, sort="name") == ["A", "b", "Take 9", "take 10", "é", "雨"]


def test_finds_by_any_part_of_name_or_tag(records: Database) -> None:
    lin = make_asset("林月-正面.PNG", 1, tags=("主角", "Wet Street"))
    door = make_asset("Door_100%.png", 0, tags=("Prop",))
    add(records, lin, door)
    for text, found in {
        "月-正": ["林月-正面.PNG"],
        "png": ["林月-正面.PNG", "Door_100%.png"],
        "主角": ["林月-正面.PNG"],
        "STREET 林": ["林月-正面.PNG"],
        "100%": ["Door_100%.png"],
        "r_1": ["Door_100%.png"],
        "%": ["Door_100%.png"],
        "PNG": ["林月-正面.PNG", "Door_100%.png"],
        "door prop": ["Door_100%.png"],
        "door street": [],
        "  ": ["林月-正面.PNG", "Door_100%.png"],
    }.items():
        assert names(records, text=text) == found, text


def test_filters_add_up(records: Database) -> None:
    add(
        records,
        make_asset("a", 0, role=AssetRole.CAST, tags=("Night", "rain")),
        make_asset("b", 1, role=AssetRole.CAST, tags=("night",)),
        make_asset("c", 2, kind=AssetKind.SOUND, tags=("rain",)),
        make_asset("d", 3, role=AssetRole.CAST, trashed_at=moment()),
    )
    assert names(records) == ["c", "b", "a"]
    assert names(records, role=AssetRole.CAST) == ["b", "a"]
    assert names(records, kind=AssetKind.SOUND) == ["c"]
    assert names(records, tags=("NIGHT",)) == ["b", "a"]
    assert names(records, tags=("night", "rain")) == ["a"]
    assert names(records, role=AssetRole.CAST, in_trash=True) == ["d"]


def test_counts_and_tags_leave_the_trash_out(records: Database) -> None:
    add(
        records,
        make_asset("a", role=AssetRole.CAST, tags=("Night", "rain")),
        make_asset("b", kind=AssetKind.SOUND, tags=("night",)),
        make_asset("c", role=AssetRole.CAST, tags=("rain", "rain", "x"), trashed_at=moment()),
    )
    with records.read() as tx:
        counts = tx.assets.counts()
        assert tx.assets.tags() == [("Night", 2), ("rain", 1)]
    nothing = dict.fromkeys([*AssetKind, *AssetRole], 0)
    assert counts == nothing | {
        "all": 2,
        "picture": 1,
        "sound": 1,
        "cast": 1,
        "file": 1,
        "trash": 1,
    }


def test_changes_reach_the_search(records: Database) -> None:
    asset = make_asset("old", tags=("gone",))
    add(records, asset)
    with records.begin() as tx:
        changes = {"name": "新名字", "tags": ("Kept", "kept", "b"), "role": AssetRole.PROP}
        changed = tx.assets.change(asset.id, changes)
        assert changed == replace(asset, name="新名字", tags=("Kept", "b"), role=AssetRole.PROP)
        assert tx.assets.change(asset.id, {}) == changed
        assert tx.assets.change(AssetId(new_id()), {"name": "x"}) is None
        with pytest.raises(ValueError, match="key"):
            tx.assets.change(asset.id, {"key": key_of("x")})
    assert names(records, text="名") == ["新名字"]
    assert names(records, tags=("kept",)) == ["新名字"]
    assert names(records, text="gone") == names(records, text="old") == []


def test_trash_restore_and_the_longest_in_it(records: Database) -> None:
    first, second, kept = make_asset("1"), make_asset("2"), make_asset("3")
    add(records, first, second, kept)
    with records.begin() as tx:
        tx.assets.change(second.id, {"trashed_at": moment(1)})
        tx.assets.change(first.id, {"trashed_at": moment(2)})
        old = tx.assets.trashed_before(moment(3), 10)
        assert [asset.id for asset in old] == [second.id, first.id]
        assert len(tx.assets.trashed_before(moment(2), 10)) == 1
        assert len(tx.assets.trashed_before(moment(3), 1)) == 1
        tx.assets.change(first.id, {"trashed_at": None})
    assert names(records, in_trash=True) == ["2"]
    assert sorted(names(records)) == ["1", "3"]


def test_an_upload_told_twice_is_one_asset(records: Database) -> None:
    asset, other = make_asset("1", tags=("t",)), make_asset("2")
    add(records, asset, other)
    with records.begin() as tx:
        tx.assets.link_upload("u", asset.id)
        tx.assets.link_upload("u", other.id)
        assert tx.assets.by_upload("u") == asset
        assert tx.assets.by_upload("v") is None
        tx.assets.remove(asset.id)
        assert tx.assets.by_upload("u") is None
        assert tx.assets.tags() == []


def test_a_key_is_used_by_whoever_holds_it(records: Database) -> None:
    clip = make_clip("shared")
    asset = make_asset("a", key=clip.video_key, thumb_small_key=key_of("thumb"))
    twin = make_asset("b", thumb_large_key=key_of("thumb"))
    add(records, asset, twin)
    with records.begin() as tx:
        take = make_take(tx, make_shot(tx), clip=clip)
        owner = tx.keys.owner(clip.video_key)
        assert owner is not None
        assert (owner.column, owner.row_id, owner.mime) == ("assets.key", asset.id, "image/png")
        tx.assets.remove(asset.id)
        owner = tx.keys.owner(clip.video_key)
        assert owner is not None
        assert (owner.column, owner.row_id, owner.mime) == ("takes.video_key", take.id, None)
        assert tx.keys.is_used(key_of("thumb"))
        tx.assets.remove(twin.id)
        assert not tx.keys.is_used(key_of("thumb"))
        assert tx.keys.all_used() == {clip.video_key, clip.poster_key, clip.last_frame_key}


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "",
        "é",
        base64.urlsafe_b64encode(b'["size",1,"a"]').decode(),
        base64.urlsafe_b64encode(b'["newest","2026-01-01T00:00:00","a"]').decode(),
        base64.urlsafe_b64encode(b'["newest",3,"a"]').decode(),
        base64.urlsafe_b64encode(b'{"newest":3}').decode(),
        base64.urlsafe_b64encode(b'["newest","2026-01-01T00:00:00Z",["a"]]').decode(),
    ],
)
def test_a_strange_cursor_is_refused_in_words(records: Database, cursor: str) -> None:
    with records.read() as tx, pytest.raises(InvalidInput):
        tx.assets.page(AssetQuery(after=cursor))


def test_an_unknown_sort_is_refused_in_words(records: Database) -> None:
    with records.read() as tx, pytest.raises(InvalidInput, match="newest"):
        tx.assets.page(AssetQuery(sort="colour"))


def test_ten_thousand_assets_stay_quick(records: Database) -> None:
    assets = [
        make_asset(f"{number} 雨夜.png", number, tags=(f"tag {number % 50}",))
        for number in range(10_000)
    ]
    with records.engine.begin() as connection:
        connection.execute(sa.insert(tables.assets), [asset_values(asset) for asset in assets])
        tags = [row for asset in assets for row in tag_rows(asset.id, asset.tags)]
        connection.execute(sa.insert(tables.asset_tags), tags)
    queries = [
        *(AssetQuery(sort=sort) for sort in ("newest", "oldest", "name", "size")),
        AssetQuery(text="9 雨"),
        AssetQuery(text="nowhere"),
        AssetQuery(tags=("tag 7",)),
    ]
    with records.read() as tx:
        for query in queries:
            started = time.perf_counter()
            page = tx.assets.page(query)
            if page.next_after:
                tx.assets.page(replace(query, after=page.next_after))
            assert time.perf_counter() - started < 0.5, query  # measured: under 0.05
