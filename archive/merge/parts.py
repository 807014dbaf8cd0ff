"""Which archives one was merged from; of those that were only parts of it, nothing says so."""

from sqlite_utils import Database

from archive.database.rows import column


def merged_names(db: Database) -> set[str]:
    """Return the names of the files that were merged into an archive."""
    return set(column(db, "SELECT name FROM merged_archives"))


def forget_parts(db: Database) -> None:
    """Forget which archives were merged: they were made for that, and nobody writes them again."""
    db.conn.execute("DELETE FROM merged_archives")


def forget_archive(db: Database, name: str) -> None:
    """Forget that an archive of this name, which had no crawls, was taken in."""
    db.conn.execute(
        """DELETE FROM merged_archives WHERE name = ? AND id NOT IN
        (SELECT merged_id FROM crawls WHERE merged_id IS NOT NULL)""",
        (name,),
    )
