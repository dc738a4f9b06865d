"""The first tables: board, prompts, takes, library, connections, events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Ready and cancelled takes stay so, whatever a caller believes. A failed one may be reopened by a
# person, because the provider may still hold the clip.
_FINAL = "OLD.status IN ('ready', 'cancelled') AND NEW.status <> OLD.status"
_SQLITE_GUARD = f"""
CREATE TRIGGER takes_final_status BEFORE UPDATE OF status ON takes WHEN {_FINAL}
BEGIN SELECT RAISE(ABORT, 'a ready or cancelled take keeps its status'); END
"""
_POSTGRES_GUARD = f"""
CREATE FUNCTION takes_keep_final_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a ready or cancelled take keeps its status' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER takes_final_status BEFORE UPDATE OF status ON takes FOR EACH ROW
WHEN ({_FINAL}) EXECUTE FUNCTION takes_keep_final_status()
"""


def upgrade() -> None:
    _create_board()
    _create_prompts_and_takes()
    _create_library()
    _create_connections_and_events()
    is_postgres = op.get_bind().dialect.name == "postgresql"
    op.execute(_POSTGRES_GUARD if is_postgres else _SQLITE_GUARD)


def _create_library() -> None:
    op.create_table(
        "assets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("mime", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("thumb_small_key", sa.String(), nullable=True),
        sa.Column("thumb_large_key", sa.String(), nullable=True),
        sa.Column("preview_key", sa.String(), nullable=True),
        sa.Column("trashed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_trashed", sa.Boolean(), nullable=False),
        sa.Column(
            "sort_name",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
        sa.UniqueConstraint("key", name=op.f("uq_assets_key")),
    )
    op.create_index("ix_assets_by_name", "assets", ["is_trashed", "sort_name", "id"], unique=False)
    op.create_index("ix_assets_by_size", "assets", ["is_trashed", "bytes", "id"], unique=False)
    op.create_index("ix_assets_by_time", "assets", ["is_trashed", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_assets_preview_key"), "assets", ["preview_key"], unique=False)
    op.create_index(op.f("ix_assets_thumb_large_key"), "assets", ["thumb_large_key"], unique=False)
    op.create_index(op.f("ix_assets_thumb_small_key"), "assets", ["thumb_small_key"], unique=False)
    op.create_index("ix_assets_trashed_at", "assets", ["trashed_at"], unique=False)
    op.create_table(
        "asset_tags",
        sa.Column("asset_id", sa.String(), nullable=False),
        sa.Column("folded_tag", sa.String(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_asset_tags_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("asset_id", "folded_tag", name=op.f("pk_asset_tags")),
    )
    op.create_index(
        "ix_asset_tags_folded_tag", "asset_tags", ["folded_tag", "asset_id"], unique=False
    )
    op.create_table(
        "asset_uploads",
        sa.Column("upload_id", sa.String(), nullable=False),
        sa.Column("asset_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_asset_uploads_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_asset_uploads")),
    )
    op.create_index(op.f("ix_asset_uploads_asset_id"), "asset_uploads", ["asset_id"], unique=False)


def _create_board() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    op.create_table(
        "episodes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_episodes_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
    )
    op.create_index(op.f("ix_episodes_project_id"), "episodes", ["project_id"], unique=False)
    op.create_table(
        "scenes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.id"], name=op.f("fk_scenes_episode_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenes")),
    )
    op.create_index(op.f("ix_scenes_episode_id"), "scenes", ["episode_id"], unique=False)
    op.create_table(
        "shots",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("scene_id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("prompt_text", sa.Text(), nullable=False),
        sa.Column("selected_take_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.id"], name=op.f("fk_shots_episode_id")),
        sa.ForeignKeyConstraint(["scene_id"], ["scenes.id"], name=op.f("fk_shots_scene_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shots")),
    )
    op.create_index("ix_shots_created_at", "shots", ["created_at", "id"], unique=False)
    op.create_index("ix_shots_episode_id_number", "shots", ["episode_id", "number"], unique=False)
    op.create_index(op.f("ix_shots_scene_id"), "shots", ["scene_id"], unique=False)


def _create_prompts_and_takes() -> None:
    op.create_table(
        "prompts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded_text", sa.Text(), nullable=False),
        sa.Column("shot_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_take_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["shot_id"], ["shots.id"], name=op.f("fk_prompts_shot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompts")),
    )
    op.create_index(op.f("ix_prompts_shot_id"), "prompts", ["shot_id"], unique=False)
    op.create_table(
        "takes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("shot_id", sa.String(), nullable=False),
        sa.Column("prompt_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("size", sa.String(), nullable=False),
        sa.Column("references", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_job_id", sa.String(), nullable=True),
        sa.Column("provider_status", sa.Text(), nullable=True),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("video_key", sa.String(), nullable=True),
        sa.Column("poster_key", sa.String(), nullable=True),
        sa.Column("last_frame_key", sa.String(), nullable=True),
        sa.Column("clip_bytes", sa.BigInteger(), nullable=True),
        sa.Column("clip_duration_ms", sa.Integer(), nullable=True),
        sa.Column("clip_width", sa.Integer(), nullable=True),
        sa.Column("clip_height", sa.Integer(), nullable=True),
        sa.Column("clip_has_audio", sa.Boolean(), nullable=True),
        sa.Column("is_rejected", sa.Boolean(), nullable=False),
        sa.Column("reject_reason", sa.Text(), nullable=False),
        sa.Column("retry_of", sa.String(), nullable=True),
        sa.Column("estimate_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("estimate_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["prompt_id"], ["prompts.id"], name=op.f("fk_takes_prompt_id")),
        sa.ForeignKeyConstraint(["retry_of"], ["takes.id"], name=op.f("fk_takes_retry_of")),
        sa.ForeignKeyConstraint(["shot_id"], ["shots.id"], name=op.f("fk_takes_shot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takes")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_takes_idempotency_key")),
        sa.UniqueConstraint("shot_id", "number", name=op.f("uq_takes_shot_id_number")),
    )
    op.create_index(op.f("ix_takes_last_frame_key"), "takes", ["last_frame_key"], unique=False)
    op.create_index(
        "ix_takes_model_seconds_finished_at",
        "takes",
        ["model", "seconds", "finished_at"],
        unique=False,
    )
    op.create_index(op.f("ix_takes_poster_key"), "takes", ["poster_key"], unique=False)
    op.create_index(op.f("ix_takes_prompt_id"), "takes", ["prompt_id"], unique=False)
    op.create_index("ix_takes_status_id", "takes", ["status", "id"], unique=False)
    op.create_index(op.f("ix_takes_video_key"), "takes", ["video_key"], unique=False)
    op.create_table(
        "submissions",
        sa.Column("take_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("provider_job_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["take_id"], ["takes.id"], name=op.f("fk_submissions_take_id")),
        sa.PrimaryKeyConstraint("take_id", "attempt", name=op.f("pk_submissions")),
    )
    op.create_index(op.f("ix_submissions_provider_job_id"), "submissions", ["provider_job_id"])


def _create_connections_and_events() -> None:
    op.create_table(
        "connections",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("dialect", sa.String(), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("auth_header", sa.String(), nullable=False),
        sa.Column("key_source", sa.String(), nullable=False),
        sa.Column("has_key", sa.Boolean(), nullable=False),
        sa.Column("is_trusted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
