"""The migrations of an archive: the schema as it was first released, then what changed since."""

from sqlite_utils import Database, Migrations

from archive.database.schema import SCHEMA

migrations = Migrations("warta")


@migrations()
def m001_schema(db: Database) -> None:
    """Make an empty archive."""
    for statement in SCHEMA:
        db.execute(statement)


FIRST = m001_schema.__name__
"""The migration that every archive has had; those of the 0.1.0 development series have others."""
