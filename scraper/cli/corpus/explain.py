"""`warta corpus explain`: why a story is in a corpus or not."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import click

from archive.errors import ArchiveMissing, ArticleUnknown
from archive.revisions import queries
from scraper.cli import options
from scraper.cli.opening import opened, story_of
from scraper.cli.rendering import terminal
from scraper.cli.rendering.terminal import note, say


@click.command()
@click.argument("folder", metavar="CORPUS", type=click.Path(path_type=Path))
@options.story
@options.archive
@options.json
def explain(folder: Path, url: str, path: Path, as_json: bool) -> None:
    """Explain why a story is in CORPUS or not. STORY may be any address of it, its id or its number
    in the archive that the corpus was made of.

    \b
    warta corpus explain korpus 186
    warta corpus explain korpus https://www.suara.com/news/2026/11/20/071512/warga-bersihkan-irigasi
    """
    with terminal.needs_extra("corpus"):
        from archive.corpus.explain import find_outcome, is_its_archive
    known = _id_in(path, url)
    if known and url.isdecimal() and not is_its_archive(folder, path):
        note(
            f"{path}: not the archive that {folder} was made of, or stories were taken down since;"
            f" number {url} is {known} there."
        )
    found = find_outcome(folder, url, known, archived=path.exists())
    if as_json:
        terminal.print_json([asdict(found)])
    else:
        say(f"{found.id}: {found.sentence}")


def _id_in(path: Path, reference: str) -> str | None:
    """Return the id in corpora of a story of the archive; None where there is no such story."""
    with suppress(ArchiveMissing, ArticleUnknown), opened(path) as archive:
        site, key = queries.find_story(archive.db, reference, story_of)
        return f"{site}:{key}"
    return None
