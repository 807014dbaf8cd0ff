"""`warta reextract`: kept pages are read again with today's rules; what differs then is our change, never the newsroom's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from archive.entries import Announcement
from archive.takedown import take_down
from archive.verification import verify
from scraper import reextraction
from scraper.cli import main
from scraper.site import Site
from tests.crawl.conftest import PROSE, story_url
from tests.scraper.kept import CHANGED, DAY, HOUR, NOW, REDESIGNED, SHUT, SITE, crawled, gone, page_of

Warta = Callable[..., Result]
EDITED = (PROSE[0] + " Ralat redaksi menyusul.", *PROSE[1:])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "news.db"


@pytest.fixture
def archive(path: Path) -> Archive:
    """Three stories, the first of them edited; closed by the tests' own readings."""
    with Archive(path) as opened:
        for number in (1, 2, 3):
            crawled(opened, page_of(number))
        crawled(opened, page_of(1, prose=EDITED, at=NOW + HOUR))
    return opened


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> Callable[[Site], None]:
    """Make `site` today's profile of rmol.id."""

    def change(site: Site) -> None:
        for module in ("scraper.reextraction", "scraper.commands.reextract"):
            monkeypatch.setattr(f"{module}.sites", lambda: {"rmol": site})

    return change


@pytest.fixture
def warta(path: Path) -> Warta:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["reextract", "--archive", str(path), "-j", "1", *arguments])

    return run


def rows(path: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with Archive(path, read_only=True) as archive:
        return archive.db.conn.execute(statement, values).fetchall()


def revisions(path: Path, number: int = 1) -> list[tuple[str, list[str]]]:
    found = rows(path, "SELECT kind, changed FROM history WHERE url = ? ORDER BY number", story_url(number))
    return [(kind, json.loads(changed)) for kind, changed in found]


def fine(result: Result) -> Result:
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def is_sound(path: Path) -> bool:
    with Archive(path, read_only=True) as archive:
        return all(finding.ok for finding in verify(archive))


pytestmark = pytest.mark.usefixtures("archive")


# Judging a rule


def test_a_dry_run_says_how_many_stories_would_change_in_which_fields_and_shows_some(warta: Warta, rule: Any) -> None:
    rule(CHANGED)
    result = fine(warta("--dry-run"))
    assert result.stderr == "3 stories would change. Nothing was written.\n"
    head, row, *samples = result.stdout.splitlines()
    assert head.split()[:3] == ["site", "pages", "read"]
    assert row.split() == ["rmol", "3", "3", "0", "0", "0", "0", "body", "3"]
    assert [line for line in samples if line.startswith("https://")] == [f"{story_url(number)} (technical)" for number in (1, 2, 3)]
    assert samples.count("  body: Warga Kampung Damar memperbaiki saluran  … ilir tetap mendapat air setiap hari. (2) [-") == 1
    assert samples.count(f"{PROSE[2]} (2)-]") == 1


def test_a_dry_run_writes_nothing(warta: Warta, rule: Any, path: Path) -> None:
    before = path.read_bytes()
    rule(CHANGED)
    fine(warta("--dry-run"))
    assert path.read_bytes() == before


def test_a_dry_run_on_a_read_only_medium_is_possible(rule: Any, path: Path, tmp_path: Path) -> None:
    medium = tmp_path / "cakram"
    medium.mkdir()
    path.rename(medium / path.name)
    (medium / path.name).chmod(0o400)
    medium.chmod(0o500)
    rule(CHANGED)
    try:
        result = CliRunner().invoke(main, ["reextract", "--archive", str(medium / path.name), "--dry-run"])
        assert fine(result).stderr.startswith("3 stories would change.")
    finally:
        medium.chmod(0o700)


@pytest.mark.parametrize(("samples", "shown"), [("0", 0), ("1", 1), ("2", 2), ("99", 3)])
def test_so_many_samples_are_shown(warta: Warta, rule: Any, samples: str, shown: int) -> None:
    rule(CHANGED)
    result = fine(warta("--dry-run", "--samples", samples))
    assert sum(line.startswith("https://") for line in result.stdout.splitlines()) == shown


def test_without_a_change_of_rules_there_is_nothing_to_read(warta: Warta, path: Path) -> None:
    before = path.read_bytes()
    result = fine(warta("--dry-run", "--site", "rmol"))
    assert result.stderr == "0 stories would change. Nothing was written.\n"
    assert result.stdout.splitlines()[1].split()[:2] == ["rmol", "0"]
    assert path.read_bytes() == before


# Writing


def test_what_reads_otherwise_becomes_a_technical_revision_and_nothing_else(warta: Warta, rule: Any, path: Path) -> None:
    rule(CHANGED)
    result = fine(warta())
    assert result.stderr == "3 stories changed.\n"
    assert revisions(path) == [("first", []), ("publisher", ["body"]), ("technical", ["body"])]
    assert revisions(path, 2) == revisions(path, 3) == [("first", []), ("technical", ["body"])]
    assert rows(path, "SELECT count(*) FROM latest WHERE body LIKE '%Pekerjaan ditargetkan%'") == [(0,)]
    assert is_sound(path)


def test_a_technical_revision_names_the_same_page_and_leaves_the_ledger_alone(warta: Warta, rule: Any, path: Path) -> None:
    before = rows(path, "SELECT * FROM urls"), rows(path, "SELECT * FROM checks"), rows(path, "SELECT * FROM snapshots")
    rule(CHANGED)
    fine(warta())
    assert (rows(path, "SELECT * FROM urls"), rows(path, "SELECT * FROM checks"), rows(path, "SELECT * FROM snapshots")) == before
    pages = rows(path, "SELECT kind, snapshot_id FROM history WHERE url = ? ORDER BY number", story_url(1))
    assert pages[1][1] == pages[2][1] != pages[0][1]


def test_what_stood_before_stands_as_it_was(warta: Warta, rule: Any, path: Path) -> None:
    def past() -> list[tuple[Any, ...]]:
        with Archive(path, read_only=True) as archive, archive.as_of(NOW + DAY) as then:
            found = ("latest", "history", "ledger")
            return [row for view in found for row in then.db.conn.execute(f"SELECT * FROM {view}").fetchall()]

    before = past()
    rule(CHANGED)
    fine(warta())
    assert past() == before


def test_a_second_run_reads_nothing_and_writes_nothing(warta: Warta, rule: Any, path: Path) -> None:
    rule(CHANGED)
    fine(warta())
    before = path.read_bytes()
    assert fine(warta()).stderr == "0 stories changed.\n"
    assert path.read_bytes() == before


def test_all_reads_again_what_was_read_and_writes_nothing_new(warta: Warta, rule: Any, path: Path) -> None:
    rule(CHANGED)
    fine(warta())
    before = revisions(path)
    result = fine(warta("--all", "--json"))
    assert result.stdout == ""
    assert fine(warta("--all")).stdout.splitlines()[1].split()[:2] == ["rmol", "3"]
    assert revisions(path) == before


def test_a_rule_that_is_taken_back_brings_the_earlier_text_back_and_names_it(warta: Warta, rule: Any, path: Path) -> None:
    rule(CHANGED)
    fine(warta())
    rule(SITE)
    fine(warta())
    assert rows(path, "SELECT kind, returns_to FROM history WHERE url = ? ORDER BY number", story_url(2)) == [
        ("first", None), ("technical", None), ("technical", 1),
    ]  # fmt: skip


def test_the_search_finds_what_the_stories_say_now(warta: Warta, rule: Any, path: Path) -> None:
    rule(CHANGED)
    fine(warta())
    done = CliRunner().invoke(main, ["search", "--archive", str(path), "--json", "ditargetkan"])
    assert done.stdout == ""


def test_as_json_it_is_a_line_a_change(warta: Warta, rule: Any) -> None:
    rule(CHANGED)
    first, *_others = found = [json.loads(line) for line in fine(warta("--json")).stdout.splitlines()]
    assert [(row["site"], row["url"], row["kind"], row["changed"]) for row in found] == [
        ("rmol", story_url(number), "technical", ["body"]) for number in (1, 2, 3)
    ]
    ((body),) = first["edits"]
    assert body["field"] == "body"
    removed = "".join(run["text"] for run in body["edits"] if run["kind"] == "removed")
    assert removed.strip().startswith("Pekerjaan ditargetkan")


def test_a_site_that_nobody_knows_is_wrong_usage(warta: Warta) -> None:
    result = warta("--site", "tidak-ada")
    assert result.exit_code == 2
    assert "no site is called tidak-ada" in result.stderr


def test_only_the_sites_that_were_named_are_read(warta: Warta, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("scraper.reextraction", "scraper.commands.reextract"):
        monkeypatch.setattr(f"{module}.sites", lambda: {"rmol": CHANGED, "suara": SITE})
    assert fine(warta("--site", "suara")).stderr == "0 stories changed.\n"
    assert fine(warta("--site", "suara", "--site", "rmol")).stderr == "3 stories changed.\n"


def test_since_a_day_means_from_its_beginning(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(4, at=NOW - DAY))
    rule(CHANGED)
    assert fine(warta("--dry-run", "--since", "2026-11-21")).stderr.startswith("0 stories")
    assert fine(warta("--dry-run", "--since", "2026-11-20")).stderr.startswith("3 stories")
    assert fine(warta("--dry-run", "--since", "2026-11-19")).stderr.startswith("4 stories")
    assert fine(warta("--dry-run", "--since", "2026-11-20T04:00:00+00:00")).stderr.startswith("1 story")


def test_a_missing_archive_is_told_and_not_made(rule: Any, tmp_path: Path) -> None:
    for arguments in ([], ["--dry-run"]):
        result = CliRunner().invoke(main, ["reextract", "--archive", str(tmp_path / "tidak-ada.db"), *arguments])
        assert result.exit_code == 1
        assert "there is no archive here" in result.stderr
    assert not (tmp_path / "tidak-ada.db").exists()


# What cannot be read


def test_a_damaged_page_is_told_and_counted_and_the_others_go_on(warta: Warta, rule: Any, path: Path) -> None:
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


def test_a_page_with_garbled_headers_is_damage_too(warta: Warta, rule: Any, path: Path) -> None:
    with closing(sqlite3.connect(path)) as vandal:
        vandal.execute("UPDATE snapshots SET headers = '{rusak' WHERE id = 2")
        vandal.commit()
    rule(CHANGED)
    result = warta()
    assert result.exit_code == 3
    assert story_url(2) in result.stderr


def test_a_story_that_today_gives_none_is_lost_which_is_told_and_never_written(warta: Warta, rule: Any, path: Path) -> None:
    rule(SHUT)
    for arguments, told in ((["--dry-run"], "0 stories would change. Nothing was written."), ([], "0 stories changed.")):
        result = warta(*arguments)
        assert result.exit_code == 3
        assert result.stderr.splitlines() == [told, "1 page gives no story any more; what was kept stays."]
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
    from scraper import replay

    read_page = replay.read_page

    def broken(page: Any, site: Site) -> Any:
        if page.url == story_url(2):
            raise ZeroDivisionError
        return read_page(page, site)

    monkeypatch.setattr(replay, "read_page", broken)
    rule(CHANGED)
    assert warta().exit_code == 3
    assert [len(revisions(path, number)) for number in (1, 2, 3)] == [3, 1, 2]


# Pages that gave no story at their time

SHORT = PROSE[:1]
"""In a layout that nobody knows, no more than a line: no story."""


def ledger(path: Path, number: int) -> tuple[Any, ...]:
    ((state, reason, article, due),) = rows(
        path, "SELECT state, reason, article_id, next_check_at IS NOT NULL FROM ledger WHERE url = ?", story_url(number)
    )
    return state, reason, article is not None, bool(due)


def test_a_page_that_gave_no_story_becomes_one_that_is_due(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        assert crawled(archive, page_of(7, prose=SHORT, redesigned=True)) is None
    assert ledger(path, 7) == ("failed", "no_body", False, False)
    rule(REDESIGNED)
    dry = fine(warta("--dry-run"))
    assert dry.stdout.splitlines()[1].split() == ["rmol", "4", "0", "0", "0", "1", "0"]
    fine(warta())
    assert revisions(path, 7) == [("first", [])]
    assert ledger(path, 7) == ("kept", None, True, True)
    assert is_sound(path)


def test_a_page_that_broke_the_extractor_becomes_a_story(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(7), breaks=True)
    rule(REDESIGNED)
    fine(warta())
    assert revisions(path, 7) == [("first", [])]


def test_a_page_after_a_redesign_becomes_the_newsrooms_edit_where_its_text_differs(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        assert crawled(archive, page_of(2, prose=EDITED, redesigned=True, at=NOW + DAY)) is None
    assert ledger(path, 2)[:2] == ("failed", "layout_missed")
    rule(REDESIGNED)
    fine(warta())
    assert revisions(path, 2) == [("first", []), ("publisher", ["body"])]
    assert ledger(path, 2) == ("kept", None, True, True)


def test_a_page_after_a_redesign_whose_text_is_the_same_makes_its_url_due_again(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, redesigned=True, at=NOW + DAY))
    rule(REDESIGNED)
    assert fine(warta()).stderr == "0 stories changed.\n"
    assert revisions(path, 2) == [("first", [])]
    assert ledger(path, 2) == ("kept", None, True, True)


def test_our_change_and_the_newsrooms_are_two_revisions(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, headline="Judul Sesudah Perbaikan", redesigned=True, at=NOW + DAY))
    rule(replace(REDESIGNED, rules=CHANGED.rules))
    dry = [json.loads(line) for line in fine(warta("--dry-run", "--json")).stdout.splitlines()]
    assert [(row["kind"], row["changed"]) for row in dry if row["url"] == story_url(2)] == [
        ("technical", ["body"]), ("publisher", ["headline"]),
    ]  # fmt: skip
    fine(warta())
    assert revisions(path, 2) == [("first", []), ("technical", ["body"]), ("publisher", ["headline"])]


def test_two_changes_of_one_story_are_one_story_that_changed(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, headline="Judul Sesudah Perbaikan", redesigned=True, at=NOW + DAY))
    rule(replace(REDESIGNED, rules=CHANGED.rules))
    assert fine(warta("--dry-run")).stderr.startswith("3 stories")
    assert fine(warta()).stderr == "3 stories changed.\n"


def test_a_story_with_a_page_missing_from_the_beginning_is_read_again_like_any_other(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        crawled(archive, replace(page_of(7), missing_parts=1))
    rule(CHANGED)
    fine(warta())
    assert revisions(path, 7) == [("first", []), ("technical", ["body"])]


def test_pages_of_several_times_are_written_in_their_order(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        for hours, headline in enumerate(("Judul Pertama", "Judul Kedua", "Judul Ketiga")):
            crawled(archive, page_of(7, headline=headline, at=NOW + hours * HOUR), breaks=True)
    rule(REDESIGNED)
    fine(warta())
    assert revisions(path, 7) == [("first", []), ("publisher", ["headline"]), ("publisher", ["headline"])]
    assert rows(path, "SELECT headline FROM latest WHERE url = ?", story_url(7)) == [("Judul Ketiga",)]


def test_other_addresses_of_a_story_that_is_found_today_are_told_which_it_is(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        with archive.transaction():
            links = [Announcement(url=story_url(7, slug=slug), key="700007") for slug in ("saluran-air", "lain")]
            archive.ledger.announce("rmol", links, source="umpan", now=NOW)
        crawled(archive, page_of(7, prose=SHORT, redesigned=True))
    rule(REDESIGNED)
    fine(warta())
    assert rows(path, "SELECT count(*) FROM ledger WHERE article_id IS NULL") == [(0,)]


def test_a_notice_after_a_story_that_is_only_found_today_is_no_edit_of_it(warta: Warta, rule: Any, path: Path) -> None:
    notice = tuple(f"Pemberitahuan nomor {number}: kami sedang memindahkan arsip ke gedung baru di tepi sungai." for number in range(5))
    with Archive(path) as archive:
        crawled(archive, page_of(7, prose=SHORT, redesigned=True))
        body = page_of(7, prose=notice).body.replace(b'id="fontResizableText"', b'id="lain"')
        crawled(archive, replace(page_of(7, at=NOW + HOUR), body=body), breaks=True)
    rule(REDESIGNED)
    warta()
    assert revisions(path, 7) == [("first", [])]


def test_a_removed_story_is_not_brought_back_by_older_evidence(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, prose=EDITED, redesigned=True, at=NOW + HOUR))
        gone(archive, 2, at=NOW + DAY)
    rule(REDESIGNED)
    fine(warta())
    assert revisions(path, 2) == [("first", []), ("removed", [])]


def test_a_removed_story_whose_text_reads_otherwise_stays_removed(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        gone(archive, 2, at=NOW + DAY)
    rule(CHANGED)
    fine(warta())
    assert [kind for kind, _changed in revisions(path, 2)] == ["first", "removed", "technical"]
    assert rows(path, "SELECT removed_at IS NOT NULL FROM latest WHERE url = ?", story_url(2)) == [(1,)]


def test_a_removed_story_is_restored_by_a_later_page_that_only_today_can_be_read(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        gone(archive, 2, at=NOW + HOUR)
        for days in (1, 2):
            crawled(archive, page_of(2, redesigned=True, at=NOW + days * DAY))
    rule(REDESIGNED)
    dry = [json.loads(line)["kind"] for line in fine(warta("--dry-run", "--json")).stdout.splitlines()]
    assert dry == ["restored"]
    fine(warta())
    assert [kind for kind, _changed in revisions(path, 2)] == ["first", "removed", "restored"]


def test_a_story_that_was_taken_down_is_left_alone(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        take_down(archive, "rmol", "700002", url=story_url(2), reason="diminta", now=NOW + DAY)
    rule(CHANGED)
    assert fine(warta()).stderr == "2 stories changed.\n"
    assert revisions(path, 2) == []
    assert is_sound(path)


# A crawl that comes between reading and writing


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch, path: Path) -> Callable[[Callable[[Archive], object]], None]:
    """Let something happen after the pages were read and before the first is written."""

    def arrange(happens: Callable[[Archive], object]) -> None:
        read = reextraction._read

        def then(*given: Any) -> Any:
            found = read(*given)
            with Archive(path) as other:
                happens(other)
            return found

        monkeypatch.setattr(reextraction, "_read", then)

    return arrange


def test_a_crawl_that_edits_in_between_wins_over_the_newest_page(warta: Warta, rule: Any, path: Path, between: Any) -> None:
    rule(CHANGED)
    between(lambda other: crawled(other, page_of(2, headline="Judul Sesudah Perbaikan", at=NOW + DAY), site=CHANGED))
    fine(warta())
    assert revisions(path, 2) == [("first", []), ("technical", ["body"]), ("publisher", ["headline"])]


def test_a_crawl_that_keeps_in_between_wins_over_older_evidence(warta: Warta, rule: Any, path: Path, between: Any) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, prose=EDITED, redesigned=True, at=NOW + HOUR))
        crawled(archive, page_of(7, prose=SHORT, redesigned=True))
    rule(REDESIGNED)

    def crawl(other: Archive) -> None:
        crawled(other, page_of(2, headline="Judul Sesudah Perbaikan", at=NOW + DAY), site=REDESIGNED)
        crawled(other, page_of(7, headline="Judul Sesudah Perbaikan", at=NOW + DAY), site=REDESIGNED)

    between(crawl)
    fine(warta())
    assert revisions(path, 2) == [("first", []), ("publisher", ["headline"])]
    assert revisions(path, 7) == [("first", [])]


def test_a_removal_in_between_is_not_undone_by_older_evidence(warta: Warta, rule: Any, path: Path, between: Any) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, prose=EDITED, redesigned=True, at=NOW + HOUR))
    rule(REDESIGNED)
    between(lambda other: gone(other, 2, at=NOW + DAY))
    fine(warta())
    assert revisions(path, 2) == [("first", []), ("removed", [])]


def test_a_take_down_in_between_stands(warta: Warta, rule: Any, path: Path, between: Any) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, prose=EDITED, redesigned=True, at=NOW + HOUR))
        crawled(archive, page_of(7, prose=SHORT, redesigned=True))
    rule(REDESIGNED)

    def remove(other: Archive) -> None:
        for number in (1, 2, 7):
            take_down(other, "rmol", f"70000{number}", url=story_url(number), reason="diminta", now=NOW + DAY)

    between(remove)
    fine(warta())
    assert rows(path, "SELECT DISTINCT url FROM history") == [(story_url(3),)]
    assert is_sound(path)
