"""The tables. A change here needs a migration; a test holds the two against each other."""

from __future__ import annotations

import sqlalchemy as sa

from shortdrama.storage.db.columns import UtcTime, bytewise_text, json_column, serial

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

projects = sa.Table(
    "projects",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

episodes = sa.Table(
    "episodes",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("project_id", sa.ForeignKey("projects.id"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

scenes = sa.Table(
    "scenes",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("episode_id", sa.ForeignKey("episodes.id"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
)

shots = sa.Table(
    "shots",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("scene_id", sa.ForeignKey("scenes.id"), nullable=False, index=True),
    sa.Column("episode_id", sa.ForeignKey("episodes.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("prompt_text", sa.Text, nullable=False),
    # No foreign key: takes point at shots already, and a circle cannot be created on SQLite and
    # PostgreSQL alike. Takes are never deleted, and selecting one checks that it is the shot's.
    sa.Column("selected_take_id", sa.String),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_shots_episode_id_number", "episode_id", "number"),
    sa.Index("ix_shots_created_at", "created_at", "id"),
)

prompts = sa.Table(
    "prompts",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("folded_text", sa.Text, nullable=False),
    sa.Column("shot_id", sa.ForeignKey("shots.id"), nullable=False, index=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("last_take_id", sa.String),  # no foreign key, as for shots.selected_take_id
)

takes = sa.Table(
    "takes",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("shot_id", sa.ForeignKey("shots.id"), nullable=False),
    sa.Column("prompt_id", sa.ForeignKey("prompts.id"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("idempotency_key", sa.String, nullable=False, unique=True),
    sa.Column("fingerprint", sa.String, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("connection_id", sa.String, nullable=False),  # outlives its connection
    sa.Column("seconds", sa.Integer, nullable=False),
    sa.Column("size", sa.String, nullable=False),
    sa.Column("references", json_column(), nullable=False),
    sa.Column("extra", json_column(), nullable=False),
    sa.Column("mode", sa.String, nullable=False, server_default=""),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("progress", sa.Integer),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Column("submitted_at", UtcTime),
    sa.Column("finished_at", UtcTime),
    sa.Column("provider_job_id", sa.String),
    sa.Column("provider_status", sa.Text),
    sa.Column("failure", json_column()),
    sa.Column("video_key", sa.String, index=True),
    sa.Column("poster_key", sa.String, index=True),
    sa.Column("last_frame_key", sa.String, index=True),
    sa.Column("clip_bytes", sa.BigInteger),
    sa.Column("clip_duration_ms", sa.Integer),
    sa.Column("clip_width", sa.Integer),
    sa.Column("clip_height", sa.Integer),
    sa.Column("clip_has_audio", sa.Boolean),
    sa.Column("clip_fps", sa.Double),
    sa.Column("is_rejected", sa.Boolean, nullable=False),
    sa.Column("reject_reason", sa.Text, nullable=False),
    sa.Column("retry_of", sa.ForeignKey("takes.id")),
    sa.Column("estimate_micro_usd", sa.BigInteger),
    sa.Column("estimate_s", sa.Double),
    sa.Column("ordered_by", sa.String, nullable=False, server_default=""),
    sa.UniqueConstraint("shot_id", "number"),
    sa.Index("ix_takes_status_id", "status", "id"),
    sa.Index("ix_takes_model_seconds_finished_at", "model", "seconds", "finished_at"),
)

submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column("take_id", sa.ForeignKey("takes.id"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("outcome", sa.String),
    sa.Column("provider_job_id", sa.String, index=True),
)

assets = sa.Table(
    "assets",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("key", sa.String, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("mime", sa.String, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("duration_ms", sa.BigInteger),
    sa.Column("thumb_small_key", sa.String, index=True),
    sa.Column("thumb_large_key", sa.String, index=True),
    sa.Column("preview_key", sa.String, index=True),
    sa.Column("trashed_at", UtcTime),
    sa.Column("is_trashed", sa.Boolean, nullable=False),  # leads the indexes of the sorts
    sa.Column("sort_name", bytewise_text(), nullable=False),
    sa.Column("search_text", sa.Text, nullable=False),  # folded name and tags, a line each
    sa.Index("ix_assets_by_time", "is_trashed", "created_at", "id"),
    sa.Index("ix_assets_by_name", "is_trashed", "sort_name", "id"),
    sa.Index("ix_assets_by_size", "is_trashed", "bytes", "id"),
    sa.Index("ix_assets_trashed_at", "trashed_at"),
)

asset_tags = sa.Table(
    "asset_tags",
    metadata,
    sa.Column("asset_id", sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("folded_tag", sa.String, primary_key=True),
    sa.Column("tag", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Index("ix_asset_tags_folded_tag", "folded_tag", "asset_id"),
)

asset_uploads = sa.Table(
    "asset_uploads",
    metadata,
    sa.Column("upload_id", sa.String, primary_key=True),
    sa.Column(
        "asset_id", sa.ForeignKey("assets.id", ondelete="CASCADE"), nullable=False, index=True
    ),
)

connections = sa.Table(
    "connections",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("base_url", sa.Text, nullable=False),
    sa.Column("protocol", sa.String, nullable=False),
    sa.Column("models", json_column(), nullable=False),
    sa.Column("auth_header", sa.String, nullable=False),
    sa.Column("key_source", sa.String, nullable=False),
    sa.Column("has_key", sa.Boolean, nullable=False),
    sa.Column("is_trusted", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("options", json_column()),
    sa.Column("max_at_once", sa.Integer),
    sa.Column("polls_per_second", sa.Double),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", serial(), primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("data", json_column(), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,  # an id is never given twice, even after a prune
)
