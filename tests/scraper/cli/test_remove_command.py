"""`warta remove`: what it takes, what it tells, and what the other commands say afterwards."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from archive import Archive
from tests.archive.invented import announce, link, rows, url_of
from tests.archive.removals import REASON, filled, packed_pages, removed, traces

Warta = Callable[..., Result]


def run(warta: Warta, number: int | str = 3, *options: str) -> Result:
    reference = url_of(number) if isinstance(number, int) else number
    return warta("remove", reference, options=("--reason", REASON, *options))


def test_remove_tells_what_it_erased(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        filled(archive)
        packed = packed_pages(archive)
    result = run(warta)
    assert (result.exit_code, result.stdout) == (0, "")
    assert (
        result.stderr
        == "Erased 2 revisions and 2 kept pages; 2 addresses will never be requested again.\n"
    )
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
    result = run(warta)
    assert result.exit_code == 0
    assert (
        f"It was taken down before, on 2026-11-21T03:04:05+00:00, and that reason stays: {REASON}."
        in result.stderr
    )


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
