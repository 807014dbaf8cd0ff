"""`warta export warc`: kept pages as a web archive."""

from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.archive import Archive
from archive.errors import ExportError
from archive.ledger.wording import plural
from archive.printable import in_line
from archive.search.filters import Filter
from scraper.cli import options
from scraper.cli.defaults import ConfiguredOption
from scraper.cli.new_file import force
from scraper.cli.opening import warn_unsettled, with_whole_archive
from scraper.cli.reading.filters import WrongUsage, filters
from scraper.cli.rendering.terminal import interruptible, note, progress_bars

if TYPE_CHECKING:
    from archive.web_archives.export import Exported, Job

_GOES_ON = "the same command goes on from there"


@click.command("warc")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--revisions", is_flag=True, help="Every kept page, not only each story's newest.")
@click.option("--wacz", is_flag=True, help="Pack them with an index and a list of pages, too.")
@click.option(
    "--operator",
    cls=ConfiguredOption,
    key=("contact",),
    envvar="WARTA_CONTACT",
    help="Who crawled; default: the configuration's contact.",
)
@options.as_of
@force
@with_whole_archive
@filters
def warc(archive: Archive, out: Path, as_of: datetime | None, **values: Any) -> None:
    """Write kept pages to OUT, a web archive that other tools replay and mine: .warc.gz, followed
    by OUT-00001.warc.gz and so on from 1 GB on; or .wacz, one package with an index.

    The newest page of each story is in it, with its headers, redirects and request where they are
    kept, answers that it had not changed (304), and the robots.txt of its host. Killed or
    interrupted, the same command goes on where it was.

    \b
    warta export warc pages.warc.gz
    warta export warc suara.warc.gz --site suara --since 2026-01-01 --revisions
    warta export warc pages.wacz
    """
    job = _job(out, as_of=as_of, **values)
    if as_of is not None:
        warn_unsettled(archive, as_of)
    done = _export(archive, job, out)
    for line in _notes(done):
        note(line)
    if done.damaged:
        raise SystemExit(3)


def _job(
    out: Path, *, where: Filter, revisions: bool, wacz: bool, force: bool, **values: Any
) -> "Job":
    from archive.web_archives.export import Job
    from archive.web_archives.selection import Wanted

    wanted = Wanted(where=where, revisions=revisions)
    target = out.resolve()  # what a link leads to, not the link
    try:
        return Job(out=target, wanted=wanted, packs=wacz, replaces=force, **values)
    except ExportError as error:
        raise WrongUsage(in_line(str(error))) from error


def _export(archive: Archive, job: "Job", out: Path) -> "Exported":
    from archive.web_archives.export import export_warc

    stopped = interruptible(f"Stopped; {_GOES_ON}.")
    try:
        with stopped, progress_bars("exporting", "packing", as_share=True) as (progress, packing):
            return export_warc(archive, job, progress=progress, packing=packing)
    except OSError as error:
        why = f"{out}: it cannot be written ({error.strerror or error})"
        goes_on = f"; {_GOES_ON}" if error.errno == ENOSPC else ""
        raise click.ClickException(why + goes_on) from error


def _notes(done: "Exported") -> list[str]:
    """Return what was written, and what was not."""
    if not done.pages + done.without_page + done.damaged:
        return ["No page was found: the file has none."]
    names = ", ".join(path.name for path in done.files[:3])
    if len(done.files) > 3:
        names += f" and {len(done.files) - 3} more"
    lines = [f"{plural(done.pages, 'page', 'pages')} written to {names}"]
    if done.not_modified:
        answers = plural(done.not_modified, "answer", "answers")
        lines.append(f"{answers} (304) that one had not changed")
    if done.without_page:
        stories = plural(done.without_page, "story", "stories")
        lines.append(f"{stories} without a kept page, as imported texts are: not in it")
    if done.opted_out:
        opted = plural(done.opted_out, "page opts out", "pages opt out")
        lines.append(f"{opted} of text and data mining, as its headers, its text or robots.txt say")
    if done.damaged:
        pages = plural(done.damaged, "page is", "pages are")
        lines.append(f"{pages} damaged, and not in it: see `warta verify`")
    return lines
