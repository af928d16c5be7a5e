"""Alembic's entry: runs the revisions on the connection that `cvi.store.migrate` hands over."""  # noqa: INP001

from alembic import context

from cvi.store.tables import kept

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=kept,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
