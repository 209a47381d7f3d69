"""How Alembic comes to its connection: it is the one of `findings.schema`, in a transaction that is open already."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
