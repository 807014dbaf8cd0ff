"""A story whose page was found to be another's is in no corpus until a crawl has replaced it."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive import Archive
from tests.archive.corpus.newsroom import built, by_id, kept, reasons, told
from tests.archive.invented import DAY, NOW
from tests.archive.syndication.syndicated import ran

LATER = NOW + 4 * DAY


@pytest.fixture(autouse=True)
def doubted(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
        kept(archive, 2, day=2)
        newest = archive.history.newest("kabar", "kabar-2")
        assert newest is not None
        with archive.transaction(NOW + 3 * DAY):
            archive.history.note_refusal(newest["snapshot_id"], "same_body_elsewhere")


@pytest.mark.parametrize("as_of", [None, NOW + 2.5 * DAY])
def test_it_is_left_out_by_its_reason_whatever_the_time(path: Path, tmp_path: Path, as_of) -> None:
    built(path, tmp_path / "out", as_of=as_of)
    assert set(by_id(tmp_path / "out")) == {"kabar:kabar-1"}
    assert reasons(tmp_path / "out") == {"kabar:kabar-2": "doubted"}


def test_once_its_own_page_is_read_it_is_back(path: Path, tmp_path: Path) -> None:
    with Archive(path) as archive:
        text = told(2) + "\n\nInilah berita yang sebenarnya."
        ran(archive, text, site="kabar", number=2, at=LATER, published=NOW + 2 * DAY)
    built(path, tmp_path / "out")
    assert by_id(tmp_path / "out")["kabar:kabar-2"]["text"] == text
