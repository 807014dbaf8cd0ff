"""`warta clusters`, `warta cluster` and `warta syndication`: data on stdout, messages on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from archive import Archive
from scraper.cli.main import main
from tests.archive.invented import DAY, HOUR, NOW, WIB, rows, url_of
from tests.archive.syndication.syndicated import members, ran, wire_on_three_sites
from tests.archive.syndication.wire import REWRITTEN, WIRE

Warta = Callable[..., Result]
JSON = ("--json",)


def fill(archive: Archive) -> None:
    """The wire story on three sites, a repeat of another one a day later, an own story."""
    wire_on_three_sites(archive)
    ran(
        archive,
        REWRITTEN,
        site="berita",
        number=2,
        published=(NOW + DAY).astimezone(WIB),
        headline="Waduk [baru]",
    )
    ran(archive, REWRITTEN, site="berita", number=3, published=NOW + DAY + HOUR)
    ran(archive, "Foto: istimewa", site="kabar", number=4)


@pytest.fixture
def library(path: Path, made: Callable[..., Path]) -> Path:
    return Path(copyfile(made(fill), path))


def lines(result: Result) -> list[dict[str, Any]]:
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


# clusters


def test_clusters_lists_the_newest_first(warta: Warta, library: Path) -> None:
    assert lines(warta("clusters", options=JSON)) == [
        {
            "cluster_id": 4,
            "members": 2,
            "sites": ["berita"],
            "relations": {"repeat": 1},
            "agency": None,
            "first_site": "berita",
            "first_published_at": "2026-11-21T10:04:05+07:00",
            "minutes": 60,
            "headline": "Waduk [baru]",
            "url": url_of(2, site="berita"),
        },
        {
            "cluster_id": 1,
            "members": 3,
            "sites": ["berita", "kabar", "warta"],
            "relations": {"edited": 1, "excerpt": 1},
            "agency": "ANTARA",
            "first_site": "kabar",
            "first_published_at": "2026-11-20T03:04:05+00:00",
            "minutes": 30,
            "headline": "Pasar Tanjung Ramai Lagi (1)",
            "url": url_of(1),
        },
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--min-size", "3"), [1]),
        (("--min-size", "4"), []),
        (("--site", "kabar"), [1]),
        (("--site", "berita"), [4, 1]),
        (("--site", "kabar", "--site", "Berita"), [4, 1]),
        (("--since", "2026-11-21"), [4]),
        (("--since", "2026-11-20"), [4, 1]),
        (("--since", "2026-11-20T10:34:05+07:00"), [4, 1]),
        (("--since", "2026-11-20T10:34:06+07:00"), [4]),
    ],
)
def test_clusters_can_be_narrowed(
    warta: Warta, library: Path, options: tuple[str, ...], found: list[int]
) -> None:
    assert [
        row["cluster_id"] for row in lines(warta("clusters", options=(*JSON, *options)))
    ] == found


@pytest.mark.parametrize(
    "options", [("--min-size", "1"), ("--since", "kemarin"), ("--since", "2026-11-20T10:00:00")]
)
def test_clusters_narrowed_by_what_is_no_number_or_time_is_wrong_usage(
    warta: Warta, library: Path, options: tuple[str, ...]
) -> None:
    assert warta("clusters", options=options).exit_code == 2


def test_clusters_prints_a_line_a_cluster_in_a_pipe(warta: Warta, library: Path) -> None:
    result = warta("clusters")
    head, newest, wire = result.stdout.splitlines()
    assert "minutes to the last" in head
    assert "Waduk [baru]" in newest
    assert "berita, kabar, warta" in wire
    assert result.stderr == ""


def test_clusters_of_an_archive_without_any_says_so_beside_the_data(
    warta: Warta, path: Path
) -> None:
    Archive(path).close()
    result = warta("clusters")
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "",
        "No story was published more than once.\n",
    )
    assert lines(warta("clusters", options=JSON)) == []


def test_clusters_says_how_many_articles_are_not_placed_yet(warta: Warta, library: Path) -> None:
    with Archive(library) as archive, archive.transaction(NOW):
        archive.db.conn.execute(
            "UPDATE texts SET algorithm = 'lain/0' WHERE id = (SELECT text_id FROM article_texts"
            " WHERE article_id = 1)"
        )
    result = warta("clusters", options=JSON)
    assert result.stderr == "1 article is not clustered yet: run `warta clusters rebuild`.\n"
    assert len(result.stdout.splitlines()) == 2


def test_a_story_of_2099_makes_its_cluster_no_newer_than_others(
    warta: Warta, library: Path
) -> None:
    body = " ".join(f"Warga desa ke-{number} menanam padi gogo." for number in range(40))
    with Archive(library) as archive:
        for number in (7, 8):
            ran(archive, body, number=number, published=datetime(2099, 1, 1, tzinfo=UTC))
    found = [row["cluster_id"] for row in lines(warta("clusters", options=JSON))]
    assert len(found) == 3
    assert found[:2] == [4, 1]


# clusters rebuild


@pytest.mark.parametrize("place", ["before", "behind", "environment", "environment overruled"])
def test_a_rebuild_is_of_the_archive_that_is_named_anywhere(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path / "..")
    with Archive(library) as archive:
        before = members(archive)
        with archive.transaction(NOW):
            archive.db.conn.execute("DELETE FROM members")
    if place.startswith("environment"):
        monkeypatch.setenv(
            "WARTA_ARCHIVE", str(library if place == "environment" else tmp_path / "lain.db")
        )
    option = ["--archive", library] if place != "environment" else []
    result = (
        call("clusters", "rebuild", "-j", "1", *option)
        if place == "behind"
        else call("clusters", *option, "rebuild")
    )
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "",
        "5 memberships changed.\n",
    ), result.output
    with Archive(library, read_only=True) as archive:
        assert members(archive) == before


def test_a_rebuild_of_no_archive_is_reported_plainly_and_makes_none(tmp_path: Path) -> None:
    result = call("clusters", "rebuild", "--archive", tmp_path / "tidak-ada.db")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no archive here" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_rebuild_that_is_interrupted_says_so_in_one_line(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object, **_options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("scraper.cli.clusters.clusters.rebuild_clusters", interrupted)
    result = call("clusters", "rebuild", "--archive", library)
    assert (result.exit_code, result.stderr) == (
        130,
        "Stopped; every cluster is whole, old or new: run it again.\n",
    )


@pytest.mark.parametrize("jobs", ["0", "-1", "banyak"])
def test_a_rebuild_on_no_core_is_wrong_usage(library: Path, jobs: str) -> None:
    assert call("clusters", "rebuild", "--archive", library, "-j", jobs).exit_code == 2


# cluster


def test_cluster_tells_who_ran_a_story_when_and_how_much_of_it(warta: Warta, library: Path) -> None:
    told = lines(warta("cluster", url_of(1, site="warta"), options=JSON))
    assert set(told[0]) == {
        "article_id",
        "site",
        "url",
        "headline",
        "published_at",
        "agency",
        "removed_at",
        "relation",
        "similarity",
        "containment",
        "of_first",
        "is_first",
        "minutes",
        "direction",
    }
    assert [(row["site"], row["relation"], row["direction"], row["minutes"]) for row in told] == [
        ("kabar", None, None, 0),
        ("berita", "edited", None, 10),
        ("warta", "excerpt", "cut from the first", 30),
    ]
    assert [json.dumps(row["is_first"]) for row in told] == ["true", "false", "false"]


def test_cluster_prints_a_table_of_its_members(warta: Warta, library: Path) -> None:
    result = warta("cluster", url_of(1))
    head, first, _edited, excerpt = result.stdout.splitlines()
    assert "minutes after" in head
    assert "first" in first
    assert "100%" in first
    assert "excerpt (cut from the first)" in excerpt
    assert "30" in excerpt.split()


def test_cluster_shows_each_copy_against_the_first(warta: Warta, library: Path) -> None:
    shown = warta("cluster", url_of(1), options=("--diff",)).stdout
    assert shown.count("body: ") == 2
    assert "bersyukur" in shown


def test_minutes_of_a_story_without_a_time_are_not_reported(warta: Warta, library: Path) -> None:
    with Archive(library) as archive:
        ran(archive, WIRE, site="kilas", published=None)
    assert lines(warta("cluster", url_of(1), options=JSON))[-1]["minutes"] is None
    assert warta("cluster", url_of(1)).exit_code == 0


def test_cluster_of_a_story_alone_says_so_beside_the_data(warta: Warta, library: Path) -> None:
    result = warta("cluster", url_of(4))
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "",
        "No other story has this text.\n",
    )
    assert lines(warta("cluster", url_of(4), options=JSON)) == []


def test_cluster_of_an_unknown_story_is_reported_plainly(warta: Warta, library: Path) -> None:
    result = warta("cluster", url_of(404))
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        result.stderr
        == f"Error: {url_of(404)}: no article in the archive has this URL, story id or number\n"
    )


# syndication matrix


@pytest.mark.parametrize("behind", [True, False])
def test_the_matrix_tells_who_ran_how_many_stories_of_whom(library: Path, behind: bool) -> None:
    option = ("--archive", library)
    result = (
        call("syndication", "matrix", *option, "--json")
        if behind
        else call("syndication", *option, "matrix", "--json")
    )
    assert lines(result) == [
        {
            "site": "berita",
            "source": "ANTARA",
            "is_agency": True,
            "stories": 1,
            "first": 0,
            "copies": 0,
            "edited": 1,
            "excerpts": 0,
        },
        {
            "site": "kabar",
            "source": "ANTARA",
            "is_agency": True,
            "stories": 1,
            "first": 1,
            "copies": 0,
            "edited": 0,
            "excerpts": 0,
        },
        {
            "site": "warta",
            "source": "ANTARA",
            "is_agency": True,
            "stories": 1,
            "first": 0,
            "copies": 0,
            "edited": 0,
            "excerpts": 1,
        },
    ]


def test_the_matrix_names_the_site_where_no_agency_is_credited(path: Path) -> None:
    with Archive(path) as archive:
        ran(archive, WIRE, site="kabar")
        ran(archive, WIRE, site="berita", published=NOW + HOUR)
    (row,) = lines(call("syndication", "matrix", "--archive", path, "--json"))
    assert (row["site"], row["source"], row["is_agency"], row["copies"]) == (
        "berita",
        "kabar",
        False,
        1,
    )
    assert "stories of" in call("syndication", "matrix", "--archive", path).stdout


def test_the_matrix_of_an_archive_without_clusters_says_so_beside_the_data(path: Path) -> None:
    Archive(path).close()
    result = call("syndication", "matrix", "--archive", path)
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "",
        "No story was published by two sites.\n",
    )
    assert lines(call("syndication", "matrix", "--archive", path, "--json")) == []


# All of them


COMMANDS = {
    "clusters": ["clusters"],
    "cluster": ["cluster", url_of(1)],
    "matrix": ["syndication", "matrix"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_reading_clusters_leaves_the_archive_as_it_is(library: Path, name: str) -> None:
    before = library.read_bytes()
    assert call(*COMMANDS[name], "--archive", library).exit_code == 0
    assert library.read_bytes() == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reader_of_the_pipe_may_go_away(library: Path, name: str) -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "scraper", *COMMANDS[name], "--json", "--archive", str(library)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert command.stdout is not None
    command.stdout.close()
    _out, errors = command.communicate()
    assert (command.returncode, errors) == (0, b"")


@pytest.mark.parametrize(
    "name", ["clusters", "clusters rebuild", "cluster", "syndication", "syndication matrix"]
)
def test_help_says_what_a_command_does_and_what_its_options_mean(name: str) -> None:
    shown = call(*name.split(), "--help")
    assert shown.exit_code == 0
    assert "--archive" in shown.stdout
    group, _, inner = name.partition(" ")
    command = main.commands[group].commands[inner] if inner else main.commands[group]
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_members_that_were_removed_say_so(warta: Warta, library: Path) -> None:
    with Archive(library) as archive, archive.transaction(NOW + DAY):
        archive.history.note_removal(1)
    assert (
        lines(warta("cluster", url_of(1), options=JSON))[0]["removed_at"]
        == "2026-11-21T03:04:05+00:00"
    )
    with Archive(library, read_only=True) as archive:
        assert len(rows(archive, "SELECT * FROM syndication")) == 5


def test_a_rebuild_whose_reader_is_killed_says_so(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_given: object, **_named: object) -> int:
        raise BrokenProcessPool

    monkeypatch.setattr("scraper.cli.clusters.clusters.rebuild_clusters", killed)
    result = call("clusters", "rebuild", "--archive", library)
    assert result.exit_code == 1
    assert (
        result.stderr
        == "Error: a worker process was killed, perhaps out of memory; try fewer with --jobs\n"
    )
