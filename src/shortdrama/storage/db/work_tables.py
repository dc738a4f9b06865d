"""The tables of processes that share the work; beside `tables`, which is about the drama."""

from __future__ import annotations

import sqlalchemy as sa

from shortdrama.storage.db.columns import UtcTime
from shortdrama.storage.db.tables import metadata

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # of one process, never used again
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("alive_until", UtcTime, nullable=False),  # by the database's clock
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("take_id", sa.ForeignKey("takes.id"), primary_key=True),
    # No foreign key: a worker that is buried takes its leases with it in one statement each.
    sa.Column("worker_id", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
)

sealed_keys = sa.Table(
    "sealed_keys",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False),
)
