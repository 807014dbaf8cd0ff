"""Names and texts from outside, made fit to be shown: one line of what can be seen, in Markdown as
a code span.
"""

from __future__ import annotations

import re

MISSING = "\ufffd"
"""Stands for what cannot be shown: control characters, lone surrogates, letters that a font does
not have.
"""


def plain(text: str) -> str:
    """One line of printable characters.

    >>> plain(" Kabar\\n\\tDesa\\x00 ")
    'Kabar Desa\ufffd'
    """
    return "".join(char if char.isprintable() else MISSING for char in " ".join(text.split()))


def shortened(text: str, most: int) -> str:
    """At most so many characters, the last of them an ellipsis where some are gone.

    >>> shortened("kabardesa", 6)
    'kabar…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def code(text: str, most: int = 200) -> str:
    """A code span in a cell of a table: whatever the text holds, it makes no Markdown, HTML, link
    or formula.

    >>> code("kabar|desa")
    '`kabar\\\\|desa`'
    """
    shown = shortened(plain(text), most)
    if not shown:
        return "(empty)"
    fence = "`" * (longest_run(shown) + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return fence + pad + shown.replace("|", "\\|") + pad + fence


def longest_run(text: str) -> int:
    """Length of the longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
