"""`warta merge`: several archives as one."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from archive.ledger.wording import human_bytes, plain_time, plural
from archive.merge.merge import Options, Report
from archive.merge.merge import merge as merge_archives
from scraper.cli import options
from scraper.cli.rendering import terminal
from scraper.politeness.locks import nobody_writes
from scraper.spiders import names

_COLUMNS = terminal.columns(
    "archive state stories joined revisions snapshots urls tombstones latest",
    snapshots="pages",
    urls="URLs",
    latest="last written",
)


@click.command()
@click.argument("whole", metavar="OUT", type=click.Path(path_type=Path))
@click.argument("archives", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--update", is_flag=True, help="Take into OUT what is new since it was merged.")
@click.option("--no-clusters", is_flag=True, help="Do not compare the texts of all stories.")
@click.option("--force", is_flag=True, help="Also where clocks disagree by more than 12 hours.")
@options.jobs
@options.json
def merge(
    whole: Path,
    archives: tuple[Path, ...],
    update: bool,
    no_clusters: bool,
    force: bool,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Merge ARCHIVES, of several machines or years, into the new archive OUT. They are only read,
    and may be written meanwhile.

    A story that several of them have becomes one, with what each saw of it in the order of time, as
    one archive that did all the crawls would have it. A story that was taken down in any is in none
    of OUT. The order of ARCHIVES changes nothing. If interrupted or killed, there is no OUT, or the
    one that was there; run it again, and it resumes.

    \b
    warta merge all.db suara.db rmol.db
    warta merge --update all.db suara.db rmol.db     what is new since then
    """
    chosen = Options(
        update=update, clusters=not no_clusters, force=force, jobs=options.processes(jobs)
    )
    print_report(whole, merged(whole, archives, chosen), as_json=as_json)


def merged(whole: Path, archives: Sequence[Path], chosen: Options) -> Report:
    """Merge with a bar, into an archive that nobody else writes."""
    with ExitStack() as stack:
        if chosen.update and whole.exists():
            stack.enter_context(nobody_writes(whole, names()))
        stack.enter_context(terminal.interruptible("Stopped; the same merge, run again, resumes."))
        advance = stack.enter_context(terminal.progress_bar("merging", total=None, as_share=True))
        return merge_archives(
            whole, archives, chosen, now=datetime.now(UTC), advance=advance, note=terminal.note
        )


def print_report(out: Path, report: Report, *, as_json: bool) -> None:
    """Print what became of a merge."""
    rows: list[dict[str, Any]] = [asdict(part) | {"joined": None} for part in report.parts]
    whole = asdict(report) | {"archive": str(out), "state": "result", "latest": report.latest}
    del whole["parts"]
    if as_json:
        terminal.print_json([*rows, whole])
    else:
        terminal.print_rows([*rows, whole], _COLUMNS, as_json=False)
    if not report.changed:
        terminal.note(f"Nothing is new: {out} is as it was.")
        return
    size = f"{out} has {human_bytes(out.stat().st_size)}."
    if report.joined:
        joined = plural(report.joined, "story stood", "stories stood")
        size = f"{joined} in several archives, each is one now; {size}"
    terminal.note(size)
    if report.settled_until:
        until = terminal.local_times(plain_time(report.settled_until))
        terminal.note(
            f"What is read as of a time before {until} stays so, whatever is merged later."
        )
