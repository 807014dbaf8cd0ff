"""`warta merge`: what it prints, as a table and as JSON, and when it is done with nothing to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scraper.cli.main import main
from tests.archive.invented import NOW, announce, keep, link, new_archive, story


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Two archives with a story each, and one that both have."""
    found = [tmp_path / "a.db", tmp_path / "b.db"]
    for place, path in enumerate(found):
        with new_archive(path) as archive:
            for number in (1, 2 + place):
                announce(archive, link(number), at=NOW)
                keep(archive, story(number), at=NOW)
    return [str(path) for path in found]


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["merge", "-j", "1", *words])


def test_each_archive_and_the_result_have_a_line(paths: list[str], tmp_path: Path) -> None:
    out = str(tmp_path / "all.db")
    done = run(out, *paths)
    assert done.exit_code == 0, done.output
    assert "1 story stood in several archives" in done.stderr
    assert "stays so, whatever is merged later" in done.stderr
    again = run(out, *paths, "--update", "--json")
    *parts, whole = map(json.loads, again.stdout.splitlines())
    assert {part["state"] for part in parts} == {"unchanged", "updated"}
    assert (whole["state"], whole["stories"], whole["changed"]) == ("result", 3, False)
    assert f"Nothing is new: {out} is as it was." in again.stderr


def test_what_is_wrong_is_one_line(paths: list[str], tmp_path: Path) -> None:
    out = str(tmp_path / "all.db")
    assert run(out).exit_code == 2
    assert run(out, *paths).exit_code == 0
    refused = run(out, *paths)
    assert refused.exit_code == 1
    (line,) = refused.stderr.splitlines()
    missing = run(str(tmp_path / "tidak/all.db"), *paths)
    assert missing.stderr.endswith("it cannot be written (No such file or directory)\n")
    assert not (tmp_path / "tidak").exists()
    assert line.startswith(f"Error: {out}: there is a file of that name already; `warta merge --up")


def test_without_clusters_a_rebuild_makes_them(paths: list[str], tmp_path: Path) -> None:
    out = str(tmp_path / "all.db")
    assert run(out, *paths, "--no-clusters").exit_code == 0
    listed = CliRunner().invoke(main, ["clusters", "--archive", out])
    assert "3 articles are not clustered yet: run `warta clusters rebuild`." in listed.stderr
    assert CliRunner().invoke(main, ["clusters", "rebuild", "--archive", out]).exit_code == 0


def test_a_merged_archive_is_one_like_any_other(
    demo: tuple[Path, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reads, writes and rebuilds an archive does so with one into which pages came by a crawl
    here, and by a web archive there.
    """
    monkeypatch.chdir(tmp_path)
    shutil.copy(demo[0], "crawled.db")

    def warta(words: str, archive: str = "all.db") -> str:
        done = CliRunner().invoke(main, [*words.split(), "--archive", archive])
        assert done.exit_code in (0, 3), f"{words}: {done.output}"
        return done.stderr

    warta("export warc pages.warc.gz", "crawled.db")
    warta("import -j 1 pages.warc.gz", "imported.db")
    assert run("all.db", "crawled.db", "imported.db").exit_code == 0
    for words in ("verify", "compact", "import -j 1 pages.warc.gz", "clusters rebuild", "verify"):
        warta(words)
    assert "35 pages written" in warta("export warc again.warc.gz")
    assert "35 articles, 45 revisions" in warta("export parquet tables")
    warta("corpus build korpus --opted-out keep -j 1")
    assert (tmp_path / "korpus/manifest.json").exists()
