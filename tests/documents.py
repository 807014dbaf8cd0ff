"""README, CONTRIBUTING, CHANGELOG and the manual as data: their blocks of code, the paths and
commands that they name.

A comment before a block says why it is not run: `<!-- not run: needs the network -->`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
MANUAL = ROOT / "scraper/cli/help"
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted(MANUAL.glob("*.md")),
]
_OPERATORS = {"&&", "|", ">"}
_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>.+?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_PATH = re.compile(
    r"\b((?:archive|scraper|tests)/[\w./-]*\w(?:/|\b)|(?<![\w/])(?:README|CONTRIBUTING)\.md)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str
    mark: str | None
    """The comment before it."""

    @property
    def runs(self) -> bool:
        return self.mark is None and self.language in ("sh", "python")


def blocks(document: Path) -> list[Block]:
    """The blocks of code of a document."""
    return [
        Block(language=found["language"], text=found["text"], mark=found["mark"])
        for found in _BLOCK.finditer(document.read_text("utf-8"))
    ]


def commands(document: Path) -> Iterator[list[str]]:
    """The words of every `warta ...` in blocks of shell, run or not."""
    for block in blocks(document):
        if block.language != "sh":
            continue
        for line in block.text.splitlines():
            parts = groupby(shlex.split(line, comments=True), _OPERATORS.__contains__)
            for words in [list(part) for is_operator, part in parts if not is_operator]:
                if words[0] in ("warta", ".venv/bin/warta"):
                    yield words[1:]


def inline_commands(document: Path) -> Iterator[list[str]]:
    """The words of every `warta ...` in the running text."""
    text = _BLOCK.sub("", document.read_text("utf-8"))
    for found in re.finditer(r"`warta ([^`]+)`", text):
        yield found[1].replace("\n", " ").split()


def paths(document: Path) -> set[str]:
    """The files and folders of the project that a document names."""
    return set(_PATH.findall(document.read_text("utf-8")))
