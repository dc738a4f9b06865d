"""What the library shows: filters, sorts and the cursors between its pages."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shortdrama.assets.ports import AssetQuery
from shortdrama.domain.ids import is_id
from shortdrama.errors import InvalidInput
from shortdrama.storage.db.columns import fold, sort_key
from shortdrama.storage.db.tables import asset_tags, assets


@dataclass(frozen=True, slots=True)
class _Sort:
    column: sa.Column[Any]
    is_descending: bool


_SORTS = {
    "newest": _Sort(assets.c.created_at, is_descending=True),
    "oldest": _Sort(assets.c.created_at, is_descending=False),
    "name": _Sort(assets.c.sort_name, is_descending=False),
    "size": _Sort(assets.c.bytes, is_descending=True),
}


def page_statement(query: AssetQuery, columns: Sequence[sa.Column[Any]]) -> sa.Select[Any]:
    """One row more than `query.limit`, which tells whether there is a next page.

    Raises:
        InvalidInput: An unknown sort, or a cursor that this sort did not give.
    """
    sort = _sort(query)
    statement = sa.select(*columns).where(*_filters(query)).limit(query.limit + 1)
    if query.after is not None:
        position = sa.tuple_(sort.column, assets.c.id)
        last = _read_cursor(query.sort, query.after, sort)
        is_later = position < last if sort.is_descending else position > last
        statement = statement.where(is_later)
    if sort.is_descending:
        return statement.order_by(sort.column.desc(), assets.c.id.desc())
    return statement.order_by(sort.column, assets.c.id)


def cursor_after(query: AssetQuery, row: sa.Row[Any]) -> str:
    """Opaque: the sort, the last row's place in it, and its id for rows that share the place."""
    values = row._mapping
    place: Any
    if query.sort == "name":
        place = sort_key(values["name"])
    elif query.sort == "size":
        place = values["bytes"]
    else:
        place = values["created_at"].isoformat()
    text = json.dumps([query.sort, place, values["id"]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _sort(query: AssetQuery) -> _Sort:
    try:
        return _SORTS[query.sort]
    except KeyError as error:
        known = ", ".join(_SORTS)
        raise InvalidInput("Assets sort by %(known)s.", code="sort_unknown", known=known) from error


def _filters(query: AssetQuery) -> list[sa.ColumnElement[bool]]:
    filters: list[sa.ColumnElement[bool]] = [assets.c.is_trashed.is_(query.in_trash)]
    if query.kind is not None:
        filters.append(assets.c.kind == query.kind)
    if query.role is not None:
        filters.append(assets.c.role == query.role)
    for word in fold(query.text).split():
        filters.append(assets.c.search_text.contains(word, autoescape=True))
    for tag in query.tags:
        of_asset = asset_tags.c.asset_id == assets.c.id
        filters.append(sa.exists().where(of_asset, asset_tags.c.folded_tag == fold(tag)))
    return filters


def _read_cursor(sort_name: str, cursor: str, sort: _Sort) -> sa.Tuple:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_for, place, asset_id = json.loads(base64.urlsafe_b64decode(padded))
        if made_for != sort_name or not is_id(asset_id):
            raise ValueError("the cursor belongs to another sort")
        value = _place(sort_name, place)
    except (ValueError, TypeError, binascii.Error) as error:
        raise InvalidInput("This page is out of date; reload it.", code="cursor_invalid") from error
    return sa.tuple_(sa.literal(value, sort.column.type), sa.literal(asset_id))


def _place(sort_name: str, place: object) -> datetime | int | str:
    if sort_name in {"newest", "oldest"}:
        moment = datetime.fromisoformat(str(place))
        if moment.tzinfo is None:
            raise ValueError("a moment without its zone")
        return moment
    if sort_name == "size":
        return _size(int(str(place)))
    return _storable(str(place))


def _size(number: int) -> int:
    if not 0 <= number < 2**63:
        raise ValueError("no file is of that size")
    return number


def _storable(text: str) -> str:
    """Half a surrogate or a NUL is in no name, and breaks the database's driver."""
    if "\0" in text:
        raise ValueError("a NUL in a name")
    return text.encode().decode()
