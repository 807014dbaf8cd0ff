"""The migrations of an archive: what changed in the schema since the first release.

A change of the schema is made twice: in `archive.database.schema`, which each new archive gets, and
as a migration for those that exist. A released migration is never edited.
"""

from sqlite_utils import Database, Migrations

from archive.database.schema import (
    FILL_EARLIER,
    FILL_LISTED,
    FURNITURE,
    HISTORY,
    LATEST,
    LISTED,
    MERGES,
    REVISIONS_BY_CHANGE,
    REVISIONS_BY_PUBLISHED,
    SCHEMA,
    SEARCH_EARLIER,
    SYNDICATED,
    URLS_FAILED,
    WEB_ARCHIVES,
    WIRE,
)

migrations = Migrations("warta")


@migrations()
def m001_schema(_db: Database) -> None:
    """The schema of the first release; every archive began with it, or with a later one."""


@migrations()
def m002_furniture(db: Database) -> None:
    """What was learnt from the pages of each site, beginning with nothing."""
    for statement in FURNITURE:
        db.execute(statement)


@migrations()
def m003_published_at_utc(db: Database) -> None:
    """A publisher's time that sorts, in the views; indexes of it and of what was changed."""
    db.execute("DROP INDEX revisions_observed")
    for view in ("latest", "history", "syndication"):
        db.execute(f"DROP VIEW {view}")
    for statement in (LATEST, HISTORY, SYNDICATED, REVISIONS_BY_PUBLISHED, *REVISIONS_BY_CHANGE):
        db.execute(statement)


@migrations()
def m004_search(db: Database) -> None:
    """The time by which stories are listed, and an index of the texts that publishers replaced."""
    for statement in (*LISTED, FILL_LISTED, *SEARCH_EARLIER, FILL_EARLIER):
        db.execute(statement)


@migrations()
def m005_wire(db: Database) -> None:
    """How a page came over the wire; unknown of those that are there."""
    for statement in WIRE:
        db.execute(statement)


@migrations()
def m006_urls_failed(db: Database) -> None:
    """An index of a site's failed addresses, which health counts for every site."""
    db.execute(URLS_FAILED)


@migrations()
def m007_web_archives(db: Database) -> None:
    """Files of captures that were imported, beginning with none."""
    for statement in WEB_ARCHIVES:
        db.execute(statement)


@migrations()
def m008_merges(db: Database) -> None:
    """The archives that were merged into this one; none so far."""
    for statement in MERGES:
        db.execute(statement)


FIRST = m001_schema.__name__
"""The migration that every archive has had; those of the 0.1.0 development series have others."""


def bring_up_to_date(db: Database) -> None:
    """Make an empty database an archive of today's schema, or migrate an earlier archive."""
    if not migrations.applied(db):
        for statement in SCHEMA:
            db.execute(statement)
        migrations.ensure_migrations_table(db)
        for migration in migrations.pending(db):
            migrations._record_applied(db, migration.name)
    migrations.apply(db)
