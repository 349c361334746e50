"""SeaweedFS: real server, real doors."""

import psycopg


def test_objects_are_read_back(object_store):
    """The embedded server stores objects."""
    object_store.put("seaweedfs/hello", b"hello")

    assert object_store.get("seaweedfs/hello") == b"hello"


def test_postgres_databases_are_fresh(postgres_url):
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("select count(*) from pg_stat_user_tables").fetchone() == (0,)
