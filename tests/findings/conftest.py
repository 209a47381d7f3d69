"""Databases for the tests of the store: a SQLite file, and a PostgreSQL server where there is one."""

import pytest
from postgresql_server import NoServer, server


@pytest.fixture(scope="session")
def postgresql_server():
    """The URL of a database on a server of its own, for all tests of the session; see `postgresql`."""
    try:
        with server() as url:
            yield url
    except NoServer as reason:
        pytest.skip(str(reason))


@pytest.fixture
def postgresql(postgresql_server):
    """The URL of a PostgreSQL database without tables."""
    from sqlalchemy import create_engine, text

    engine = create_engine(postgresql_server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgresql_server
