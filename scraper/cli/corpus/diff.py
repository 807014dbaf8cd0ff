"""`warta corpus diff`: what differs between two corpora, and why."""

import json
import re
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from scraper.cli import options
from scraper.cli.rendering import terminal
from scraper.cli.rendering.terminal import say

_DIGEST = re.compile(r"^([0-9a-f]{12})[0-9a-f]{52}$")
_SETTINGS = terminal.columns("key old new")
_SUMMARY = terminal.columns("change why site documents meaning")


@click.command(short_help="Show what differs between two corpora, and why.")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--stories", is_flag=True, help="Show every story that differs, too.")
@options.json
def diff(old: Path, new: Path, stories: bool, as_json: bool) -> None:
    """Show which keys of the recipe differ between the corpora OLD and NEW, and which stories were
    added, removed or changed, by reason and site.

    \b
    warta corpus diff korpus korpus-baru
    warta corpus diff korpus korpus-baru --json       the recipe's keys, then every story
    """
    with terminal.needs_extra("corpus"):
        from archive.corpus.differences import Corpora
    corpora = Corpora(old, new)
    settings = [asdict(setting) for setting in corpora.settings()]
    if as_json:
        terminal.print_json([{"change": "recipe", **setting} for setting in settings])
        for found in corpora.differences():
            terminal.print_json([asdict(found)])
        return
    zones: set[str] = set()
    if settings:
        terminal.print_table(
            settings,
            _SETTINGS,
            title="Recipe",
            formats=dict.fromkeys(("old", "new"), _shown),
            flexible="new",
            zones=zones,
        )
        if sys.stdout.isatty():
            say()
    counts: Counter[tuple[str, str, str]] = Counter()
    for found in corpora.differences():
        counts[found.change, found.why, found.site] += 1
        if stories:
            columns = f" ({', '.join(found.columns)})" if found.columns else ""
            say(f"{found.change}: {found.id}: {found.why}{columns}", hang=2)
    _show_counts(counts)
    terminal.name_zones(zones)


def _show_counts(counts: Counter[tuple[str, str, str]]) -> None:
    from archive.corpus.differences import WHY
    from archive.corpus.filters.reasons import REASONS

    rows = [
        dict(zip(_SUMMARY, (*key, documents, (WHY | REASONS).get(key[1], "")), strict=True))
        for key, documents in sorted(counts.items())
    ]
    empty = "No story differs."
    terminal.print_rows(
        rows, _SUMMARY, as_json=False, title="Stories", empty=empty, flexible="meaning"
    )


def _shown(value: object) -> str:
    """Write a value of a recipe as in its manifest, of a digest the beginning; nothing for None."""
    if value is None or isinstance(value, str):
        return _DIGEST.sub(r"\1", value or "")
    return json.dumps(value, ensure_ascii=False)
