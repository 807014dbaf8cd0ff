"""`warta show --as-of` and `warta log --as-of`: a moment or a day in, the past out, and a word
where it may still grow.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest
from click.testing import Result

from archive import Archive
from tests.archive.invented import DAY, HOUR, NOW, announce, keep, link, story, url_of

Warta = Callable[..., Result]
LATER = (
    "The archive was last written at 2026-11-23T03:04:05+00:00: results as of a later time may"
    " still change.\n"
)


def fill(archive: Archive) -> None:
    """Story 1 kept on the 20th at 03:04:05 UTC, edited an hour and a day later; the archive last
    written on the 23rd.
    """
    announce(archive, link(1))
    keep(archive, story(1))
    keep(archive, story(1, headline="Judul Kedua"), at=NOW + HOUR)
    keep(archive, story(1, headline="Judul Ketiga"), at=NOW + DAY)
    announce(archive, link(2), at=NOW + 3 * DAY)


@pytest.fixture(autouse=True)
def library(path: Path, made: Callable[..., Path]) -> Path:
    return Path(copyfile(made(fill), path))


def revision_shown(result: Result) -> int:
    assert result.exit_code == 0, result.output
    return int(json.loads(result.stdout)["revision"])


@pytest.mark.parametrize(
    ("moment", "revision"),
    [
        ("2026-11-20T03:04:05+00:00", 1),
        ("2026-11-20T10:04:05+07:00", 1),
        ("2026-11-20T03:04:05Z", 1),
        ("2026-11-20T04:04:04.999999+00:00", 1),
        ("2026-11-20T04:04:05+00:00", 2),
        ("2026-11-20 05:00+00:00", 2),
        ("2026-11-20", 2),
        ("20261120", 2),
        ("2026-11-21", 3),
        ("2026-11-22", 3),
    ],
)
def test_show_takes_a_time_or_a_day_which_is_its_end(
    warta: Warta, moment: str, revision: int
) -> None:
    result = warta("show", "1", options=("--as-of", moment, "--json"))
    assert revision_shown(result) == revision
    assert result.stderr == ""


def test_show_prints_the_text_of_that_time(warta: Warta) -> None:
    assert "Judul Kedua" in warta("show", "1", options=("--as-of", "2026-11-20")).stdout


def test_log_lists_what_there_was(warta: Warta) -> None:
    result = warta("log", "1", options=("--as-of", "2026-11-20", "--json"))
    assert [json.loads(line)["number"] for line in result.stdout.splitlines()] == [1, 2]
    assert "Judul Ketiga" not in warta("log", "1", options=("--as-of", "2026-11-20")).stdout


@pytest.mark.parametrize("command", ["show", "log"])
@pytest.mark.parametrize(
    "moment", ["2026-11-23T03:04:05+00:00", "2026-11-23", "2031-01-01", "9999-12-31T23:59:59-07:00"]
)
def test_a_time_that_may_still_grow_is_reported_beside_the_data(
    warta: Warta, command: str, moment: str
) -> None:
    result = warta(command, "1", options=("--as-of", moment, "--json"))
    assert result.exit_code == 0
    assert result.stderr == LATER
    assert json.loads(result.stdout.splitlines()[-1])["headline"] == "Judul Ketiga"


@pytest.mark.parametrize("command", ["show", "log"])
@pytest.mark.parametrize(
    "moment",
    [
        "",
        "kemarin",
        "2026-13-01",
        "2026-11-31",
        "2026-11-20T03:04:05",
        "2026-11-20T25:00:00+07:00",
        "1.5",
        "20-11-2026",
        "\udcff",
    ],
)
def test_what_is_no_time_is_wrong_usage(warta: Warta, command: str, moment: str) -> None:
    result = warta(command, "1", options=("--as-of", moment))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "2026-01-31T08:00:00+07:00" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["show", "log"])
@pytest.mark.parametrize("reference", ["1", "kabar-1", url_of(1)])
@pytest.mark.parametrize(
    "moment", ["2026-11-20T03:04:04+00:00", "2026-11-19", "0001-01-01T00:00:00+07:00"]
)
def test_a_story_that_was_not_there_yet_is_reported_in_one_line(
    warta: Warta, command: str, reference: str, moment: str
) -> None:
    result = warta(command, reference, options=("--as-of", moment))
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        result.stderr
        == f"Error: {reference}: no article in the archive as of that time has this URL, story id"
        " or number\n"
    )


def test_an_empty_archive_says_that_it_is_empty(warta: Warta, tmp_path: Path) -> None:
    Archive(tmp_path / "kosong.db").close()
    result = warta("show", "1", archive=tmp_path / "kosong.db", options=("--as-of", "2026-11-20"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        result.stderr.splitlines()[0]
        == "The archive is empty: results as of a later time may still change."
    )
