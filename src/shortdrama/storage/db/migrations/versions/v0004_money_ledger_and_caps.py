"""The ledger of every attempt, and caps. What was spent before is written in from takes and calls.

Calls that were refused or never sent cost nothing. Of the other calls the last one is told by its
take; what is not known may have been charged.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_COLUMNS = (
    "take_id, attempt, project_id, episode_id, shot_id, connection_id, model, seconds, actor, day, "
    "ordered_at, sent_at, settled_at, outcome, money, estimate_micro_usd, provider_job_id"
)
# What is in braces is spelled below, differently for the two databases.
_WRITE_IN = """
    INSERT INTO ledger ({columns})
    SELECT t.id, COALESCE(s.attempt, 1), e.project_id, h.episode_id, t.shot_id, t.connection_id,
        t.model, t.seconds, '', {day}, t.created_at, s.opened_at,
        CASE WHEN s.outcome IN ('refused', 'not_sent') THEN s.closed_at
             WHEN {is_lost} THEN s.closed_at ELSE t.finished_at END,
        CASE WHEN s.outcome IN ('refused', 'not_sent') THEN s.outcome
             WHEN {is_lost} THEN 'uncertain'
             WHEN t.status IN ('ready', 'failed', 'cancelled') THEN t.status
             WHEN t.status IN ('uncertain', 'stalled') THEN 'uncertain'
             WHEN t.status IN ('draft', 'queued') THEN 'reserved' ELSE 'sent' END,
        CASE WHEN s.outcome IN ('refused', 'not_sent') THEN 'none'
             WHEN s.attempt IS NULL AND t.status IN ('failed', 'cancelled') THEN 'none'
             WHEN {is_lost} THEN 'maybe'
             WHEN t.status = 'ready' THEN 'charged'
             WHEN t.status = 'failed' THEN COALESCE({failure_money}, 'maybe')
             WHEN t.status IN ('uncertain', 'stalled', 'cancelled') THEN 'maybe' END,
        t.estimate_micro_usd, s.provider_job_id
    FROM takes t
    JOIN shots h ON h.id = t.shot_id
    JOIN episodes e ON e.id = h.episode_id
    LEFT JOIN submissions s ON s.take_id = t.id
    LEFT JOIN (SELECT take_id, MAX(attempt) AS newest FROM submissions GROUP BY take_id) l
        ON l.take_id = t.id
"""
# A take that waits to be sent again: its next attempt is reserved.
_WAITING_AGAIN = """
    INSERT INTO ledger ({columns})
    SELECT t.id, l.attempt + 1, l.project_id, l.episode_id, l.shot_id, l.connection_id, l.model,
        l.seconds, '', l.day, l.ordered_at, NULL, NULL, 'reserved', NULL, l.estimate_micro_usd, NULL
    FROM takes t JOIN ledger l ON l.take_id = t.id
    WHERE t.status = 'queued' AND l.outcome IN ('refused', 'not_sent', 'uncertain')
        AND l.attempt = (SELECT MAX(attempt) FROM ledger n WHERE n.take_id = t.id)
"""


def upgrade() -> None:
    _create_ledger()
    op.create_table(
        "caps",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("micro_usd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "owner_id", name=op.f("pk_caps")),
    )
    op.create_table(
        "money_rules",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ask_above_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("allows_unknown_prices", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_rules")),
    )
    is_postgres = op.get_bind().dialect.name == "postgresql"
    spelled = {
        "columns": _COLUMNS,
        "is_lost": "s.attempt < l.newest OR (s.outcome = 'lost' AND t.status = 'queued')",
        "day": "(t.created_at)::date" if is_postgres else "date(t.created_at)",
        "failure_money": (
            "t.failure ->> 'money'" if is_postgres else "json_extract(t.failure, '$.money')"
        ),
    }
    op.execute(_WRITE_IN.format(**spelled))
    op.execute(_WAITING_AGAIN.format(**spelled))


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("take_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("shot_id", sa.String(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("money", sa.String(), nullable=True),
        sa.Column("estimate_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("actual_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("usage", sa.JSON(), nullable=True),
        sa.Column("unit_prices", sa.JSON(), nullable=True),
        sa.Column("provider_job_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["take_id"], ["takes.id"], name=op.f("fk_ledger_take_id")),
        sa.PrimaryKeyConstraint("take_id", "attempt", name=op.f("pk_ledger")),
    )
    for column in ("actor", "day", "shot_id"):
        op.create_index(op.f(f"ix_ledger_{column}"), "ledger", [column])
    op.create_index("ix_ledger_project_id_day", "ledger", ["project_id", "day"])
    op.create_index("ix_ledger_episode_id_day", "ledger", ["episode_id", "day"])
