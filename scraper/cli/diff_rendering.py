"""Two texts beside each other, as people read them: what was taken away and what came, word by
word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from archive.revisions.changes import COMPARED, Edit, word_diff

_STYLES = {"added": "green underline", "removed": "red strike", "same": ""}
_MARKS = {"added": ("[+", "+]"), "removed": ("[-", "-]"), "same": ("", "")}
_ORDER = ("headline", *(name for name in COMPARED if name not in ("headline", "body")), "body")
_CONTEXT = 40
"""Characters of unchanged text around an edit in an excerpt."""


def edits_between(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, list[Edit]]]:
    """The fields that differ, each with its runs of words."""
    for name in _ORDER:
        runs = list(word_diff(_text(before.get(name)), _text(after.get(name))))
        if any(run.kind != "same" for run in runs):
            yield name, runs


def marked(runs: Sequence[Edit], *, coloured: bool, excerpt: bool = False) -> Text:
    """The runs as one text, with colours or with [-marks-] [+for+] a pipe; an excerpt shortens what
    did not change.
    """
    return Text.assemble(
        *(_marked(run.kind, _shortened(run) if excerpt else run.text, coloured) for run in runs)
    )


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
