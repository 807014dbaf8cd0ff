"""Renders the difference of two texts word by word, in colours or with [-marks-] [+for a pipe+]."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from archive.printable import in_lines
from archive.revisions.changes import Edit, FieldEdits

_STYLES = {"added": "green underline", "removed": "red strike", "same": ""}
_MARKS = {"added": ("[+", "+]"), "removed": ("[-", "-]"), "same": ("", "")}
_CONTEXT = 40
"""Characters of unchanged text around an edit in an excerpt."""


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
