"""Migrations: the steps from one schema of the store to the next, which Alembic takes (`findings.schema`)."""
