"""Imported collections are clustered like what is crawled, whichever comes first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive import Archive
from scraper.cli.main import main
from tests.archive.syndication.syndicated import BEGINNING, LED_ANEW, described, relations
from tests.archive.syndication.wire import REWRITTEN, WIRE

COLLECTIONS = {
    "kabar.jsonl": [
        ("kabar", 1, WIRE, "2026-11-20 08:00:00"),
        ("kabar", 2, REWRITTEN, "2026-11-20 09:00:00"),
    ],
    "lain.jsonl": [
        ("berita", 1, LED_ANEW, "2026-11-20 08:10:00"),
        ("warta", 1, BEGINNING, "2026-11-20 08:30:00"),
        ("warta", 2, "", None),
    ],
}


def collection(folder: Path, name: str) -> Path:
    file = folder / name
    records = (
        {
            "title": "Waduk Diisi",
            "text": text,
            "source": f"{site}.example",
            "date": date,
            "link": f"https://www.{site}.example/berita/{number}",
        }
        for site, number, text, date in COLLECTIONS[name]
    )
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return file


@pytest.mark.parametrize("turned", [False, True])
def test_imported_stories_are_clustered_in_whichever_order_they_come(
    path: Path, tmp_path: Path, turned: bool
) -> None:
    names = sorted(COLLECTIONS, reverse=turned)
    for name in names:
        result = CliRunner().invoke(
            main, ["import", "--archive", str(path), str(collection(tmp_path, name))]
        )
        assert "Traceback" not in result.output
    with Archive(path, read_only=True) as archive:
        assert relations(archive) == {
            "kabar/1": "first",
            "berita/1": "edited",
            "warta/1": "excerpt",
        }
        assert len(described(archive)) == 1
    again = CliRunner().invoke(main, ["clusters", "rebuild", "--archive", str(path)])
    assert again.stderr == "0 memberships changed.\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "news.db"
