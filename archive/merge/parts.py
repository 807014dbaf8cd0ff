"""Archives that were only parts of one: after their merge nothing says that there were several."""

from sqlite_utils import Database


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
