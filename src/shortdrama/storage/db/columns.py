"""Column types and statements that SQLite and PostgreSQL need spelled differently."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

_DIGITS = re.compile(r"\d+")
_SORTED_DIGITS = 12


class UtcTime(sa.TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite keeps it without the zone, so it is added on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("Only aware times are stored; this one has no zone.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def json_column() -> sa.JSON:
    """Plain JSON on both: PostgreSQL's JSONB refuses the NUL that a provider's answer may hold."""
    return sa.JSON(none_as_null=True)


def bytewise_text() -> sa.Text:
    """Text that sorts by code point on both databases, so that cursors mean the same."""
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def serial() -> sa.types.TypeEngine[int]:
    """A growing 64-bit number; SQLite only autoincrements a column called INTEGER."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def fold(text: str) -> str:
    """What is compared in a search: compatible forms unified, without case."""
    return unicodedata.normalize("NFKC", text).casefold()


def sort_key(name: str) -> str:
    """Folded, numbers padded: "Take 2" comes before "Take 10"."""
    return _DIGITS.sub(lambda match: match.group().zfill(_SORTED_DIGITS), fold(name))


def insert_new(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert unless a unique key is taken; False where it is. The transaction stays usable."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table).values(**values).on_conflict_do_nothing()
    # PostgreSQL's driver tells no row count here; a returned row says the same on both.
    return connection.execute(insert.returning(sa.literal(1))).first() is not None
