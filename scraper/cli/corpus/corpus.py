"""`warta corpus`: a training corpus from the archive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.corpus.splits import DEFAULT
from archive.database.clock import utc
from archive.ledger.wording import human_bytes, plural
from scraper.cli.corpus.explain import explain
from scraper.cli.corpus.extra import needs_extra
from scraper.cli.options import Moment, archive_option, json_option, named, opened
from scraper.cli.terminal import bar, print_json, print_table

if TYPE_CHECKING:
    from archive.corpus.build import BuildOptions
    from archive.corpus.output.summary import Summary
    from archive.corpus.recipe import Recipe
    from archive.corpus.selection import Selection

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group(short_help="A clean training corpus.")
@archive_option
def corpus(path: Path) -> None:
    """A clean training corpus from the archive; needs `pip install 'warta[corpus]'`."""


@corpus.command(short_help="Build the corpus.")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--as-of",
    "as_of",
    type=Moment(),
    metavar="TIME",
    help="The archive as it stood then; without it, as it was last written.",
)
@click.option("--since", type=_DAY, metavar="YYYY-MM-DD", help="Nothing published before this day.")
@click.option("--until", type=_DAY, metavar="YYYY-MM-DD", help="Nothing published after this day.")
@click.option("--site", "sites", multiple=True, help="Only this site; may be given several times.")
@click.option(
    "--dedup",
    type=click.Choice(["cluster", "exact", "none"]),
    default="cluster",
    show_default=True,
    help="Keep one article of each cluster, one of those with the very same text, or all.",
)
@click.option(
    "--opted-out",
    type=click.Choice(["drop", "keep"]),
    default="drop",
    show_default=True,
    help="Articles whose site opts out of text and data mining.",
)
@click.option(
    "--filters",
    "filters",
    default="news",
    show_default=True,
    metavar="NAME",
    help="A set of thresholds (news, fineweb2, none), or a TOML file.",
)
@click.option(
    "--split",
    "splits",
    default=DEFAULT,
    show_default=True,
    metavar="NAME=SHARE,...",
    help="Splits; their shares add up to 1.",
)
@click.option(
    "--test-after",
    type=_DAY,
    metavar="YYYY-MM-DD",
    help="Stories published from this day on are the test split, and no others.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["parquet", "jsonl"]),
    default="parquet",
    show_default=True,
    help="Of the data files.",
)
@click.option("--plan", is_flag=True, help="Say what would be built; write nothing.")
@click.option("--overwrite", is_flag=True, help="Replace the corpus that stands at OUT.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    help="Processes; all cores without it. The files are the same with any number.",
)
@click.option(
    "--executor",
    type=click.Choice(["local", "ray", "slurm"]),
    default="local",
    show_default=True,
    help="Where datatrove runs it.",
)
@click.option(
    "-x",
    "--executor-option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="For Ray's or Slurm's executor, e.g. partition=cpu.",
)
@archive_option
@json_option
@click.pass_context
def build(
    context: click.Context,
    out: Path,
    as_of: datetime | None,
    since: datetime | None,
    until: datetime | None,
    sites: tuple[str, ...],
    dedup: Any,
    opted_out: Any,
    filters: str,
    splits: str,
    test_after: datetime | None,
    format_: Any,
    plan: bool,
    overwrite: bool,
    jobs: int | None,
    executor: str,
    options: tuple[str, ...],
    path: Path,
    as_json: bool,
) -> None:
    """Build a corpus at OUT: Parquet files, dropped.parquet, a dataset card with plots,
    manifest.json.

    The same archive, moment and options give the same bytes. OUT appears when it is whole; killed
    or stopped, the same command goes on where it was.

    \b
    warta corpus build korpus --plan                        what would be in it, and what would be
    left out warta corpus build korpus --as-of 2026-11-20            reproducible, whatever is
    crawled meanwhile warta corpus build korpus --test-after 2026-11-01       test on what came
    later
    """
    if since and until and since > until:
        raise click.UsageError("--since is later than --until: no day is left")
    if jobs and executor != "local":
        raise click.UsageError(
            f"-j counts processes of this machine; for {executor} it is -x workers={jobs}"
        )
    with needs_extra("corpus"):
        from archive.corpus.build import (
            BuildOptions,
            available_cores,
            check_target,
            last_written_at,
            load_selection,
        )
        from archive.corpus.filters.thresholds.loading import load_thresholds
        from archive.corpus.recipe import Recipe
        from archive.corpus.splits import parse_splits

        if find_spec("spacy") is None:  # datatrove looks for it when the first text is there
            raise ModuleNotFoundError(name="spacy")
    path = named(context, path)
    recipe = Recipe(
        archive=path.absolute(),
        as_of=_settled(path, as_of) or last_written_at(path),
        since=_day(since),
        until=_day(until),
        sites=tuple(sorted(set(sites))),
        dedup=dedup,
        opted_out=opted_out,
        thresholds=load_thresholds(filters),
        splits=parse_splits(splits),
        test_after=_day(test_after),
        format=format_,
    )
    if not plan:
        check_target(out, overwrite=overwrite)
    selection = load_selection(recipe)
    if plan:
        _show_plan(recipe, selection, as_json=as_json)
        return
    means = BuildOptions(
        executor=executor, options=options, jobs=jobs or available_cores(), overwrite=overwrite
    )
    _tell_opted_out(selection.opted_out, kept=opted_out == "keep")
    _build(recipe, selection, out, means, as_json=as_json)


def _build(
    recipe: Recipe, selection: Selection, out: Path, means: BuildOptions, *, as_json: bool
) -> None:
    from archive.corpus.build import build, work_folder

    with bar("building", total=len(selection.shards)) as advance:
        summary = build(recipe, selection, out, means, advance=advance)
    if summary is None:
        click.echo(
            f"Queued; {out} appears when its last job has ended. {work_folder(out)} has its logs, and may go then.",
            err=True,
        )
    else:
        _show(summary, out, as_json=as_json)


def _settled(path: Path, as_of: datetime | None) -> datetime | None:
    """The moment in UTC, however it was written; tells where the archive may still write at it."""
    if as_of is None:
        return None
    with opened(path) as archive:
        if not archive.settled(as_of):
            click.echo(
                "The archive has written nothing after that moment: a later build may find more.",
                err=True,
            )
    return utc(as_of)


def _day(value: datetime | None) -> date | None:
    return value.date() if value is not None else None


def _tell_opted_out(opted_out: Mapping[str, Mapping[str, int]], *, kept: bool) -> None:
    """How many of which site opt out, and what becomes of them."""
    for site, rules in opted_out.items():
        why = ", ".join(f"{count} by {rule}" for rule, count in rules.items())
        total = plural(sum(rules.values()), "article")
        what = (
            "KEPT, as --opted-out keep asks"
            if kept
            else "LEFT OUT; --opted-out keep would keep them"
        )
        click.echo(f"{site}: {total} opted out of text and data mining ({why}): {what}.", err=True)


def _show_plan(recipe: Recipe, selection: Selection, *, as_json: bool) -> None:
    rows = [
        {
            "site": site,
            "articles": articles,
            "removed": selection.removed.get(site, 0),
            "opted_out": sum(selection.opted_out.get(site, {}).values()),
            "drifted": selection.drifted.get(site, 0),
        }
        for site, articles in selection.sites.items()
    ]
    if as_json:
        print_json(rows)
        return
    columns = {
        "site": "site",
        "articles": "articles",
        "removed": "taken away",
        "opted_out": "opted out",
        "drifted": "of a changed layout",
    }
    print_table(rows, columns)
    _tell_opted_out(selection.opted_out, kept=recipe.opted_out == "keep")
    click.echo(
        f"As of {recipe.as_of.isoformat()}: {selection.selected} of {plural(selection.articles, 'article')}, {selection.clustered} of them "
        f"in clusters with others, would be judged by the filters {recipe.thresholds.name!r} in {plural(len(selection.shards), 'task')}; "
        "nothing was written.",
        err=True,
    )
    if selection.undated:
        click.echo(
            f"{plural(selection.undated, 'article')} without a time of publication would not be asked for.",
            err=True,
        )


def _show(summary: Summary, out: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "selected": summary.selected,
                    "exported": summary.exported,
                    "splits": dict(summary.splits),
                    "dropped": summary.dropped_by_reason(),
                }
            ]
        )
        return
    rows = [
        {
            "file": file.path,
            "split": file.split or "",
            "rows": file.rows if file.rows else "",
            "size": human_bytes(file.size),
            "sha256": file.sha256[:12],
        }
        for file in summary.files
    ]
    print_table(
        rows,
        {"file": "file", "split": "split", "rows": "rows", "size": "size", "sha256": "sha-256"},
    )
    dropped = (
        ", ".join(f"{count} {reason}" for reason, count in summary.dropped_by_reason().items())
        or "none"
    )
    click.echo(
        f"{out}: {plural(summary.exported, 'document')} of {plural(summary.selected, 'article')}; left out: {dropped}.",
        err=True,
    )
    if summary.undated:
        click.echo(
            f"{plural(summary.undated, 'article')} without a time of publication stood outside the days that were asked for.",
            err=True,
        )
    if summary.recipe.test_after is not None:
        undated = sum(
            documents for (_, month), documents in summary.months.items() if month == "undated"
        )
        click.echo(
            f"Not in test: {plural(summary.late, 'later copy', 'later copies')} of earlier stories, and {plural(undated, 'document')} "
            "without a time of publication, split by their hash.",
            err=True,
        )
    if summary.repeated:
        click.echo(
            f"{plural(len(summary.repeated), 'paragraph stands', 'paragraphs stand')} in many stories of one site: "
            "README.md shows what a rule may have missed.",
            err=True,
        )


corpus.add_command(explain)
