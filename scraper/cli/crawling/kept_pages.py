"""Where commands keep the pages of a site's stories, and find them again."""

from collections.abc import Sequence
from pathlib import Path

import click

from archive.ledger.wording import plural
from archive.records import Page
from scraper.cli.defaults import folders_of
from scraper.cli.rendering.terminal import note
from scraper.ingest.saved.pages import pages_folder, save_pages
from scraper.spiders import publishers


def folder_of_pages(context: click.Context, pages: Path | None, site: str) -> Path:
    """Return the folder that was named, else the one beside the site's profile.

    A site of warta or of a package has its pages in the first folder of profiles.
    """
    if pages is not None:
        return pages
    profile = Path(publishers().origins.get(site, ""))
    own = profile.is_absolute() and profile.is_file()
    return pages_folder(profile.parent if own else folders_of(context)[0].path, site)


def keep_pages(
    context: click.Context, pages: Path | None, site: str, found: Sequence[Page]
) -> None:
    """Write pages into their folder, and say where it is. Raises click.ClickException."""
    folder = folder_of_pages(context, pages, site)
    try:
        save_pages(folder, found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) else "its pages.jsonl is broken"
        raise click.ClickException(f"{folder}: pages cannot be kept there ({why})") from error
    note(f"{plural(len(found), 'page')} kept in {folder}; `warta sites check {site}` reads them.")
