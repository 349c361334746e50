"""Environment: runs the migrations in the transaction that `migrate` opened."""

from alembic import context

from serve_app.jobs.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="metricfoundry_version",
)
with context.begin_transaction():
    context.run_migrations()
