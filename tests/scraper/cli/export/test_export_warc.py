"""`warta export warc`: what it says, and the one line for what it cannot write."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from archive.web_archives import export as exporting
from archive.web_archives.partial import Partial
from scraper.cli.main import main
from tests.archive.web_archives.kept import fill, is_whole

Run = Callable[..., Result]


@pytest.fixture
def run(
    made: Callable[..., Path], path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    copyfile(made(fill), path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WARTA_CONTACT", raising=False)
    return lambda *arguments: CliRunner().invoke(main, [*arguments, "--archive", str(path)])


def written(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if not file.name.startswith("news.db"))


def test_it_says_what_it_wrote_and_what_it_did_not(run: Run, tmp_path: Path) -> None:
    done = run("export", "warc", "halaman.warc.gz", "--revisions", "--wacz")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        "5 pages written to halaman.warc.gz, halaman.wacz",
        "3 answers (304) that one had not changed",
        "1 story without a kept page, as imported texts are: not in it",
        "1 page opts out of text and data mining, as its headers, its text or robots.txt say",
    ]
    assert written(tmp_path) == ["halaman.wacz", "halaman.warc.gz"]
    assert is_whole(tmp_path / "halaman.warc.gz")


def test_damaged_pages_are_counted_and_set_the_exit_status(run: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect("news.db")) as vandal, vandal:
        vandal.execute("UPDATE snapshots SET packed = x'00' WHERE id = 1")
    done = run("export", "warc", "halaman.warc.gz", "--revisions")
    assert done.exit_code == 3
    assert done.stderr.splitlines()[-1] == "1 page is damaged, and not in it: see `warta verify`"
    assert is_whole(tmp_path / "halaman.warc.gz")


def test_a_wacz_may_be_all_that_is_wanted(run: Run, tmp_path: Path) -> None:
    done = run("export", "warc", "halaman.wacz")
    assert done.stderr.startswith("3 pages written to halaman.wacz\n")
    assert written(tmp_path) == ["halaman.wacz"]


def test_nothing_to_export_is_a_file_of_nothing_that_says_so(run: Run, tmp_path: Path) -> None:
    done = run("export", "warc", "kosong.warc.gz", "--since", "2100-01-01")
    assert done.stderr == "No page was found: the file has none.\n"
    assert is_whole(tmp_path / "kosong.warc.gz")


def test_the_operator_is_the_contact_of_the_configuration(run: Run, tmp_path: Path) -> None:
    (tmp_path / "warta.toml").write_text('contact = "redaksi@lambur.example"')
    run("export", "warc", "a.warc.gz")
    run("export", "warc", "b.warc.gz", "--operator", "Perpustakaan Lambur")
    first, second = (
        gzip.decompress((tmp_path / name).read_bytes()) for name in ("a.warc.gz", "b.warc.gz")
    )
    assert b"operator: redaksi@lambur.example\r\n" in first
    assert b"operator: Perpustakaan Lambur\r\n" in second


@pytest.mark.parametrize("name", ["x.warc.gz", "x.warc", "x.wacz"])
def test_the_other_export_names_this_one(run: Run, tmp_path: Path, name: str) -> None:
    done = run("export", name)
    line = f"Error: {name}: web archives are written by `warta export warc {name}`\n"
    assert (done.exit_code, done.stderr) == (2, line)
    assert written(tmp_path) == []


def test_a_file_may_be_named_like_a_command(run: Run, tmp_path: Path) -> None:
    assert run("export", "--limit", "1", "warc.csv").exit_code == 0
    assert written(tmp_path) == ["warc.csv"]


def test_the_help_of_each_form_names_the_other() -> None:
    file, warc = (
        CliRunner().invoke(main, [*words, "--help"], prog_name="warta").stdout
        for words in (["export"], ["export", "warc"])
    )
    assert file.startswith("Usage: warta export [OPTIONS] FILE\n")
    assert "warta export warc pages.warc.gz" in file
    assert warc.startswith("Usage: warta export warc [OPTIONS] OUT\n")


# What cannot be written


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("halaman.zip", "halaman.zip: its name must end in .warc.gz or .wacz"),
        ("-", "-: its name must end in .warc.gz or .wacz"),
        (".", "its name must end in .warc.gz or .wacz"),
        ("tidak/ada.warc.gz", "it cannot be written (No such file or directory)"),
        ("berkas.txt/a.warc.gz", "it cannot be written (Not a directory)"),
        ("folder.warc.gz", "it is no file, and is left as it is"),
        ("ada.warc.gz", "there is a file already; --force replaces it"),
        ("a" * 300 + ".warc.gz", "it cannot be written (File name too long)"),
    ],
)
@pytest.mark.parametrize("wacz", [[], ["--wacz"]])
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(
    run: Run, tmp_path: Path, name: str, line: str, wacz: list[str]
) -> None:
    (tmp_path / "berkas.txt").write_text("Dua sendok kopi.")
    (tmp_path / "folder.warc.gz").mkdir()
    (tmp_path / "ada.warc.gz").write_text("milik orang lain")
    before = written(tmp_path)
    done = run("export", "warc", name, *wacz)
    assert (done.exit_code in (1, 2), done.stdout, done.stderr.count("\n")) == (True, "", 1)
    assert line in done.stderr
    assert written(tmp_path) == before
    assert (tmp_path / "ada.warc.gz").read_text() == "milik orang lain"


def test_a_folder_that_may_not_be_written_is_one_line(
    folder_of_a_user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder_of_a_user)
    with Archive("news.db") as archive:
        fill(archive)
    (folder_of_a_user / "keluar").mkdir(mode=0o555)
    words = ["export", "warc", "keluar/halaman.warc.gz", "--archive", "news.db"]
    done = CliRunner().invoke(main, words)
    line = "Error: keluar/halaman.warc.gz: it cannot be written (Permission denied)\n"
    assert (done.exit_code, done.stderr) == (1, line)


@pytest.mark.parametrize("words", [[], ["--wacz"]])
def test_a_full_disk_leaves_what_the_same_command_goes_on_with(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    def full(*_anything: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    command = ["export", "warc", "halaman.warc.gz", *words]
    with monkeypatch.context() as patch:
        place = "archive.web_archives.export.wacz.pack" if words else "archive.web_archives.export"
        patch.setattr(place if words else f"{place}._Run._put", full)
        done = run(*command)
    assert (done.exit_code, done.stderr) == (
        1,
        "Error: halaman.warc.gz: it cannot be written (No space left on device); the same command"
        " goes on from there\n",
    )
    assert written(tmp_path) == ["halaman.warc.gz.partial"]
    assert run(*command).exit_code == 0
    assert "halaman.warc.gz.partial" not in written(tmp_path)


def test_a_link_stays_one_and_what_it_leads_to_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lain").mkdir()
    (tmp_path / "tautan.warc.gz").symlink_to("lain/halaman.warc.gz")
    assert run("export", "warc", "tautan.warc.gz").exit_code == 0
    assert (tmp_path / "tautan.warc.gz").is_symlink()
    assert written(tmp_path / "lain") == ["halaman.warc.gz"]


def test_two_commands_do_not_write_one_file(run: Run, tmp_path: Path) -> None:
    with Partial(tmp_path / "halaman.warc.gz.partial") as partial, Archive("news.db") as archive:
        job = exporting.Job(out=tmp_path / "halaman.warc.gz")
        partial.commit(exporting._begun(archive, job, partial))
        other = run("export", "warc", "halaman.warc.gz", "--revisions")
    assert "another export was begun here" in other.stderr
    assert other.exit_code == 1
