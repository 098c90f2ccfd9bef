"""Run by Alembic: the connection is handed over by ``fer_core.store.database.migrate``."""

from __future__ import annotations

from alembic import context

from fer_core.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
