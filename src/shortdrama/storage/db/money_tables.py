"""The tables of money. Amounts are whole micro-units of a US dollar, as 64-bit integers."""

from __future__ import annotations

import sqlalchemy as sa

from shortdrama.storage.db.columns import UtcTime, json_column
from shortdrama.storage.db.tables import metadata

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("take_id", sa.ForeignKey("takes.id"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    # Where it belonged when it was ordered; shots with takes are never removed.
    sa.Column("project_id", sa.String, nullable=False),
    sa.Column("episode_id", sa.String, nullable=False),
    sa.Column("shot_id", sa.String, nullable=False, index=True),
    sa.Column("connection_id", sa.String, nullable=False),  # outlives its connection
    sa.Column("model", sa.String, nullable=False),
    sa.Column("seconds", sa.Integer, nullable=False),
    sa.Column("actor", sa.String, nullable=False, index=True),
    sa.Column("day", sa.Date, nullable=False, index=True),
    sa.Column("ordered_at", UtcTime, nullable=False),
    sa.Column("sent_at", UtcTime),
    sa.Column("settled_at", UtcTime),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("money", sa.String),  # null: not known yet
    sa.Column("estimate_micro_usd", sa.BigInteger),
    sa.Column("actual_micro_usd", sa.BigInteger),
    sa.Column("usage", json_column()),
    sa.Column("unit_prices", json_column()),
    sa.Column("provider_job_id", sa.String),
    sa.Index("ix_ledger_project_id_day", "project_id", "day"),
    sa.Index("ix_ledger_episode_id_day", "episode_id", "day"),
)

caps = sa.Table(
    "caps",
    metadata,
    sa.Column("scope", sa.String, primary_key=True),  # "day", "project" or "episode"
    sa.Column("owner_id", sa.String, primary_key=True),  # "" for a day
    sa.Column("micro_usd", sa.BigInteger, nullable=False),
)

money_rules = sa.Table(
    "money_rules",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # one row
    sa.Column("ask_above_micro_usd", sa.BigInteger),
    sa.Column("allows_unknown_prices", sa.Boolean, nullable=False),
)
