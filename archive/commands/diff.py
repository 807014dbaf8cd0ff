"""`warta diff`: what changed between two revisions, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from archive import reading
from archive.history import COMPARED, Edit, word_diff
from archive.options import archive_option, identify, json_option, opened
from archive.terminal import console, print_json

_STYLES = {"added": "green underline", "removed": "red strike", "same": ""}
_MARKS = {"added": ("[+", "+]"), "removed": ("[-", "-]"), "same": ("", "")}
_ORDER = ("headline", *(name for name in COMPARED if name not in ("headline", "body")), "body")
_CONTEXT = 40
"""Characters of unchanged text around an edit in an excerpt."""


@click.command(short_help="What changed, word by word.")
@click.argument("url")
@click.argument("a", type=int, required=False)
@click.argument("b", type=int, required=False)
@archive_option
@json_option
def diff(url: str, a: int | None, b: int | None, path: Path, as_json: bool) -> None:
    """What changed between revisions A and B of an article, word by word; the newest two if none is named.

    \b
    warta diff 12
    warta diff https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan 1 3
    """
    with opened(path) as archive:
        article_id = reading.find_article(archive.db, url, identify())
        newest = reading.latest(archive.db, article_id)["revision"]
        b = b if b is not None else newest
        before = reading.revision(archive.db, article_id, a if a is not None else max(1, b - 1))
        after = reading.revision(archive.db, article_id, b)
    changed = list(edits_between(before, after))
    if as_json:
        print_json({"field": name, "edits": [{"kind": run.kind, "text": run.text} for run in runs]} for name, runs in changed)
        return
    out = console()
    out.print(
        Text(f"Revision {before['number']} ({before['observed_at']}) → revision {after['number']} of {newest} ({after['observed_at']})")
    )
    for name, runs in changed:
        out.print(Text(f"\n{name}", style="bold"))
        out.print(marked(runs, coloured=out.is_terminal), soft_wrap=True)
    if not changed:
        out.print("No difference in any field.")


def edits_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, list[Edit]]]:
    """The fields that differ, each with its runs of words."""
    for name in _ORDER:
        runs = list(word_diff(_text(before.get(name)), _text(after.get(name))))
        if any(run.kind != "same" for run in runs):
            yield name, runs


def marked(runs: Sequence[Edit], *, coloured: bool, excerpt: bool = False) -> Text:
    """The runs as one text, with colours or with [-marks-] [+for+] a pipe; an excerpt shortens what did not change."""
    return Text.assemble(*(_marked(run.kind, _shortened(run) if excerpt else run.text, coloured) for run in runs))


def _shortened(run: Edit) -> str:
    text = " ".join(run.text.split()) if run.kind == "same" else run.text
    if run.kind != "same" or len(text) <= 2 * _CONTEXT + 3:
        return run.text
    return f"{text[:_CONTEXT]} … {text[-_CONTEXT:]} "


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, (list, tuple)) else value or ""


def _marked(kind: str, text: str, coloured: bool) -> tuple[str, str]:
    before, after = ("", "") if coloured else _MARKS[kind]
    return before + text + after, _STYLES[kind] if coloured else ""
