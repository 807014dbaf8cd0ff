"""What can go wrong with `warta corpus build`: one plain line, nothing half-written."""

from __future__ import annotations

import re
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from archive.corpus import executors
from archive.corpus.output import finish
from scraper.cli.main import main
from tests.archive.corpus.newsroom import (
    documents,
    in_this_process,
    kept,
    opt_out,
    reasons,
    taken_down,
    told,
    tree,
)
from tests.archive.corpus.rebuilt.killers import how_it_ended

Build = Callable[..., Result]

BEFORE = ("Usage: ", "Try ", "The archive was last written at", "The archive is empty: ")


@pytest.fixture
def build(fates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """The command, on an archive that is whole unless another one is given; OUT is `out`."""
    monkeypatch.setattr(executors, "readers", in_this_process)
    monkeypatch.setattr(finish, "draw", lambda _summary, _folder: [])

    def run(
        *options: str, archive: Path = fates, out: Path = tmp_path / "out", filters: str = "none"
    ) -> Result:
        return CliRunner().invoke(
            main,
            [
                "corpus",
                "build",
                str(out),
                "--archive",
                str(archive),
                "--filters",
                filters,
                *options,
            ],
        )

    return run


def told_plainly(result: Result, *said: str, exit_code: int = 1) -> None:
    """One line of error, after click's usage and the lines about those that opted out."""
    assert result.exit_code == exit_code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    *before, last = result.stderr.splitlines()
    assert last.startswith("Error: ")
    assert [
        line
        for line in before
        if line and not line.startswith(BEFORE) and "opted out of text and data mining" not in line
    ] == []
    for part in said:
        assert re.search(part, last), last


def nothing_left(tmp_path: Path) -> None:
    assert [
        entry.name for entry in tmp_path.iterdir() if entry.name.strip(".").startswith("out")
    ] == []


# What is asked for


@pytest.mark.parametrize(
    ("options", "exit_code", "said"),
    [
        (["--as-of", "2020-01-01"], 1, "no article as of 2020-01-01.*the first is of 2026-11-2"),
        (["--as-of", "kemarin"], 2, "expected a time like"),
        (["--as-of", "2026-11-20T08:00:00"], 2, "needs its UTC offset"),
        (["--as-of", "0001-01-01T00:00:00+07:00"], 1, "no article as of 0001-01-01T00:00:00"),
        (["--split", "train=0.9"], 1, "add up to 0.9, not to 1"),
        (["--split", "a=0.5,a=0.5"], 1, "named twice"),
        (["--split", "Latih=1"], 1, "expected NAME=SHARE"),
        (["--split", ""], 1, "expected NAME=SHARE"),
        (
            ["--test-after", "2026-11-20", "--split", "train=1"],
            1,
            "--test-after needs a split that is called test",
        ),
        (
            ["--test-after", "2026-11-20", "--split", "test=1"],
            1,
            "--test-after leaves no other split",
        ),
        (["--filters", "ketat"], 1, "no filters are called 'ketat'"),
        (["--filters", "./tidak-ada.toml"], 1, "No such file"),
        (["--filters", ""], 1, "no filters are called ''|cannot be read"),
        (["--site", "tempo"], 1, "no article of tempo; there are berita, kabar, warta"),
        (["--site", ""], 1, "no article of"),
        (["--since", "2026-11-22", "--until", "2026-11-21"], 2, "--since is later than --until"),
        (["--since", "2027-01-01"], 1, "no article was published from 2027-01-01 to the end"),
        (
            ["--until", "2020-01-01", "--site", "kabar"],
            1,
            "no article was published from the beginning to 2020-01-01 by kabar",
        ),
        (["--since", "kemarin"], 2, "expected a day like 2026-01-31"),
        (["-j", "0"], 2, "not in the range"),
        (["--dedup", "semua"], 2, "is not one of"),
        (["-x", "partition=cpu"], 1, "--executor-option is for --executor ray and slurm"),
        (
            ["--executor", "ray", "-x", "warna=merah"],
            1,
            "warna=merah: expected NAME=VALUE; ray has",
        ),
        (["--executor", "slurm"], 1, "needs --executor-option"),
    ],
)
def test_what_cannot_be_requested(
    build: Build, tmp_path: Path, options: list[str], exit_code: int, said: str
) -> None:
    result = build(*options)
    told_plainly(result, said, exit_code=exit_code)
    nothing_left(tmp_path)


def test_an_empty_archive(build: Build, path: Path, tmp_path: Path) -> None:
    Archive(path).close()
    told_plainly(build(archive=path), "contains no article yet")
    told_plainly(build("--as-of", "2026-11-20", archive=path), "contains no article yet")
    nothing_left(tmp_path)


def test_an_archive_whose_only_story_was_taken_down(
    build: Build, path: Path, tmp_path: Path
) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
        taken_down(archive, 1)
    told_plainly(build(archive=path), "no article")
    nothing_left(tmp_path)


@pytest.mark.parametrize("plan", [True, False])
def test_no_archive(build: Build, tmp_path: Path, plan: bool) -> None:
    told_plainly(
        build(*(["--plan"] if plan else []), archive=tmp_path / "none.db"),
        "there is no archive here",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_archive(build: Build, tmp_path: Path) -> None:
    (tmp_path / "surat.db").write_bytes(b"bukan arsip" * 100)
    told_plainly(build(archive=tmp_path / "surat.db"), "not an SQLite file")
    nothing_left(tmp_path)


def test_every_article_left_out(build: Build, path: Path, tmp_path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
        opt_out(archive, 1)
        kept(archive, 2, body="")
    result = build(archive=path, filters="news")
    assert result.exit_code == 1
    *loud, last = result.stderr.splitlines()
    assert [line.partition(":")[0] for line in loud] == ["kabar"]
    assert last.startswith("Error: ")
    assert last.endswith(
        "every article was excluded: 1 no_words, 1 opted_out; --opted-out keep would keep those"
        " that opted out"
    )
    nothing_left(tmp_path)


def test_a_time_at_the_end_of_the_calendar(build: Build, tmp_path: Path) -> None:
    result = build("--as-of", "9999-12-31T23:00:00-05:00")
    assert (result.exit_code, result.stderr.splitlines()[0][:41]) == (
        0,
        "The archive was last written at 2026-11-2",
    )
    assert len(documents(tmp_path / "out")) > 30


def test_a_plan_writes_nothing(build: Build, tmp_path: Path) -> None:
    result = build("--plan")
    assert result.exit_code == 0
    assert "nothing was written" in result.stderr
    nothing_left(tmp_path)


# OUT


def test_an_out_that_is_there_is_refused(build: Build, tmp_path: Path) -> None:
    assert build().exit_code == 0
    before = tree(tmp_path / "out")
    told_plainly(build("--site", "kabar"), "already exists; --overwrite replaces a corpus")
    assert tree(tmp_path / "out") == before
    assert build("--site", "kabar", "--overwrite").exit_code == 0
    assert tree(tmp_path / "out") != before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("what", ["empty folder", "folder", "file"])
@pytest.mark.parametrize("overwrite", [True, False])
def test_what_is_no_corpus_is_never_overwritten(
    build: Build, tmp_path: Path, what: str, overwrite: bool
) -> None:
    out = tmp_path / "out"
    if what == "file":
        out.write_text("catatan")
    else:
        out.mkdir()
    if what == "folder":
        (out / "catatan.txt").write_text("penting")
    told_plainly(
        build(*(["--overwrite"] if overwrite else [])),
        "not a corpus of warta" if overwrite else "already exists",
    )
    assert out.exists()
    assert what != "folder" or (out / "catatan.txt").read_text() == "penting"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("tidak/ada", "the folder .*tidak does not exist"),
        ("x" * 300, "File name too long"),
        ("x" * 250, "File name too long"),
        ("berkas/x", "does not exist"),
    ],
)
def test_a_place_where_nothing_can_be_made(
    build: Build, tmp_path: Path, out: str, said: str
) -> None:
    (tmp_path / "berkas").write_text("catatan")
    told_plainly(build(out=tmp_path / out), said)
    assert [entry.name for entry in tmp_path.iterdir()] == ["berkas"]


@pytest.mark.parametrize("out", [".", "/", "..", ""])
def test_a_name_that_is_none(
    build: Build, out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert build(out=Path(out)).exit_code == 1
    assert list((tmp_path / "here").iterdir()) == []


def test_a_link_that_leads_nowhere_is_not_followed(build: Build, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "tidak-ada")
    told_plainly(build(), "already exists")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_takes_no_writes(folder_of_a_user: Path, build: Build) -> None:
    with Archive(folder_of_a_user / "news.db") as archive:
        kept(archive, 1)
    (folder_of_a_user / "terkunci").mkdir(mode=0o555)
    told_plainly(
        build(archive=folder_of_a_user / "news.db", out=folder_of_a_user / "terkunci" / "out"),
        "Permission denied$",
    )


# The disk

DISK = 600
"""Kilobytes: more than the corpus and its work folder need."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}k", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_reported_and_the_same_command_goes_on_once_there_is_room(
    build: Build, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    for room in (8, 40):
        ballast.write_bytes(bytes(1024 * (DISK - 8 - room)))
        told_plainly(
            build(out=small_disk / "out"),
            "the disk is full; the same command resumes the build once there is space$",
        )
        assert not (small_disk / "out").exists()
    ballast.unlink()
    assert build(out=small_disk / "out").exit_code == 0
    assert [entry.name for entry in small_disk.iterdir()] == ["out"]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("limit", [2_000, 8_000])
def test_a_file_that_may_not_grow_is_reported(
    build: Build, fates: Path, tmp_path: Path, limit: int
) -> None:
    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with Archive(fates, read_only=True):  # SQLite's own files beside it are there already
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            result = build()
        told_plainly(result, "cannot be written: .*; the same command resumes the build$")

    assert how_it_ended(limited) == 0
    assert not (tmp_path / "out").exists()
    assert build().exit_code == 0


def test_a_read_only_archive_is_read(folder_of_a_user: Path, build: Build) -> None:
    locked = folder_of_a_user / "terkunci"
    locked.mkdir()
    with Archive(locked / "news.db") as archive:
        kept(archive, 1)
    (locked / "news.db").chmod(0o444)
    locked.chmod(0o555)
    result = build(archive=locked / "news.db", out=folder_of_a_user / "out")
    assert result.exit_code == 0, result.output
    assert [entry.name for entry in locked.iterdir()] == ["news.db"]


# Broken texts


def broken(
    path: Path, column: str, value: bytes, *, table: str = "revisions", number: int = 1
) -> None:
    """Another program writes it into a story."""
    with closing(sqlite3.connect(path)) as db, db:
        triggers = db.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE id = ?", (value, number))
        for _, statement in triggers:
            db.execute(statement)
    db.close()


NO_TEXT = (b"Pasar\0ramai", b"\xed\xa0\xbd", b"Pasar \xff\xfe", "Pasar ".encode("utf-16"), b"\xc3")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("revisions", "body"),
        ("revisions", "headline"),
        ("revisions", "section"),
        ("revisions", "agency"),
        ("articles", "url"),
        ("articles", "key"),
    ],
)
def test_broken_texts_are_dropped_and_counted(
    build: Build, path: Path, tmp_path: Path, table: str, column: str
) -> None:
    with Archive(path) as archive:
        for number in range(1, len(NO_TEXT) + 3):
            kept(archive, number)
    for number, value in enumerate(NO_TEXT, 1):
        broken(path, column, value, table=table, number=number)
    result = build(archive=path)
    assert result.exit_code == 0, result.output
    assert list(reasons(tmp_path / "out").values()) == ["broken_text"] * len(NO_TEXT)
    assert len(documents(tmp_path / "out")) == 2
    assert f"{len(NO_TEXT)} broken_text" in result.stderr


@pytest.mark.parametrize(
    "value", [b"kemarin", b"2026-11-20", b"2026-11-20T08:00:00", b"", b"\xff\xfe"]
)
def test_a_time_that_is_none_is_one_line(
    build: Build, path: Path, tmp_path: Path, value: bytes
) -> None:
    with Archive(path) as archive:
        for number in range(1, 4):
            kept(archive, number)
    for table in ("articles", "revisions"):
        broken(path, "published_at", value, table=table)
    told_plainly(
        build(archive=path), "article 1: its time of publication is .*, not ISO 8601 with an offset"
    )
    told_plainly(build("--plan", archive=path), "article 1: its time of publication is")
    nothing_left(tmp_path)


@pytest.mark.parametrize("value", [b"bukan JSON", b"{}", b"", b"\xff\xfe"])
def test_warnings_that_are_no_list_are_one_line(
    build: Build, path: Path, tmp_path: Path, value: bytes
) -> None:
    with Archive(path) as archive:
        for number in range(1, 4):
            kept(archive, number)
    broken(path, "warnings", value)
    told_plainly(build(archive=path), "article 1: its warnings are not a JSON list")
    assert not (tmp_path / "out").exists()


def test_what_an_archive_keeps_of_lone_surrogates(path: Path, tmp_path: Path, build: Build) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
        kept(archive, 2, body=told(2) + "\0", headline="Pasar\0Ramai")
    assert build(archive=path).exit_code == 0
    assert reasons(tmp_path / "out") in ({}, {"kabar:kabar-2": "broken_text"})


# The extra

WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from scraper.cli.main import main
main()
"""


@pytest.mark.parametrize("package", ["datatrove", "spacy"])
def test_without_the_extra_it_is_named(fates: Path, tmp_path: Path, package: str) -> None:
    command = [
        sys.executable,
        "-c",
        WITHOUT.format(package=package),
        "corpus",
        "build",
        str(tmp_path / "out"),
        "--archive",
        str(fates),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    said = f"Error: this needs more packages ({package} is missing): pip install 'warta[corpus]'\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", said)
    nothing_left(tmp_path)


def test_help_needs_no_extra(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        WITHOUT.format(package="datatrove"),
        "corpus",
        "build",
        "--help",
    ]
    assert subprocess.run(command, capture_output=True, timeout=300, check=False).returncode == 0
