"""Rows of assets, their tags and the uploads they came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shortdrama.assets.ports import AssetPage, AssetQuery
from shortdrama.domain.asset import Asset, AssetKind, AssetRole
from shortdrama.domain.ids import AssetId
from shortdrama.errors import Conflict
from shortdrama.storage.db.asset_search import cursor_after, page_statement
from shortdrama.storage.db.columns import fold, insert_new, sort_key
from shortdrama.storage.db.tables import asset_tags, asset_uploads, assets

_IDS_PER_QUERY = 500
_PLAIN = tuple(field.name for field in fields(Asset) if field.name != "tags")
_COLUMNS = tuple(assets.c[name] for name in _PLAIN)
_CHANGES = frozenset(field.name for field in fields(Asset)) - {"id", "key", "created_at"}


class AssetStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, asset: Asset) -> None:
        """Raises `Conflict(code="asset_exists")` where these bytes are here already.

        The transaction stays usable: `by_key` then tells the asset that won.
        """
        if not insert_new(self._connection, assets, asset_values(asset)):
            raise Conflict("This file is in the library already.", code="asset_exists")
        self._write_tags(asset.id, asset.tags)

    def get(self, asset_id: AssetId) -> Asset | None:
        return next(iter(self.get_many([asset_id])), None)

    def get_many(self, asset_ids: Sequence[AssetId]) -> list[Asset]:
        """In the order asked for; those that are not there are left out."""
        found: dict[str, Asset] = {}
        for ids in _batches(asset_ids):
            rows = self._connection.execute(sa.select(*_COLUMNS).where(assets.c.id.in_(ids)))
            found |= {asset.id: asset for asset in self._read(rows)}
        return [found[asset_id] for asset_id in asset_ids if asset_id in found]

    def by_key(self, key: str) -> Asset | None:
        """The asset with these bytes, in the trash too."""
        return self._one(sa.select(*_COLUMNS).where(assets.c.key == key))

    def page(self, query: AssetQuery) -> AssetPage:
        """Keyset-paged: cost does not grow with the page's number."""
        rows = self._connection.execute(page_statement(query, _COLUMNS)).all()
        shown = rows[: query.limit]
        has_more = len(rows) > query.limit
        next_after = cursor_after(query, shown[-1]) if has_more and shown else None
        return AssetPage(assets=tuple(self._read(shown)), next_after=next_after)

    def newest(self, limit: int) -> list[Asset]:
        """The latest ones, without the trash."""
        return list(self.page(AssetQuery(limit=limit)).assets)

    def counts(self) -> dict[str, int]:
        """Keys: "all", each kind, each role, "trash"; what lies in the trash counts only there."""
        counts = dict.fromkeys(["all", *AssetKind, *AssetRole, "trash"], 0)
        groups = (assets.c.is_trashed, assets.c.kind, assets.c.role)
        statement = sa.select(*groups, sa.func.count()).group_by(*groups)
        for is_trashed, kind, role, count in self._connection.execute(statement):
            for name in ["trash"] if is_trashed else ["all", kind, role]:
                counts[name] += count
        return {str(name): count for name, count in counts.items()}

    def tags(self) -> list[tuple[str, int]]:
        """Tag and how many assets outside the trash bear it, most used first."""
        count = sa.func.count()
        statement = (
            sa.select(sa.func.min(asset_tags.c.tag), count)
            .join(assets, assets.c.id == asset_tags.c.asset_id)
            .where(assets.c.is_trashed.is_(False))
            .group_by(asset_tags.c.folded_tag)
            .order_by(count.desc(), asset_tags.c.folded_tag)
        )
        return [(tag, number) for tag, number in self._connection.execute(statement)]

    def change(self, asset_id: AssetId, changes: dict[str, Any]) -> Asset | None:
        """Fields of `Asset`; `tags` replaces them all."""
        if refused := changes.keys() - _CHANGES:
            raise ValueError(f"not changeable on an asset: {sorted(refused)}")
        current = self.get(asset_id)
        if current is None or not changes:
            return current
        name = changes.get("name", current.name)
        tags = tuple(changes.get("tags", current.tags))
        values = {field: value for field, value in changes.items() if field != "tags"}
        values |= _derived(name, tags, changes.get("trashed_at", current.trashed_at))
        self._connection.execute(sa.update(assets).where(assets.c.id == asset_id).values(**values))
        if "tags" in changes:
            old = sa.delete(asset_tags).where(asset_tags.c.asset_id == asset_id)
            self._connection.execute(old)
            self._write_tags(asset_id, tags)
        return self.get(asset_id)

    def trashed_before(self, moment: datetime, limit: int) -> list[Asset]:
        """Longest in the trash first."""
        statement = sa.select(*_COLUMNS).where(assets.c.trashed_at < moment)
        ordered = statement.order_by(assets.c.trashed_at, assets.c.id).limit(limit)
        return self._read(self._connection.execute(ordered))

    def remove(self, asset_id: AssetId) -> None:
        """With its tags and upload links. The bytes are the caller's: see `KeyStore.is_used`."""
        self._connection.execute(sa.delete(assets).where(assets.c.id == asset_id))

    def by_upload(self, upload_id: str) -> Asset | None:
        joined = sa.select(*_COLUMNS).join(asset_uploads, asset_uploads.c.asset_id == assets.c.id)
        return self._one(joined.where(asset_uploads.c.upload_id == upload_id))

    def link_upload(self, upload_id: str, asset_id: AssetId) -> None:
        """So that a finished upload told twice is one asset. The first link stays."""
        values = {"upload_id": upload_id, "asset_id": asset_id}
        insert_new(self._connection, asset_uploads, values)

    def _write_tags(self, asset_id: AssetId, tags: Sequence[str]) -> None:
        if rows := tag_rows(asset_id, tags):
            self._connection.execute(sa.insert(asset_tags), rows)

    def _one(self, statement: sa.Executable) -> Asset | None:
        return next(iter(self._read(self._connection.execute(statement))), None)

    def _read(self, rows: Iterable[sa.Row[Any]]) -> list[Asset]:
        values = [dict(row._mapping) for row in rows]
        tags = self._tags_of([row["id"] for row in values])
        return [_asset(row, tags.get(row["id"], ())) for row in values]

    def _tags_of(self, asset_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for ids in _batches(asset_ids):
            statement = sa.select(asset_tags).where(asset_tags.c.asset_id.in_(ids))
            for row in self._connection.execute(statement.order_by(asset_tags.c.position)):
                found[row.asset_id] = (*found.get(row.asset_id, ()), row.tag)
        return found


def asset_values(asset: Asset) -> dict[str, Any]:
    """Every column of the asset's own row."""
    values = {name: getattr(asset, name) for name in _PLAIN}
    return values | _derived(asset.name, asset.tags, asset.trashed_at)


def tag_rows(asset_id: AssetId, tags: Sequence[str]) -> list[dict[str, Any]]:
    """One row a tag, in their order; the first spelling of a tag stays."""
    spelled: dict[str, str] = {}
    for tag in tags:
        spelled.setdefault(fold(tag), tag)
    return [
        {"asset_id": asset_id, "folded_tag": folded, "tag": tag, "position": position}
        for position, (folded, tag) in enumerate(spelled.items())
    ]


def _derived(name: str, tags: Sequence[str], trashed_at: datetime | None) -> dict[str, Any]:
    return {
        "sort_name": sort_key(name),
        "search_text": "\n".join(fold(text) for text in (name, *tags)),
        "is_trashed": trashed_at is not None,
    }


def _asset(values: dict[str, Any], tags: tuple[str, ...]) -> Asset:
    kind, role = AssetKind(values.pop("kind")), AssetRole(values.pop("role"))
    return Asset(**values, kind=kind, role=role, tags=tags)


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(ids), _IDS_PER_QUERY):
        yield ids[start : start + _IDS_PER_QUERY]
