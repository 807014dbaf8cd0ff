"""Renders the difference of two texts word by word: in colours, or with [-marks-] {+for them+}."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from archive.printable import in_lines
from archive.revisions.changes import Edit, FieldEdits

_STYLES = {"added": "green underline", "removed": "red strike", "same": ""}
_MARKS = {"added": ("{+", "+}"), "removed": ("[-", "-]"), "same": ("", "")}
_CONTEXT = 40
"""Characters of unchanged text around an edit in an excerpt."""


def print_edits(
    out: Console, edits: Iterable[FieldEdits], *, excerpt: bool = True, indent: str = ""
) -> None:
    """Print the fields below each other; an excerpt shortens what did not change.

    Wrapped at words on a terminal; never in a pipe. Marks stand for colours where there are none.
    """
    coloured = out.color_system is not None and not out.no_color
    for name, runs in edits:
        heading = (f"{name}: ", "") if excerpt else (f"\n{name}\n", "bold")
        shown = Text.assemble(heading)
        for kind, text in _excerpts(runs) if excerpt else ((run.kind, run.text) for run in runs):
            if coloured:
                shown.append(in_lines(text), _STYLES[kind])
            else:
                shown.append(in_lines(text).join(_MARKS[kind]))
        lines = [shown]
        if out.is_terminal:
            lines = list(shown.wrap(out, max(1, out.width - len(indent))))
        for line in lines:
            out.print(Text(indent).append_text(line), soft_wrap=not out.is_terminal)


def _excerpts(runs: Sequence[Edit]) -> Iterator[tuple[str, str]]:
    """Yield the runs as one line, what did not change only near an edit."""
    for place, run in enumerate(runs):
        text = re.sub(r"\s+", " ", run.text)
        if run.kind == "same":
            text = _shortened(text, after_edit=place > 0, before_edit=place < len(runs) - 1)
        yield run.kind, text


def _shortened(text: str, *, after_edit: bool, before_edit: bool) -> str:
    """Return the words next to the edits, with their spaces.

    >>> _shortened("Warga desa " * 5, after_edit=False, before_edit=True)
    '… desa Warga desa Warga desa Warga desa '
    """
    if len(text) <= _CONTEXT * (after_edit + before_edit) + 2:
        return text
    begin, end = text[:_CONTEXT], text[-_CONTEXT:]
    shown = f"{begin.rpartition(' ')[0] or begin} …" if after_edit else "…"
    if before_edit:
        return f"{shown} {end.partition(' ')[2] or end}"
    return shown
