"""The library: list, rename, tag, trash, restore, remove."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from shortdrama.assets.names import download_name
from shortdrama.assets.ports import AssetQuery
from shortdrama.domain.asset import Asset, AssetKind, AssetRole
from shortdrama.domain.ids import AssetId
from shortdrama.web.api.shapes import Id, may_answer
from shortdrama.web.services import GivenServices

router = APIRouter(prefix="/api", tags=["assets"])
_MAX_IDS = 1000
_ID_PATTERN = "^[0-9a-f]{32}$"


class AssetSort(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"
    SIZE = "size"


class AssetAnswer(BaseModel):
    """A file of the library. Addresses are null where there is no such picture or clip."""

    id: str
    name: str
    file_name: str
    kind: AssetKind
    role: AssetRole
    mime: str
    bytes: int
    width: int | None
    height: int | None
    duration_ms: int | None
    thumb_small_url: str | None = Field(description="WebP, longest edge 160 px")
    thumb_large_url: str | None = Field(description="WebP, longest edge 480 px")
    preview_url: str | None = Field(description="A short silent MP4 of a video")
    url: str
    tags: list[str]
    created_at: datetime
    trashed_at: datetime | None


class AssetPageAnswer(BaseModel):
    assets: list[AssetAnswer]
    next_after: str | None = Field(description="Give it as `after` for the next page")


class ChosenAssets(BaseModel):
    ids: list[Annotated[str, Field(pattern=_ID_PATTERN)]] = Field(max_length=_MAX_IDS)


class MovedAssets(BaseModel):
    """Those that changed by this; ids that were in that state already, or unknown, are left out."""

    assets: list[AssetAnswer]


class RemovedAssets(BaseModel):
    ids: list[str]


class AssetChange(BaseModel):
    """What is left out stays as it is."""

    name: str | None = Field(default=None, max_length=1000)
    role: AssetRole | None = None
    tags: list[Annotated[str, Field(max_length=1000)]] | None = Field(default=None, max_length=200)


class TagCount(BaseModel):
    tag: str
    count: int


def asset_answer(asset: Asset) -> AssetAnswer:
    """An asset as the API tells of it."""
    return AssetAnswer(
        id=asset.id,
        name=asset.name,
        file_name=asset.file_name,
        kind=asset.kind,
        role=asset.role,
        mime=asset.mime,
        bytes=asset.bytes,
        width=asset.width,
        height=asset.height,
        duration_ms=asset.duration_ms,
        thumb_small_url=_blob_url(asset.thumb_small_key, "small.webp"),
        thumb_large_url=_blob_url(asset.thumb_large_key, "large.webp"),
        preview_url=_blob_url(asset.preview_key, "preview.mp4"),
        url=file_url(asset),
        tags=list(asset.tags),
        created_at=asset.created_at,
        trashed_at=asset.trashed_at,
    )


def file_url(asset: Asset) -> str:
    """Where the bytes are, under a name to save them by."""
    return f"/media/{asset.key}/{quote(download_name(asset), safe='')}"


def _blob_url(key: str | None, name: str) -> str | None:
    return None if key is None else f"/media/{key}/{name}"


@router.get("/assets", responses=may_answer())
def list_assets(  # noqa: PLR0913 - one parameter per filter of the library
    services: GivenServices,
    *,
    text: Annotated[str, Query(max_length=500, description="In names and tags")] = "",
    kind: AssetKind | None = None,
    role: AssetRole | None = None,
    tag: Annotated[list[str] | None, Query(max_length=20, description="All of these")] = None,
    sort: AssetSort = AssetSort.NEWEST,
    trash: bool = False,
    after: Annotated[str | None, Query(max_length=1000)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AssetPageAnswer:
    """A page of the library. Following pages cost no more than the first."""
    query = AssetQuery(
        text=text,
        kind=kind,
        role=role,
        tags=tuple(tag or ()),
        sort=sort.value,
        in_trash=trash,
        after=after or None,
        limit=limit,
    )
    page = services.assets.page(query)
    answers = [asset_answer(asset) for asset in page.assets]
    return AssetPageAnswer(assets=answers, next_after=page.next_after)


@router.get("/assets/counts")
def count_assets(services: GivenServices) -> dict[str, int]:
    """How many files there are: `all`, each kind, each role, `trash`."""
    return services.assets.counts()


@router.get("/assets/{asset_id}", responses=may_answer(404))
def get_asset(asset_id: Id, services: GivenServices) -> AssetAnswer:
    return asset_answer(services.assets.get(AssetId(asset_id)))


@router.patch("/assets/{asset_id}", responses=may_answer(404))
def change_asset(asset_id: Id, wanted: AssetChange, services: GivenServices) -> AssetAnswer:
    """Rename, give a role, replace the tags."""
    asset = services.assets.change(
        AssetId(asset_id), name=wanted.name, role=wanted.role, tags=wanted.tags
    )
    return asset_answer(asset)


@router.post("/assets/{asset_id}/thumbnails", responses=may_answer(404, 415, 423, 507))
def make_thumbnails(asset_id: Id, services: GivenServices) -> AssetAnswer:
    """Make the thumbnails again where they are missing."""
    return asset_answer(services.assets.ensure_thumbnails(AssetId(asset_id)))


@router.post("/assets/trash", responses=may_answer())
def trash_assets(chosen: ChosenAssets, services: GivenServices) -> MovedAssets:
    """Into the trash. Restoring the answered ids undoes it."""
    moved = services.assets.trash(_ids(chosen))
    return MovedAssets(assets=[asset_answer(asset) for asset in moved])


@router.post("/assets/restore", responses=may_answer())
def restore_assets(chosen: ChosenAssets, services: GivenServices) -> MovedAssets:
    """Out of the trash."""
    moved = services.assets.restore(_ids(chosen))
    return MovedAssets(assets=[asset_answer(asset) for asset in moved])


@router.post("/assets/removal", responses=may_answer(409))
def remove_assets(chosen: ChosenAssets, services: GivenServices) -> RemovedAssets:
    """For good, and only from the trash."""
    return RemovedAssets(ids=list(services.assets.remove_for_good(_ids(chosen))))


@router.get("/tags")
def list_tags(services: GivenServices) -> list[TagCount]:
    """Most used first."""
    return [TagCount(tag=tag, count=count) for tag, count in services.assets.tags()]


def _ids(chosen: ChosenAssets) -> list[AssetId]:
    return [AssetId(asset_id) for asset_id in dict.fromkeys(chosen.ids)]
