"""`warta search` on a terminal: the words that it found are bold."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest

from archive import Archive
from tests.archive.invented import keep, story
from tests.scraper.cli.hostile.test_hostile_terminal import terminal as terminal


def fill(archive: Archive) -> None:
    keep(archive, story(1, headline="Kabar", body="Warga “bersama-sama” memperbaiki jembatan itu."))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (["jembatan"], "memperbaiki \x1b[1mjembatan\x1b[0m itu."),
        (["--stem", "perbaikan"], "\x1b[1mmemperbaiki\x1b[0m jembatan"),
        (['"memperbaiki jembatan"'], "\x1b[1mmemperbaiki\x1b[0m \x1b[1mjembatan\x1b[0m"),
        (["headline:kabar"], "\x1b[1mKabar\x1b[0m"),
    ],
)
def test_words_are_bold(
    path: Path,
    made: Callable[..., Path],
    terminal: Callable[..., str],
    query: list[str],
    shown: str,
) -> None:
    copyfile(made(fill), path)
    words = ["search", "--archive", str(path), *query]
    arrived = terminal(*words, environment=dict(os.environ))
    assert shown in " ".join(arrived.split())  # however wide the terminal is
    assert not {"\u2063", "\u2064"} & {*arrived}
