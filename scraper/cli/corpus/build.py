"""`warta corpus build`: a training corpus from the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.corpus.splits import DEFAULT
from archive.ledger.wording import human_bytes, plural
from scraper.cli import options
from scraper.cli.corpus.sources import gathered
from scraper.cli.rendering import terminal

if TYPE_CHECKING:
    from archive.corpus.build import BuildOptions
    from archive.corpus.output.summary import Summary
    from archive.corpus.recipe import Recipe
    from archive.corpus.selection import Selection

MAX_TASKS = 10_000
_PLAN = terminal.columns("site articles removed opted_out drifted", drifted="layout changed")
_FILES = terminal.columns("path split rows size sha256", path="file", sha256="sha-256")
_SHOWN: terminal.Formats = {
    "rows": lambda rows: rows or "",
    "size": human_bytes,
    "sha256": lambda digest: digest[:12],
}


def _choice(name: str, *choices: str, help: str) -> Callable[..., Any]:  # noqa: A002 - click's name
    """Return an option whose default is the first of its choices."""
    return click.option(name, type=click.Choice(choices), default=choices[0], help=help)


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--as-of", type=options.UNTIL_TIME, help="The archive as of this time; default: its last write."
)
@click.option(
    "--since",
    type=options.DAY,
    help="Exclude stories published before this day, as their publisher dates them.",
)
@click.option(
    "--until",
    type=options.DAY,
    help="Exclude stories published after this day, as their publisher dates them.",
)
@options.sites
@_choice(
    "--dedup", "cluster", "exact", "none", help="Keep one article per cluster, per text, or all."
)
@_choice("--opted-out", "drop", "keep", help="Articles that opt out of text and data mining.")
@click.option(
    "--filters",
    default="news",
    metavar="NAME",
    help="Thresholds: news, fineweb2, none, or a TOML file.",
)
@click.option(
    "--split",
    "splits",
    default=DEFAULT,
    metavar="NAME=SHARE,...",
    help="Splits; their shares add up to 1.",
)
@click.option("--test-after", type=options.DAY, help="Stories from this day on are the test split.")
@_choice("--format", "parquet", "jsonl", help="Format of the data files.")
@click.option(
    "--tokenizer",
    default="spacy-id",
    metavar="NAME|FILE",
    help="Of the column token_count: spacy-id, a tokenizer.json, or a model on Hugging Face.",
)
@click.option(
    "--decontaminate",
    "references",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Drop stories that share 13 words in a row with this text, JSONL or Parquet file; may be"
    " repeated.",
)
@click.option(
    "--dry-run", "--plan", "plan", is_flag=True, help="Show what would be built; write nothing."
)
@click.option("--overwrite", is_flag=True, help="Replace the corpus at OUT.")
@options.jobs
@_choice("--executor", "local", "ray", "slurm", help="Where datatrove runs the pipeline.")
@options.executor_options
@click.option(
    "--tasks",
    type=click.IntRange(1, MAX_TASKS),
    help="Tasks of each stage; default: one for a thousand articles. Changes no byte.",
)
@options.archives(
    "The archive file; also $WARTA_ARCHIVE. May be repeated, and be a folder of archives or a"
    " Parquet export, here or at an address: they are read as one."
)
@options.json
def build(
    out: Path,
    paths: tuple[Path | str, ...],
    plan: bool,
    jobs: int | None,
    executor: str,
    executor_options: tuple[str, ...],
    tasks: int | None,
    overwrite: bool,
    as_json: bool,
    **choices: Any,
) -> None:
    """Build a corpus at OUT: data files, dropped.parquet, a dataset card with plots, and
    manifest.json.

    The same archives, time and options give the same bytes, with any number of jobs. OUT appears
    when it is complete; after an interruption the same command resumes.

    \b
    warta corpus build korpus --dry-run                   what would be in it, and what would not
    warta corpus build korpus --as-of 2026-11-20          reproducible, whatever is crawled later
    warta corpus build korpus --test-after 2026-11-01     test on what came later
    warta corpus build korpus --archive a.db --archive b.db     as of the archive that they would
                                                                be merged into
    """
    options.check_days(choices["since"], choices["until"])
    _check(jobs, executor)
    as_of = choices.pop("as_of")
    with gathered(paths, out, as_of, plan=plan, overwrite=overwrite) as source:
        recipe = _recipe(
            archive=source.path, archives=source.digests, as_of=source.as_of, **choices
        )
        if plan:
            _show_plan(recipe, as_json=as_json)
        else:
            how = _how(executor, executor_options, jobs, tasks, overwrite=overwrite)
            _build(recipe, out, how, as_json=as_json)


def _check(jobs: int | None, executor: str) -> None:
    """Raise click.UsageError where the packages, or the jobs of the executor, are not there."""
    if jobs and executor != "local":
        raise click.UsageError(f"-j is for this machine; with {executor}, use -x workers={jobs}")
    with terminal.needs_extra("corpus"):
        import archive.corpus.build  # noqa: F401

        if find_spec("spacy") is None:  # datatrove imports it only at the first text
            raise ModuleNotFoundError(name="spacy")


def _how(
    executor: str, given: tuple[str, ...], jobs: int | None, tasks: int | None, *, overwrite: bool
) -> BuildOptions:
    from archive.corpus.build import BuildOptions

    return BuildOptions(
        executor=executor,
        options=given,
        jobs=options.processes(jobs),
        tasks=tasks,
        overwrite=overwrite,
    )


def _recipe(
    *,
    names: tuple[str, ...],
    filters: str,
    splits: str,
    tokenizer: str,
    references: tuple[Path, ...],
    **choices: Any,
) -> Recipe:
    from archive.corpus.filters.references import reference_files
    from archive.corpus.filters.thresholds.loading import load_thresholds
    from archive.corpus.recipe import Recipe
    from archive.corpus.splits import parse_splits
    from archive.corpus.tokenizers import find_tokenizer

    return Recipe(
        sites=tuple(sorted(set(names))),
        thresholds=load_thresholds(filters),
        splits=parse_splits(splits),
        tokenizer=find_tokenizer(tokenizer),
        references=reference_files(references),
        **choices,
    )


def _build(recipe: Recipe, out: Path, how: BuildOptions, *, as_json: bool) -> None:
    from archive.corpus.build import build, check_target, load_selection, work_folder

    check_target(out, overwrite=how.overwrite)
    selection = load_selection(recipe)
    _report_opted_out(recipe, selection)
    with (
        terminal.interruptible("Stopped; the same command resumes the build."),
        _progress(recipe, selection.cut(how.tasks)) as (advance, compared),
    ):
        summary = build(recipe, selection, out, how, advance=advance, compared=compared)
    if summary is None:
        logs = f"{work_folder(out)} has its logs, and may be deleted then"
        terminal.note(f"Queued; {out} appears when its last job has ended. {logs}.")
    elif as_json:
        row = {
            "selected": summary.selected,
            "exported": summary.exported,
            "splits": dict(summary.splits),
            "dropped": summary.dropped_by_reason(),
        }
        terminal.print_json([row])
    else:
        terminal.print_table([asdict(file) for file in summary.files], _FILES, formats=_SHOWN)
        for line in _remarks(summary, out):
            terminal.note(line)


@contextmanager
def _progress(
    recipe: Recipe, selection: Selection
) -> Iterator[tuple[Callable[[int], None], Callable[[int, int | None], None]]]:
    """Show documents, of many archives the share of all tasks; yield what completed tasks call."""
    tasks = len(selection.shards)
    if not recipe.archives:
        each = selection.selected / tasks
        with terminal.progress_bar("filtering documents", total=selection.selected) as bar:
            yield lambda done: bar(done * each), lambda _done, _total: None
        return
    with terminal.progress_bar("comparing and filtering", total=None, as_share=True) as bar:

        def compared(done: int, total: int | None) -> None:
            bar(done, None if total is None else total + tasks)

        yield bar, compared


def _report_opted_out(recipe: Recipe, selection: Selection) -> None:
    """Report on stderr, per site, how many articles opted out, and whether they are kept."""
    result = "EXCLUDED; use --opted-out keep to keep them"
    if recipe.opted_out == "keep":
        result = "KEPT, because of --opted-out keep"
    for site, rules in selection.opted_out.items():
        total = plural(sum(rules.values()), "article")
        why = ", ".join(f"{count} by {rule}" for rule, count in rules.items())
        terminal.note(f"{site}: {total} opted out of text and data mining ({why}): {result}.")


def _show_plan(recipe: Recipe, *, as_json: bool) -> None:
    from archive.corpus.build import load_selection

    selection = load_selection(recipe)
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
    terminal.print_rows(rows, _PLAN, as_json=as_json)
    if as_json:
        return
    _report_opted_out(recipe, selection)
    selected = f"{selection.selected} of {plural(selection.articles, 'article')}"
    tasks = plural(len(selection.shards), "task")
    clustered = f"{selection.clustered} of them in clusters with others; "
    if recipe.archives:
        clustered = "clusters of several archives are found when it is built; "
    terminal.note(
        f"As of {recipe.as_of.isoformat(timespec='seconds')}: {selected} selected, "
        f"{clustered}filters {recipe.thresholds.name!r}, {tasks}; nothing was written."
    )
    if selection.undated:
        undated = plural(selection.undated, "article")
        terminal.note(f"{undated} without a publication time would be excluded.")


def _remarks(summary: Summary, out: Path) -> Iterator[str]:
    documents = plural(summary.exported, "document")
    articles = plural(summary.selected, "article")
    dropped = terminal.counted(summary.dropped_by_reason()) or "none"
    yield f"{out}: {documents} of {articles}; dropped: {dropped}."
    for file in summary.references:
        if file.too_short:
            short = f"{file.too_short} of {plural(file.texts, 'text')}"
            yield f"{file.name}: {short} too short to be found in an article."
    if summary.undated:
        undated = plural(summary.undated, "article")
        yield f"{undated} without a publication time excluded by --since or --until."
    if summary.recipe.test_after is not None:
        counts = [count for (_, month), count in summary.months.items() if month == "undated"]
        undated = plural(sum(counts), "document")
        late = f"{plural(summary.late, 'later copy', 'later copies')} of earlier stories"
        if summary.late or sum(counts):
            yield f"Not in test: {late}, and {undated} without a time, split by their hash."
    if summary.repeated:
        repeated = plural(len(summary.repeated), "paragraph occurs", "paragraphs occur")
        missed = "README.md shows what a boilerplate rule may have missed"
        yield f"{repeated} in many stories of one site: {missed}."
