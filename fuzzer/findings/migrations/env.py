"""How Alembic comes to its connection: it is the one of `findings.schema`, in a transaction that is open already."""

from alembic import context

if hasattr(context, "config"):  # Alembic runs this file; a plain import of it does nothing
    context.configure(connection=context.config.attributes["connection"])
    context.run_migrations()
