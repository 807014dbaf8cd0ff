"""What a layout gave that had drifted is in no corpus until a later extractor has read it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from archive import Archive
from scraper.cli.main import main
from tests.archive.corpus.newsroom import built, by_id, kept, reasons, told
from tests.archive.invented import DAY, NOW
from tests.archive.syndication.syndicated import ran

SINCE = NOW + 2 * DAY
NOTED = NOW + 3 * DAY
LATER = NOW + 4 * DAY
MENDED = "warta/0.1.0/kabar-2"


def redesigned(path: Path) -> None:
    """kabar:1 came before the redesign, kabar:2 after it, berita:3 has nothing to do with it."""
    with Archive(path) as archive:
        kept(archive, 1)
        kept(archive, 2, day=2, layout="fallback")
        kept(archive, 3, "berita", day=2)
        with archive.transaction(NOTED):
            (extractor,) = archive.db.conn.execute(
                "SELECT extractor FROM latest WHERE article_id = 2"
            ).fetchone()
            archive.db["drifts"].insert(
                {
                    "site": "kabar",
                    "layout": "fallback",
                    "extractor": extractor,
                    "since": SINCE.isoformat(),
                    "ended_at": None,
                    "reasons": "[]",
                    "urls": "[]",
                    "noted_at": archive.clock.stamp(),
                }
            )


def test_it_is_left_out_by_its_reason(path: Path, tmp_path: Path) -> None:
    redesigned(path)
    built(path, tmp_path / "out")
    assert set(by_id(tmp_path / "out")) == {"kabar:kabar-1", "berita:berita-3"}
    assert reasons(tmp_path / "out") == {"kabar:kabar-2": "drifted"}


def test_a_plan_counts_it(path: Path) -> None:
    redesigned(path)
    command = ["corpus", "build", "nowhere", "--plan", "--json", "--archive", str(path)]
    found = [json.loads(line) for line in CliRunner().invoke(main, command).stdout.splitlines()]
    assert {row["site"]: row["drifted"] for row in found} == {"kabar": 1, "berita": 0}


def test_before_anybody_saw_it_it_was_there(path: Path, tmp_path: Path) -> None:
    redesigned(path)
    built(path, tmp_path / "out", as_of=NOTED - DAY / 2)
    assert "kabar:kabar-2" in by_id(tmp_path / "out")


def test_once_a_later_extractor_has_read_it_it_is_back(path: Path, tmp_path: Path) -> None:
    redesigned(path)
    with Archive(path) as archive:
        text = told(2) + "\n\nBagian yang hilang kembali terbaca."
        ran(
            archive,
            text,
            site="kabar",
            number=2,
            at=LATER,
            published=NOW + 2 * DAY,
            layout="baru",
            extractor=MENDED,
        )
    built(path, tmp_path / "out")
    assert by_id(tmp_path / "out")["kabar:kabar-2"]["text"] == text
    built(path, tmp_path / "then", as_of=NOTED)
    assert reasons(tmp_path / "then") == {"kabar:kabar-2": "drifted"}
