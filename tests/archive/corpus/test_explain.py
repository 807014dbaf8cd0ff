"""`warta corpus explain` finds a story by its number, an address or its id alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive import Archive
from scraper.cli.main import main
from tests.scraper.cli.library import fill


def explained(*words: object) -> tuple[int, str]:
    shown = CliRunner().invoke(main, ["corpus", "explain", *map(str, words)])
    return shown.exit_code, shown.output


@pytest.mark.parametrize("excluded", [False, True])
def test_a_number_an_address_and_an_id_lead_to_the_same_story(
    fates: Path, judged: tuple[Path, object], excluded: bool
) -> None:
    out, _summary = judged
    with Archive(fates, read_only=True) as archive:
        rows = list(archive.db.query("SELECT id, site, key, url FROM articles ORDER BY id"))
    outcomes = {}
    for row in rows:
        code, text = explained(out, f"{row['site']}:{row['key']}", "--json", "--archive", fates)
        if code == 0:
            outcomes[row["id"]] = json.loads(text)
    number = next(
        number
        for number, found in outcomes.items()
        if found["url"] and (found["reason"] is not None) == excluded
    )
    (row,) = (row for row in rows if row["id"] == number)
    _code, expected = explained(out, f"{row['site']}:{row['key']}", "--archive", fates)
    for reference in (number, row["url"], row["key"]):
        assert explained(out, reference, "--archive", fates) == (0, expected), reference
    for reference in (row["url"], row["key"]):  # without the archive
        assert explained(out, reference, "--archive", fates.with_name("tidak.db")) == (0, expected)


def test_a_number_needs_the_archive_that_the_corpus_was_made_of(
    fates: Path, judged: tuple[Path, object], path: Path
) -> None:
    out, _summary = judged
    code, text = explained(out, 1, "--archive", fates.with_name("tidak.db"))
    needed = "1: a number needs the archive that the corpus was made of: --archive"
    assert (code, text) == (1, f"Error: {needed}\n")
    with Archive(path) as archive:
        fill(archive)
    code, text = explained(out, 1, "--archive", path)
    assert text.startswith(f"{path}: not the archive that {out} was made of, or stories were taken")
    assert "not the archive" not in explained(out, 1, "--archive", fates)[1]


def test_what_is_no_story_is_one_line(fates: Path, judged: tuple[Path, object]) -> None:
    out, _summary = judged
    for reference in ("99999", "tidak:ada", "https://x.example/tidak"):
        code, text = explained(out, reference, "--archive", fates)
        assert (code, text.count("\n")) == (1, 1)
        assert "selected no story with this number, id or address" in text
