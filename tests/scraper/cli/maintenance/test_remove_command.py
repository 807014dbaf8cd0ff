"""`warta remove`: what it takes, what it tells, and what the other commands say afterwards."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from archive import Archive
from archive.maintenance.takedown import Story, take_down_all
from archive.maintenance.verify import verify
from tests.archive.invented import DAY, NOW, SITE, announce, keep, link, rows, story, url_of
from tests.archive.removals import REASON, SECRETS, filled, packed_pages, removed, traces
from tests.archive.syndication.wire import WIRE
from tests.questions import dialogue

Warta = Callable[..., Result]


def run(warta: Warta, number: int | str = 3, *options: str) -> Result:
    reference = url_of(number) if isinstance(number, int) else number
    return warta("remove", reference, options=("--reason", REASON, "--yes", *options))


def test_remove_tells_what_it_erased(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        filled(archive)
        packed = packed_pages(archive)
    result = run(warta)
    assert (result.exit_code, result.stdout) == (0, "")
    assert re.sub(r"\d+ B", "SIZE", result.stderr).splitlines() == [
        SECRETS[1][:20],
        f"  {url_of(3)}",
        "  2 revisions, 2 kept pages (SIZE with the texts), 2 addresses",
        "Erased 2 revisions and 2 kept pages; 2 addresses will never be requested again.",
    ]
    assert traces(path, packed) == []


@pytest.mark.parametrize(
    "reference", ["3", "kabar-3", url_of(3) + "?utm_source=x#atas", url_of(90)]
)
def test_remove_takes_any_name_of_the_story(path: Path, warta: Warta, reference: str) -> None:
    with Archive(path) as archive:
        filled(archive)
    assert run(warta, reference).exit_code == 0
    assert traces(path) == []


def test_remove_can_leave_the_rewriting_to_compact(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        filled(archive)
        packed = packed_pages(archive)
    result = run(warta, 3, "--defer-compact")
    assert "Traces may remain in unused space of the file until `warta compact`." in result.stderr
    assert warta("compact").exit_code == 0
    assert traces(path, packed) == []


def test_remove_a_second_time_says_when_and_why_it_was_the_first(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        filled(archive)
        removed(archive)
    result = warta("remove", "3", options=("--reason", "lagi"))
    assert (result.exit_code, result.stdout) == (0, "")
    before = "it was taken down before, on 2026-11-21T03:04:05+00:00"
    assert result.stderr == f"{url_of(3)}: {before}: {REASON}; nothing to erase.\n"


def test_remove_of_an_address_that_only_a_profile_knows(path: Path, warta: Warta) -> None:
    Archive(path).close()
    address = "https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan"
    assert run(warta, address).exit_code == 0
    with Archive(path) as archive:
        ((site, key, url),) = rows(archive, "SELECT site, key, url FROM tombstones")
        assert (site, url) == ("rmol", address)
        other_slug = link(1, url=address.replace("pangan", "padi"), key=key)
        assert announce(archive, other_slug, site="rmol") == []


@pytest.mark.parametrize(
    "reference", ["99", "tidak-ada", "https://www.kabar.example/berita/404", "", "https://["]
)
def test_remove_of_an_unknown_story_is_reported_plainly(
    path: Path, warta: Warta, reference: str
) -> None:
    with Archive(path) as archive:
        filled(archive)
    result = run(warta, reference)
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        result.stderr
        == f"Error: {reference}: no article in the archive has this URL, story id or number\n"
    )


@pytest.mark.parametrize("options", [(), ("--reason", ""), ("--reason", " \n")])
def test_remove_without_a_reason_is_wrong_usage(
    path: Path, warta: Warta, options: tuple[str, ...]
) -> None:
    with Archive(path) as archive:
        filled(archive)
    result = warta("remove", "3", options=options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--reason" in result.stderr
    with Archive(path, read_only=True) as archive:
        assert rows(archive, "SELECT count(*) FROM revisions WHERE article_id = 3") == [(2,)]


def test_a_reader_that_holds_the_old_state_is_reported(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        filled(archive)
    reader = sqlite3.connect(path)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM revisions").fetchone()
        result = run(warta)
    finally:
        reader.close()
    assert result.exit_code == 0
    assert (
        "Another program still reads an older state: run `warta compact` once it has ended."
        in result.stderr
    )


@pytest.mark.parametrize("command", ["show", "log", "diff"])
def test_the_commands_say_that_a_story_was_taken_down(
    path: Path, warta: Warta, command: str
) -> None:
    with Archive(path) as archive:
        filled(archive)
        removed(archive)
    for reference in ("3", url_of(3), url_of(90), "kabar-3"):
        result = warta(command, reference)
        assert (result.exit_code, result.stdout) == (1, "")
        assert (
            result.stderr
            == f"Error: article 3 was taken down here on 2026-11-21T03:04:05+00:00: {REASON}\n"
        )


def test_explain_tells_of_the_removal(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        filled(archive)
        removed(archive)
    lines = warta("explain", url_of(3)).stdout.splitlines()
    never = "the story was taken down here (`warta remove`); it is never requested again."
    assert lines[1] == f"Site kabar, state refused: {never}"
    assert lines[2].startswith("The reason given: ")
    assert "Taken down here 2026-11-21T03:04:05+00:00." in lines
    assert lines[-1] == "It was article 3; its texts are erased."


def test_stats_no_longer_count_it(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        filled(archive)
        removed(archive)
    ours, _whole = (
        json.loads(line) for line in warta("stats", options=("--json",)).stdout.splitlines()
    )
    assert [
        ours[name] for name in ("articles", "revisions", "opted_out", "removed", "snapshots")
    ] == [14, 14, 0, 0, 14]


# What it shows and asks


def count(path: Path) -> int:
    with Archive(path, read_only=True) as archive:
        return len(rows(archive, "SELECT id FROM revisions"))


def test_where_stdin_is_no_terminal_nothing_is_erased_without_yes(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        filled(archive)
    before = count(path)
    result = warta("remove", "3", options=("--reason", REASON))
    assert (result.exit_code, result.stdout) == (2, "")
    *_usage, line = result.stderr.splitlines()
    assert "nothing was erased: stdin is no terminal; --yes" in line
    assert count(path) == before


@pytest.mark.processes
@pytest.mark.parametrize("typed", ["n\n", "\n", "\x04", "\x03"], ids=["no", "enter", "^D", "^C"])
def test_whatever_is_answered_but_yes_erases_nothing(path: Path, typed: str) -> None:
    with Archive(path) as archive:
        filled(archive)
    before = count(path)
    held = dialogue("remove", "3", "--reason", REASON, "--archive", str(path), typed=typed)
    assert (held.code, held.stdout) == (130, "")
    assert held.terminal.endswith("\nStopped; nothing was erased.\n")
    assert count(path) == before


@pytest.mark.processes
def test_a_yes_on_the_terminal_erases_what_was_shown(path: Path) -> None:
    with Archive(path) as archive:
        filled(archive)
    held = dialogue("remove", "3", "4", "--reason", REASON, "--archive", str(path), typed="y\n")
    assert (held.code, held.stdout) == (0, "")
    assert f"  {url_of(3)}\n" in held.terminal
    assert "Erase these 2 stories for good? [y/N]: y\nErased 3 revisions and 3" in held.terminal
    assert traces(path) == []


def test_a_dry_run_shows_what_would_go_and_erases_nothing(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        filled(archive)
    before = count(path)
    result = warta("remove", "3", options=("--reason", REASON, "--dry-run"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "2 revisions, 2 kept pages" in result.stderr
    assert "Erased" not in result.stderr
    assert count(path) == before


def test_the_cluster_and_its_other_members_are_named(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        for number, site in enumerate(("kabar", "berita", "warta"), 1):
            keep(archive, story(number, site=site, body=WIRE))
    result = run(warta, "2")
    assert "member of cluster 1, whose 2 other stories stay" in result.stderr
    with Archive(path, read_only=True) as archive:
        assert rows(archive, "SELECT article_id FROM syndication ORDER BY 1") == [(1,), (3,)]


def test_a_hostile_headline_is_shown_as_text(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        keep(archive, story(1, headline="Banjir\x1b[2J \u202eturus"))
    first, *_others = run(warta, "1").stderr.splitlines()
    assert "\x1b" not in first
    assert "\u202e" not in first


# Several stories


def test_several_stories_go_together_each_once(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        filled(archive)
        packed = packed_pages(archive)
    result = warta("remove", "3", url_of(90), url_of(4), "5", options=("--reason", REASON, "--yes"))
    assert result.exit_code == 0, result.output
    assert "Erased 4 revisions and 4 kept pages; 4 addresses" in result.stderr
    assert traces(path, packed) == []
    with Archive(path, read_only=True) as archive:
        times = rows(archive, "SELECT article_id, taken_down_at FROM tombstones ORDER BY 1")
        assert [number for number, _at in times] == [3, 4, 5]
        assert len({at for _number, at in times}) == 1
        assert [finding for finding in verify(archive) if not finding.ok] == []


@pytest.mark.parametrize("unknown", ["99", "https://www.kabar.example/berita/404"])
def test_one_unknown_story_among_several_keeps_all(path: Path, warta: Warta, unknown: str) -> None:
    with Archive(path) as archive:
        filled(archive)
    before = count(path)
    result = warta("remove", "3", unknown, "4", options=("--reason", REASON, "--yes"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {unknown}: no article in the archive has")
    assert count(path) == before


def test_a_failure_at_the_second_story_keeps_the_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive(path) as archive:
        filled(archive)
        erase, erased = archive.history.erase, []

        def fail_later(number: int) -> int:
            erased.append(number)
            if len(erased) == 2:
                raise OSError("dicabut")
            return erase(number)

        monkeypatch.setattr(archive.history, "erase", fail_later)
        stories = [Story(site=SITE, key=f"{SITE}-{n}", url=url_of(n)) for n in (3, 4)]
        with pytest.raises(OSError, match="dicabut"):
            take_down_all(archive, stories, reason=REASON, now=NOW + DAY)
        assert rows(archive, "SELECT count(*) FROM tombstones") == [(0,)]
        assert rows(archive, "SELECT count(*) FROM revisions WHERE article_id IN (3, 4)") == [(3,)]


def test_of_several_stories_only_those_with_something_to_erase_are_counted(
    path: Path, warta: Warta
) -> None:
    with Archive(path) as archive:
        filled(archive)
    assert run(warta).exit_code == 0
    both = warta("remove", "3", "4", options=("--reason", "lagi", "--yes"))
    assert both.exit_code == 0, both.output
    assert "nothing to erase" in both.stderr
    assert "Erased 1 revision" in both.stderr
