"""`warta reextract`: kept pages are read again with today's rules; what differs then is our change,
never the newsroom's.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archive import Archive
from scraper.cli.main import main
from scraper.sites.site import Site
from tests.scraper.crawling.conftest import PROSE, story_url
from tests.scraper.ingest.reextraction.conftest import Warta, fine, is_sound, revisions, rows
from tests.scraper.ingest.reextraction.kept import CHANGED, DAY, NOW, SHUT, SITE, crawled, page_of

pytestmark = pytest.mark.usefixtures("archive")


# Judging a rule


def test_a_dry_run_says_how_many_stories_would_change_in_which_fields_and_shows_some(
    warta: Warta, rule: Any
) -> None:
    rule(CHANGED)
    result = fine(warta("--dry-run"))
    assert result.stderr == "3 stories would change. Nothing was written.\n"
    head, row, *samples = result.stdout.splitlines()
    assert head.split()[:3] == ["site", "pages", "read"]
    assert row.split() == ["rmol", "3", "3", "0", "0", "0", "0", "body", "3"]
    assert [line for line in samples if line.startswith("https://")] == [
        f"{story_url(number)} (technical)" for number in (1, 2, 3)
    ]
    shown = f"  body: … tetap mendapat air setiap hari. (2)[- {PROSE[2]} (2)-]"
    assert samples.count(shown) == 1


def test_a_dry_run_writes_nothing(warta: Warta, rule: Any, path: Path) -> None:
    before = path.read_bytes()
    rule(CHANGED)
    fine(warta("--dry-run"))
    assert path.read_bytes() == before


@pytest.mark.parametrize(("samples", "shown"), [("0", 0), ("1", 1), ("2", 2), ("99", 3)])
def test_so_many_samples_are_shown(warta: Warta, rule: Any, samples: str, shown: int) -> None:
    rule(CHANGED)
    result = fine(warta("--dry-run", "--samples", samples))
    assert sum(line.startswith("https://") for line in result.stdout.splitlines()) == shown


def test_without_a_change_of_rules_there_is_nothing_to_read(warta: Warta, path: Path) -> None:
    before = path.read_bytes()
    result = fine(warta("--dry-run", "--site", "rmol"))
    assert (
        result.stderr
        == "Nothing to read: the current extractor has read every page; --all reads them again.\n"
    )
    assert result.stdout == ""
    assert path.read_bytes() == before


# Writing


def test_what_reads_otherwise_becomes_a_technical_revision_and_nothing_else(
    warta: Warta, rule: Any, path: Path
) -> None:
    rule(CHANGED)
    result = fine(warta())
    assert result.stderr == "3 stories changed.\n"
    assert revisions(path) == [("first", []), ("publisher", ["body"]), ("technical", ["body"])]
    assert revisions(path, 2) == revisions(path, 3) == [("first", []), ("technical", ["body"])]
    assert rows(path, "SELECT count(*) FROM latest WHERE body LIKE '%Pekerjaan ditargetkan%'") == [
        (0,)
    ]
    assert is_sound(path)


def test_a_technical_revision_names_the_same_page_and_leaves_the_ledger_alone(
    warta: Warta, rule: Any, path: Path
) -> None:
    before = (
        rows(path, "SELECT * FROM urls"),
        rows(path, "SELECT * FROM checks"),
        rows(path, "SELECT * FROM snapshots"),
    )
    rule(CHANGED)
    fine(warta())
    assert (
        rows(path, "SELECT * FROM urls"),
        rows(path, "SELECT * FROM checks"),
        rows(path, "SELECT * FROM snapshots"),
    ) == before
    pages = rows(
        path, "SELECT kind, snapshot_id FROM history WHERE url = ? ORDER BY number", story_url(1)
    )
    assert pages[1][1] == pages[2][1] != pages[0][1]


def test_what_stood_before_stands_as_it_was(warta: Warta, rule: Any, path: Path) -> None:
    def past() -> list[tuple[Any, ...]]:
        with Archive(path, read_only=True) as archive, archive.as_of(NOW + DAY) as then:
            found = ("latest", "history", "ledger")
            return [
                row
                for view in found
                for row in then.db.conn.execute(f"SELECT * FROM {view}").fetchall()
            ]

    before = past()
    rule(CHANGED)
    fine(warta())
    assert past() == before


def test_a_second_run_reads_nothing_and_writes_nothing(warta: Warta, rule: Any, path: Path) -> None:
    rule(CHANGED)
    fine(warta())
    before = path.read_bytes()
    assert fine(warta()).stderr.startswith("Nothing to read")
    assert path.read_bytes() == before


def test_all_reads_again_what_was_read_and_writes_nothing_new(
    warta: Warta, rule: Any, path: Path
) -> None:
    rule(CHANGED)
    fine(warta())
    before = revisions(path)
    result = fine(warta("--all", "--json"))
    assert result.stdout == ""
    assert fine(warta("--all")).stdout.splitlines()[1].split()[:2] == ["rmol", "3"]
    assert revisions(path) == before


def test_a_rule_that_is_taken_back_brings_the_earlier_text_back_and_names_it(
    warta: Warta, rule: Any, path: Path
) -> None:
    rule(CHANGED)
    fine(warta())
    rule(SITE)
    fine(warta())
    assert rows(
        path, "SELECT kind, returns_to FROM history WHERE url = ? ORDER BY number", story_url(2)
    ) == [("first", None), ("technical", None), ("technical", 1)]


def test_the_search_finds_what_the_stories_say_now(warta: Warta, rule: Any, path: Path) -> None:
    rule(CHANGED)
    fine(warta())
    done = CliRunner().invoke(main, ["search", "--archive", str(path), "--json", "ditargetkan"])
    assert done.stdout == ""


def test_as_json_it_is_a_line_a_change(warta: Warta, rule: Any) -> None:
    rule(CHANGED)
    first, *_others = found = [
        json.loads(line) for line in fine(warta("--json")).stdout.splitlines()
    ]
    assert [(row["site"], row["url"], row["kind"], row["changed"]) for row in found] == [
        ("rmol", story_url(number), "technical", ["body"]) for number in (1, 2, 3)
    ]
    (body,) = first["edits"]
    assert body["field"] == "body"
    removed = "".join(run["text"] for run in body["edits"] if run["kind"] == "removed")
    assert removed.strip().startswith("Pekerjaan ditargetkan")


def test_a_site_that_nobody_knows_is_wrong_usage(warta: Warta) -> None:
    result = warta("--site", "tidak-ada")
    assert result.exit_code == 2
    assert "no site is called tidak-ada" in result.stderr


def test_only_the_sites_that_were_named_are_read(warta: Warta, path: Path, rule: Any) -> None:
    rule(CHANGED, replace(SITE, name="suara"))
    assert fine(warta("--site", "suara")).stderr.startswith("Nothing to read")
    assert fine(warta("--site", "suara", "--site", "rmol")).stderr == "3 stories changed.\n"


def test_since_a_day_means_from_its_beginning(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(4, at=NOW - DAY))
    rule(CHANGED)
    assert fine(warta("--dry-run", "--since", "2026-11-21")).stderr.startswith("Nothing to read")
    assert fine(warta("--dry-run", "--since", "2026-11-20")).stderr.startswith("3 stories")
    assert fine(warta("--dry-run", "--since", "2026-11-19")).stderr.startswith("4 stories")
    assert fine(warta("--dry-run", "--since", "2026-11-20T04:00:00+00:00")).stderr.startswith(
        "1 story"
    )


def test_a_missing_archive_is_reported_and_not_made(rule: Any, tmp_path: Path) -> None:
    for arguments in ([], ["--dry-run"]):
        result = CliRunner().invoke(
            main, ["reextract", "--archive", str(tmp_path / "tidak-ada.db"), *arguments]
        )
        assert result.exit_code == 1
        assert "there is no archive here" in result.stderr
    assert not (tmp_path / "tidak-ada.db").exists()


# What cannot be read


def test_a_damaged_page_is_reported_and_counted_and_the_others_go_on(
    warta: Warta, rule: Any, path: Path
) -> None:
    with closing(sqlite3.connect(path)) as vandal:
        vandal.execute(f"UPDATE snapshots SET digest = '{'0' * 64}' WHERE id = 2")
        vandal.commit()
    rule(CHANGED)
    result = warta()
    assert result.exit_code == 3
    changed, damage = result.stderr.splitlines()
    assert changed == "2 stories changed."
    assert damage.startswith(f"{story_url(2)}: ")
    assert "no longer match the digest" in damage
    assert revisions(path, 2) == [("first", [])]
    assert len(revisions(path, 3)) == 2
    again = warta()
    assert again.exit_code == 3  # it is still waiting, and still told
    assert damage in again.stderr


@pytest.mark.parametrize("table", ["readings", "snapshots", "revisions"])
@pytest.mark.parametrize("options", [("--dry-run",), ()])
def test_a_file_whose_pages_were_overwritten_is_reported_in_one_line(
    warta: Warta, rule: Any, path: Path, table: str, options: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4096 : root * 4096] = b"\xaa" * 4096
    path.write_bytes(content)
    rule(CHANGED)
    result = warta(*options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {path}: the database file is damaged\n"


def test_a_page_with_garbled_headers_is_damage_too(warta: Warta, rule: Any, path: Path) -> None:
    with closing(sqlite3.connect(path)) as vandal:
        vandal.execute("UPDATE snapshots SET headers = '{rusak' WHERE id = 2")
        vandal.commit()
    rule(CHANGED)
    result = warta()
    assert result.exit_code == 3
    assert story_url(2) in result.stderr


def test_a_story_that_today_gives_none_is_lost_which_is_reported_and_never_written(
    warta: Warta, rule: Any, path: Path
) -> None:
    rule(SHUT)
    for arguments, told in (
        (["--dry-run"], "0 stories would change. Nothing was written."),
        ([], "0 stories changed."),
    ):
        result = warta(*arguments)
        assert result.exit_code == 3
        assert result.stderr.splitlines() == [
            told,
            "1 page no longer contains a story; what was kept stays.",
        ]
        assert result.stdout.splitlines()[1].split() == ["rmol", "3", "0", "0", "0", "0", "1"]
    assert revisions(path) == [("first", []), ("publisher", ["body"])]
    assert warta().exit_code == 0  # told once


def test_a_lost_story_as_json_is_a_line_too(warta: Warta, rule: Any) -> None:
    rule(SHUT)
    result = warta("--json")
    assert result.exit_code == 3
    (row,) = map(json.loads, result.stdout.splitlines())
    assert (row["url"], row["kind"]) == (story_url(1), "lost")


def test_a_page_that_breaks_the_extractor_does_not_end_the_run(
    warta: Warta, rule: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scraper.ingest import reread

    read_page = reread.read_page

    def broken(page: Any, site: Site) -> Any:
        if page.url == story_url(2):
            raise ZeroDivisionError
        return read_page(page, site)

    monkeypatch.setattr(reread, "read_page", broken)
    rule(CHANGED)
    assert warta().exit_code == 3
    assert [len(revisions(path, number)) for number in (1, 2, 3)] == [3, 1, 2]
