"""Which rows a blob's key belongs to: for its content type, and before it is deleted."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from shortdrama.domain.here import HERE, key_here
from shortdrama.storage.db.tables import assets, takes

_OWNERS = (
    assets.c.key,
    assets.c.thumb_small_key,
    assets.c.thumb_large_key,
    assets.c.preview_key,
    takes.c.video_key,
    takes.c.poster_key,
    takes.c.last_frame_key,
)


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """`column` is the table and column that hold the key, such as "takes.video_key"."""

    column: str
    row_id: str
    mime: str | None  # of an asset's own bytes; the others follow from the column


class KeyStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def owner(self, key: str) -> KeyOwner | None:
        """One row that holds the key, an asset's own bytes first; None where none does."""
        for column in _OWNERS:
            mime = assets.c.mime if column is assets.c.key else sa.null()
            statement = sa.select(column.table.c.id, mime).where(column == key).limit(1)
            row = self._connection.execute(statement).one_or_none()
            if row:
                return KeyOwner(f"{column.table.name}.{column.name}", row[0], row[1])
        return None

    def is_used(self, key: str) -> bool:
        """Ask before deleting a blob: equal bytes are kept once, whoever brought them."""
        return self.owner(key) is not None or key in self._here()

    def all_used(self) -> set[str]:
        """Every key that some row holds."""
        used = sa.union(*(sa.select(column).where(column.is_not(None)) for column in _OWNERS))
        return set(self._connection.scalars(used)) | self._here()

    def _here(self) -> set[str]:
        """Of clips that came with the answer to their order, and whose takes have them not yet."""
        job_id = takes.c.provider_job_id
        named = sa.select(job_id).where(job_id.startswith(HERE, autoescape=True))
        keys = (key_here(found) for found in self._connection.scalars(named))
        return {key for key in keys if key}
