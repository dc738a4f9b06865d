"""Connections of any protocol with settings and limits of their own; what a take's pictures are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("takes", sa.Column("mode", sa.String(), nullable=False, server_default=""))
    op.execute("ALTER TABLE connections RENAME COLUMN dialect TO protocol")
    op.add_column("connections", sa.Column("options", sa.JSON(), nullable=True))
    op.add_column("connections", sa.Column("max_at_once", sa.Integer(), nullable=True))
    op.add_column("connections", sa.Column("polls_per_second", sa.Double(), nullable=True))
