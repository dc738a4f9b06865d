"""Run by Alembic inside the transaction that `storage.db.migration` has opened."""

from __future__ import annotations

from alembic import context

from shortdrama.storage.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
