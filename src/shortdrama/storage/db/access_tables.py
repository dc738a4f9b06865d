"""The tables of people, their log-in, the keys of programs, and the jobs of the door."""

from __future__ import annotations

import sqlalchemy as sa

from shortdrama.storage.db.columns import UtcTime, json_column, serial
from shortdrama.storage.db.tables import metadata

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded_name", sa.String, nullable=False, unique=True),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("last_log_in_at", UtcTime),
)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # hex, or a time
)

log_in_failures = sa.Table(
    "log_in_failures",
    metadata,
    sa.Column("id", serial(), primary_key=True),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False, index=True),
)

client_keys = sa.Table(
    "client_keys",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("client_id", sa.String, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("token_hash", sa.String, nullable=False, unique=True),
    sa.Column("hint", sa.String, nullable=False),
    sa.Column("models", json_column(), nullable=False),
    sa.Column("can_generate", sa.Boolean, nullable=False),
    sa.Column("budget_micro_usd", sa.BigInteger),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("last_used_at", UtcTime),
    sa.Column("revoked_at", UtcTime),
)

door_jobs = sa.Table(
    "door_jobs",
    metadata,
    # No foreign key: the row is written just before its take, in the same transaction.
    sa.Column("take_id", sa.String, primary_key=True),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("fingerprint", sa.String, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("remixed_from", sa.String),
    sa.Column("hidden_at", UtcTime),
    sa.Index("ix_door_jobs_actor_take_id", "actor", "take_id"),
    sa.Index("ix_door_jobs_actor_fingerprint", "actor", "fingerprint"),
)
