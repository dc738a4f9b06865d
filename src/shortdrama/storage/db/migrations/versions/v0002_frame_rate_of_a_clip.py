"""The frame rate of a take's clip, so that the page can step by its real frames.

Clips that came before keep none: the page steps through them by the studio's own 30 a second.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("takes", sa.Column("clip_fps", sa.Double(), nullable=True))
