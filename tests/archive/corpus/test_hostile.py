"""Texts of publishers stay texts, however long, empty, many or malicious they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive import Archive
from archive.corpus import executors
from archive.corpus.output import finish
from scraper.cli.main import main
from tests.archive.corpus.newsroom import (
    built,
    documents,
    in_this_process,
    kept,
    opt_out,
    reasons,
    told,
)
from tests.archive.corpus.output.test_loading import loaded
from tests.archive.corpus.summaries import HOSTILE

WRITABLE = tuple(text for text in HOSTILE if "\0" not in text and "\ud800" not in text)


def test_hostile_headlines_and_sections_come_back_as_they_were(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive(path) as archive:
        for number, text in enumerate(WRITABLE):
            kept(archive, number, headline=text, section=text, agency=text)
    for format_ in ("parquet", "jsonl"):
        built(path, tmp_path / format_, format=format_, pictures=True)
        read = loaded(tmp_path / format_, tmp_path, monkeypatch)
        found = {
            row["id"]: (row["headline"], row["section"], row["agency"])
            for rows in read.values()
            for row in rows
        }
        assert found == {
            f"kabar:kabar-{number}": (text, text, text) for number, text in enumerate(WRITABLE)
        }


def test_hostile_names_of_sites_break_neither_files_nor_lines(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites = [text for text in WRITABLE if text]
    with Archive(path) as archive:
        for number, site in enumerate(sites):
            kept(archive, number, site)
            kept(archive, 100 + number, site, body=f"{told(number)} Lagi.")
        opt_out(archive, 0, sites[0])
    summary = built(path, tmp_path / "built", pictures=True)
    assert summary.sites == sorted(sites)
    assert sorted(
        json.loads((tmp_path / "built/manifest.json").read_text("utf-8"))["counts"]["months"]
    ) == sorted(sites)
    assert {
        row["site"]
        for rows in loaded(tmp_path / "built", tmp_path, monkeypatch).values()
        for row in rows
    } == set(sites)
    monkeypatch.setattr(executors, "readers", in_this_process)
    monkeypatch.setattr(finish, "draw", lambda _summary, _folder: [])
    for options in (["--plan"], ["--plan", "--json"], [], ["--json", "--overwrite"]):
        command = [
            "corpus",
            "build",
            str(tmp_path / "out"),
            "--archive",
            str(path),
            "--filters",
            "none",
            *options,
        ]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, result.output


def test_a_text_of_a_megabyte_is_judged_and_written(path: Path, tmp_path: Path) -> None:
    long = "\n\n".join(told(number) for number in range(1500))
    with Archive(path) as archive:
        kept(archive, 1, body=long)
        kept(archive, 2, body="a" * 1_000_000)
        kept(archive, 3, body="Pasar ramai. " * 80_000)
        kept(archive, 4)
    assert len(long) > 900_000
    built(path, tmp_path / "news", filters="news")
    assert [row["id"] for row in documents(tmp_path / "news")] == ["kabar:kabar-4"]
    assert set(reasons(tmp_path / "news").values()) == {"too_long", "too_short"}
    built(path, tmp_path / "none")
    assert {row["id"]: row["text"] for row in documents(tmp_path / "none")}["kabar:kabar-1"] == long


@pytest.mark.parametrize("filters", ["news", "fineweb2", "none"])
def test_empty_bodies_are_no_documents_of_any_filter_that_judges(
    path: Path, tmp_path: Path, filters: str
) -> None:
    with Archive(path) as archive:
        for number, body in enumerate(("", " ", "\n\n", "\u200b", "—")):
            kept(archive, number, body=body)
        kept(archive, 9)
    built(path, tmp_path / "out", filters=filters)
    if filters == "none":
        assert len(documents(tmp_path / "out")) == 3  # nothing, a dash and the story
        assert set(reasons(tmp_path / "out").values()) == {"exact_duplicate"}
    else:
        assert [row["id"] for row in documents(tmp_path / "out")] == ["kabar:kabar-9"]


def test_thousands_of_sections_are_no_more_work_for_the_card(path: Path, tmp_path: Path) -> None:
    with Archive(path) as archive:
        for number in range(400):
            kept(
                archive,
                number,
                body=f"Berita singkat nomor {number} dari desa.",
                section=f"Rubrik {number}" * 20,
            )
    built(path, tmp_path / "out")
    assert (tmp_path / "out/README.md").stat().st_size < 40_000


def test_hundreds_of_sites_fit_the_card(path: Path, tmp_path: Path) -> None:
    with Archive(path) as archive:
        for number in range(300):
            kept(archive, number, f"desa{number}", body=f"Berita singkat nomor {number} dari desa.")
    summary = built(path, tmp_path / "out")
    assert len(summary.sites) == 300
    assert (tmp_path / "out/README.md").stat().st_size < 60_000


def test_an_imported_story_keeps_its_address_that_is_none(path: Path, tmp_path: Path) -> None:
    with Archive(path) as archive:
        for number in (1, 2):
            address = f"import:koleksi/{number}"
            kept(
                archive,
                number,
                url=address,
                canonical_url=address,
                story_id=None,
                layout="imported",
                published=None,
                section=None,
            )
    built(path, tmp_path / "out", filters="news")
    assert {row["id"]: row["url"] for row in documents(tmp_path / "out")} == {
        f"kabar:import:koleksi/{number}": f"import:koleksi/{number}" for number in (1, 2)
    }
