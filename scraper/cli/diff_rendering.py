"""Renders the difference of two texts word by word, in colours or with [-marks-] [+for a pipe+]."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from archive.printable import in_lines
from archive.revisions.changes import COMPARED, Edit, word_diff
from scraper.cli.terminal import cell

FieldEdits = tuple[str, list[Edit]]
"""A field that differs, with its runs of words: same, removed, added."""

_STYLES = {"added": "green underline", "removed": "red strike", "same": ""}
_MARKS = {"added": ("[+", "+]"), "removed": ("[-", "-]"), "same": ("", "")}
_ORDER = ("headline", *(name for name in COMPARED if name not in ("headline", "body")), "body")
_CONTEXT = 40
"""Characters of unchanged text around an edit in an excerpt."""


def edits_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldEdits]:
    """Yield the fields of two revisions that differ, headline first and body last."""
    for name in _ORDER:
        runs = list(word_diff(cell(before.get(name)), cell(after.get(name))))
        if any(run.kind != "same" for run in runs):
            yield name, runs


def edits_as_json(edits: Iterable[FieldEdits]) -> Iterator[dict[str, Any]]:
    """Yield the edits as JSON objects, one per field."""
    for name, runs in edits:
        yield {"field": name, "edits": [{"kind": run.kind, "text": run.text} for run in runs]}


def print_edits(
    out: Console, edits: Iterable[FieldEdits], *, excerpt: bool = True, indent: str = ""
) -> None:
    """Print the fields below each other; an excerpt shortens what did not change."""
    for name, runs in edits:
        shown = Text(f"{indent}{name}: ") if excerpt else Text(f"\n{name}\n", style="bold")
        out.print(shown + _marked(runs, coloured=out.is_terminal, excerpt=excerpt), soft_wrap=True)


def _marked(runs: Sequence[Edit], *, coloured: bool, excerpt: bool) -> Text:
    marked = Text()
    for run in runs:
        text = in_lines(run.text)
        if excerpt and run.kind == "same":
            text = _shortened(text)
        if coloured:
            marked.append(text, _STYLES[run.kind])
        else:
            before, after = _MARKS[run.kind]
            marked.append(f"{before}{text}{after}")
    return marked


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return text if len(line) <= 2 * _CONTEXT + 3 else f"{line[:_CONTEXT]} … {line[-_CONTEXT:]} "
