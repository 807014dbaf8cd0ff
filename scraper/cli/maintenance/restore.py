"""`warta restore`: put a backup in the archive's place."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from sqlite_utils import Database

from archive.errors import ArchiveDamaged, ArchiveError
from archive.ledger.wording import human_bytes, plain_time, plural
from archive.maintenance.copies import Contents, contents, opened_as_it_is, problem_of
from archive.maintenance.restore import Takedown, later_takedowns
from archive.maintenance.restore import restore as restore_archive
from scraper.cli import options
from scraper.cli.maintenance.backup import copying
from scraper.cli.rendering.terminal import interruptible, local_times, note, progress_bar
from scraper.politeness.locks import nobody_writes
from scraper.spiders import names


@click.command()
@click.argument("backup", type=click.Path(path_type=Path))
@click.option("--discard", is_flag=True, help="Do not keep the archive that is there now.")
@options.yes
@click.option("--dry-run", is_flag=True, help="Check and compare, and change nothing.")
@options.archive
@click.pass_context
def restore(
    context: click.Context, backup: Path, discard: bool, yes: bool, dry_run: bool, path: Path
) -> None:
    """Put BACKUP in the place of the archive, or where there is none.

    A copy of the backup is verified first (the whole file, and a sample of texts and pages); the
    backup itself stays. Stories that were taken down since are taken down in the copy, too. Asks
    where the archive that is there now was written after the backup. It is kept beside it, as
    NAME.before-restore-TIME, and can be restored in the same way. Refuses while a crawl, a schedule
    or any other program has the archive open. If interrupted or killed, the old archive or the new
    one is there, whole.

    \b
    warta restore backups/news-20261130T030405Z.db
    """
    if backup.exists() and path.exists() and backup.samefile(path):
        raise click.UsageError(f"{backup}: it is the archive itself")
    with opened_as_it_is(backup) as source:
        found = contents(source)
        note(f"{backup}: {_in_words(backup)}")
        note(f"{path}: {_in_words(path)}")
        if dry_run:
            _check(backup, backup)
            _report(_takedowns(path, source), "would be")
            return
        if question := _question(path, found, discard=discard):
            options.confirm(question, yes=yes, refused="nothing was restored")
        context.with_resource(nobody_writes(path, names()))
        takedowns = _takedowns(path, source)
        kept = _put(source, path, partial(_check, backup), takedowns, keep=not discard)
    note(f"{path}: restored, {plural(found.articles, 'article')}, verified.")
    _report(takedowns, "was", "were")
    if kept is not None:
        note(f"What was there is kept: {kept}. Delete it when you no longer need it.")


def _put(
    backup: Database,
    path: Path,
    check: Callable[[Path], None],
    takedowns: Sequence[Takedown],
    *,
    keep: bool,
) -> Path | None:
    """Put the backup in the archive's place; return where that is kept, None if it is not."""
    with (
        progress_bar("restoring", total=None, as_share=True) as advance,
        interruptible(f"Stopped; {path} is as it was."),
    ):
        return restore_archive(
            backup.conn,
            path,
            now=datetime.now(UTC),
            keep=keep,
            check=check,
            copied=copying(advance),
            takedowns=takedowns,
        )


def _question(path: Path, backup: Contents, *, discard: bool) -> str | None:
    """Return what to ask before the archive gives up its place; None where nothing can be lost."""
    if discard and path.exists():
        return f"Discard {path} for good?"
    try:
        with opened_as_it_is(path) as present:
            latest = contents(present).latest
    except ArchiveError:  # there is none, or it is damaged
        return None
    is_newer = latest is not None and (backup.latest is None or latest > backup.latest)
    if not is_newer:
        return None
    return f"{path} was written after this backup. Replace it?"


def _check(backup: Path, copy: Path) -> None:
    if (problem := problem_of(copy)) is not None:
        raise ArchiveDamaged(f"{backup}: it does not verify, and was not restored: {problem}")


def _takedowns(path: Path, backup: Database) -> list[Takedown]:
    """Return the take-downs of the archive that the backup lacks."""
    try:
        with opened_as_it_is(path) as present:
            return later_takedowns(present, backup)
    except ArchiveError:  # there is none, or it is damaged
        return []


def _report(takedowns: Sequence[Takedown], singular: str, many: str | None = None) -> None:
    """Say which stories the backup has that were taken down since."""
    for each in takedowns:
        note(f"Taken down after this backup: {each.story.url}")
    if takedowns:
        verb = singular if len(takedowns) == 1 else many or singular
        note(f"{plural(len(takedowns), 'story', 'stories')} {verb} taken down again.")


def _in_words(path: Path) -> str:
    if not path.exists():
        return "there is no archive yet"
    size = human_bytes(path.stat().st_size)
    try:
        with opened_as_it_is(path) as db:
            found = contents(db)
    except ArchiveError as error:
        return f"{size}, and it cannot be read ({str(error).removeprefix(f'{path}: ')})"
    stories, texts = plural(found.articles, "article"), plural(found.revisions, "revision")
    if found.latest is None:
        return f"{stories}, {texts}, never written, {size}"
    return f"{stories}, {texts}, last written {local_times(plain_time(found.latest))}, {size}"
