"""`warta list` and `warta export`: the filters of all commands, files that are whole or absent."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from scraper.cli.main import main
from tests.archive.export.test_export import fill
from tests.archive.invented import NOW

Run = Callable[..., Result]


@pytest.fixture
def run(
    made: Callable[..., Path], path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    copyfile(made(fill), path)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, [*arguments, "--archive", str(path)])


def numbers(result: Result) -> list[int]:
    assert result.exit_code == 0, result.output
    return [json.loads(line)["article_id"] for line in result.stdout.splitlines()]


def test_list_shows_the_newest_and_says_how_many_there_are(run: Run) -> None:
    shown = run("list", "--limit", "2")
    assert shown.stderr == "2 of 4 stories\n"
    assert [line.split()[0] for line in shown.stdout.splitlines()] == ["article", "2", "4"]
    assert numbers(run("list", "--json", "--sort", "oldest")) == [1, 3, 4, 2]
    assert numbers(run("list", "--json", "--sort", "kept")) == [1, 2, 3, 4]


def test_in_a_pipe_the_times_of_publishers_are_in_utc_so_that_they_are_sorted(run: Run) -> None:
    shown = run("list").stdout.splitlines()[1:]
    times = [part for line in shown for part in line.split() if re.match(r"\d{4}-", part)]
    assert times
    assert times == sorted(times, reverse=True)
    assert all(each.endswith("+00:00") for each in times)


def test_lists_are_json_in_every_csv(run: Run) -> None:
    listed = list(csv.DictReader(io.StringIO(run("list", "--csv").stdout)))
    exported = list(csv.DictReader(io.StringIO(run("export", "-", "--format", "csv").stdout)))
    assert any(row["authors"] != "[]" for row in listed)
    assert [json.loads(row["authors"]) for row in listed] == [
        json.loads(row["authors"]) for row in exported
    ]
    for row in csv.DictReader(io.StringIO(run("changes", "--csv").stdout)):
        assert isinstance(json.loads(row["changed"]), list)


def test_an_export_of_nothing_says_so(run: Run) -> None:
    done = run("export", "kosong.csv", "--since", "2100-01-01")
    assert (done.exit_code, done.stderr) == (0, "No article was found: the file has none.\n")


@pytest.mark.parametrize("command", ["list", "search", "export", "changes", "corpus build"])
def test_the_help_says_which_day_it_means(command: str) -> None:
    shown = " ".join(CliRunner().invoke(main, [*command.split(), "--help"]).stdout.split())
    day = "as their publisher dates them" if command == "corpus build" else "in UTC"
    assert shown.count(day) == (3 if command in ("list", "export") else 2)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--site", "kabar"], [1, 2, 4]),
        (["--site", "kabar", "--site", "warta"], [1, 2, 3, 4]),
        (["--section", "ekonomi"], [1, 2, 4]),
        (["--section", "olahraga"], []),
        (["--author", "MELATI"], [1, 3, 4]),
        (["--author", "orang lain", "--author", "sari"], [1, 3, 4]),
        (["--removed"], [2]),
        (["--no-removed"], [1, 3, 4]),
        (["--since", "2026-11-20T09:00:00+07:00"], [2]),
        (["--until", "2026-11-20T09:00:00+07:00"], [1, 3, 4]),
        (["--until", "2026-11-19"], []),
        (["--as-of", NOW.isoformat(), "--removed"], []),
    ],
)
def test_filters_narrow_lists_and_exports_alike(
    run: Run, options: list[str], expected: list[int]
) -> None:
    assert numbers(run("list", "--json", "--sort", "kept", *options)) == expected
    assert numbers(run("export", "-", "--sort", "kept", *options)) == expected


def test_list_as_csv(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("list", "--csv", "--sort", "kept").stdout)))
    assert [row["headline"] for row in rows][-1] == "'=HYPERLINK(1)"
    assert rows[0]["authors"] == '["Sari Melati"]'


def test_list_of_nothing_says_so(run: Run) -> None:
    result = run("list", "--until", "2020-01-01")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No articles.\n")


def test_a_range_without_a_day_is_wrong_usage(run: Run) -> None:
    result = run("list", "--since", "2026-02-01", "--until", "2026-01-01")
    assert (result.exit_code, "later than --until" in result.stderr) == (2, True)


def test_export_reports_what_it_wrote_and_who_opted_out(run: Run, tmp_path: Path) -> None:
    result = run("export", "berita.xlsx")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "4 articles written",
        "1 of them opts out of text and data mining: see the column opted_out",
        "1 text was longer than a cell holds, and ends in “…”",
    ]
    assert (tmp_path / "berita.xlsx").read_bytes().startswith(b"PK")


def test_export_to_stdout_is_json_lines_or_csv(run: Run) -> None:
    assert numbers(run("export", "-", "--search", "panjang")) == [4]
    assert run("export", "-", "--format", "csv").stdout.startswith("article_id,site,url")


def test_a_file_is_replaced_by_force_only(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "berita.csv"
    file.write_text("milik orang lain")
    result = run("export", "berita.csv")
    assert (result.exit_code, file.read_text()) == (1, "milik orang lain")
    assert run("export", "berita.csv", "--force").exit_code == 0
    assert file.read_text().startswith("article_id")


@pytest.mark.parametrize(
    "arguments",
    [
        ["export", "berita.txt"],
        ["export", "berita.csv", "--search", "pasar OR"],
        ["export", "berita.csv", "--search", ""],
        ["export", "tidak/ada/berita.csv"],
        ["export", "."],
    ],
)
def test_what_cannot_be_exported_is_one_line_and_no_file(
    run: Run, tmp_path: Path, arguments: list[str]
) -> None:
    result = run(*arguments)
    assert result.exit_code in (1, 2)
    assert (result.stdout, len(result.stderr.splitlines())) == ("", 1)
    assert [file for file in tmp_path.iterdir() if not file.name.startswith("news.db")] == []


def test_words_are_those_of_today(run: Run) -> None:
    result = run("export", "berita.csv", "--search", "pasar", "--as-of", NOW.isoformat())
    assert (result.exit_code, "not together with --as-of" in result.stderr) == (2, True)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.parquet", "a.xlsx"])
def test_a_full_disk_leaves_no_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def full(*_anything: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("archive.export.export.rows", full)
    result = run("export", name)
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: {name}: it cannot be written (No space left on device)\n",
    )
    assert [file for file in tmp_path.iterdir() if not file.name.startswith("news.db")] == []


def test_an_archive_without_articles(tmp_path: Path) -> None:
    Archive(tmp_path / "kosong.db").close()
    command = ["export", str(tmp_path / "a.csv"), "--archive", str(tmp_path / "kosong.db")]
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, result.stderr) == (0, "No article was found: the file has none.\n")
