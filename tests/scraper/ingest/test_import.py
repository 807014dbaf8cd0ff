"""`warta import`: collections become articles and revisions like any others, once, whatever is
wrong with some records.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archive import Archive
from scraper.cli.main import main

FIRST = (
    "Warga Kampung Damar memperbaiki saluran air sepanjang dua kilometer sejak Senin pagi, kata"
    " kepala kampung."
)
SECOND = (
    "Pekerjaan ditargetkan selesai sebelum musim tanam, dan hasilnya diperiksa bersama petugas"
    " kecamatan."
)
BODY = f"{FIRST}\n\n{SECOND}"
RMOL = "https://rmol.id/nusantara/read/2026/11/20/700001/saluran-air-1"
NEWS_WATCH = ("title", "publish_date", "author", "content", "keyword", "category", "source", "link")


def record(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A record as news-watch writes them."""
    usual = {
        "title": f"Saluran Air Kampung Damar Tahap {number}",
        "publish_date": "2026-11-20 08:00:00",
        "author": "Ratna Sari",
        "content": f"{BODY} ({number})",
        "keyword": "saluran",
        "category": "Nusantara",
        "source": "kabar.example",
        "link": f"https://www.kabar.example/berita/{number}",
    }
    return usual | fields


class Desk:
    """A folder with an archive, and `warta import` into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.news = folder / "news.db"

    def write(self, name: str, *records: object, indent: int | None = None) -> Path:
        """A file of records, by its name's ending; texts are written as they are."""
        path = self.folder / name
        if path.suffix == ".csv":
            with path.open("w", newline="", encoding="utf-8") as out:
                writer = csv.DictWriter(out, NEWS_WATCH, quoting=csv.QUOTE_ALL)
                writer.writeheader()
                writer.writerows(one for one in records if isinstance(one, dict))
        elif path.suffix == ".json":
            path.write_text(json.dumps(records, indent=indent), "utf-8")
        else:
            path.write_text(
                "".join(
                    (one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records
                ),
                "utf-8",
            )
        return path

    def run(
        self, *arguments: object, stdin: bytes | None = None
    ) -> tuple[int, list[dict[str, Any]], str]:
        """Exit status, JSON lines, stderr."""
        words = ["import", "--json", "--archive", str(self.news), *map(str, arguments)]
        done = CliRunner().invoke(main, words, input=stdin)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def counts(self, *arguments: object) -> dict[str, int]:
        """What became of the records of all files, without zeros."""
        _code, rows, _errors = self.run(*arguments)
        sums: dict[str, int] = {}
        for row in rows:
            for name, count in row.items():
                if isinstance(count, int) and name != "line":
                    sums[name] = sums.get(name, 0) + count
        return {name: count for name, count in sums.items() if count}

    def latest(self, columns: str = "*") -> list[dict[str, Any]]:
        return self.query(f"SELECT {columns} FROM latest ORDER BY url")

    def query(self, statement: str) -> list[dict[str, Any]]:
        with Archive(self.news, read_only=True) as archive:
            return list(archive.db.query(statement))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
def test_files_of_news_watch_are_taken_as_they_are(desk: Desk, name: str) -> None:
    file = desk.write(name, record(1), record(2, author="Unknown", category="Unknown"), indent=2)
    assert desk.counts(file) == {"records": 2, "new": 2}
    first, second = desk.latest()
    expected = {
        "site": "kabar.example",
        "url": "https://www.kabar.example/berita/1",
        "headline": "Saluran Air Kampung Damar Tahap 1",
        "body": f"{BODY} (1)",
        "authors": '["Ratna Sari"]',
        "published_at": "2026-11-20T08:00:00+07:00",
        "section": "Nusantara",
        "tags": "[]",
        "layout": "imported",
        "language": "id",
        "removed_at": None,
    }
    assert {column: first[column] for column in expected} == expected
    assert first["extractor"].startswith("warta-import/fallback/")
    assert (second["authors"], second["section"]) == ("[]", None)
    assert (
        desk.query("SELECT kind, snapshot_id FROM history")
        == [{"kind": "first", "snapshot_id": None}] * 2
    )


def test_one_text_under_many_addresses_is_taken_as_often(desk: Desk) -> None:
    """A collection is the work of others: what crawls doubt is in it as it is."""
    records = [record(n, content=BODY, title=f"Kabar {n}") for n in range(1, 6)]
    assert desk.counts(desk.write("a.jsonl", *records)) == {"records": 5, "new": 5}


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
def test_the_same_file_twice_changes_nothing(desk: Desk, name: str) -> None:
    # Two texts for one address, one story without an address, and a story of a site that is
    # crawled.
    records = [
        record(1),
        record(1, content=f"{BODY} Ralat."),
        record(2, link=""),
        record(3, link=RMOL),
    ]
    file = desk.write(name, *records)
    assert desk.counts(file) == {"records": 4, "new": 3, "revised": 1}
    with Archive(desk.news) as archive:
        before = list(archive.db.conn.iterdump())
        archive.db.conn.rollback()
    assert desk.counts(file) == {"records": 4, "unchanged": 4}
    with Archive(desk.news) as archive:
        assert list(archive.db.conn.iterdump()) == before


def test_the_order_of_files_does_not_matter(desk: Desk, tmp_path: Path) -> None:
    files = [
        desk.write(f"{part}.jsonl", *(record(n) for n in range(part * 3, part * 3 + 5)))
        for part in range(3)
    ]
    desk.run(*files)
    one = desk.latest("url, site, headline, body")
    other = Desk(tmp_path / "other")
    other.folder.mkdir()
    other.run(*reversed(files))
    assert other.latest("url, site, headline, body") == one
    assert len(one) == 11


def test_a_story_of_a_crawled_site_is_the_one_that_a_crawl_meets(desk: Desk) -> None:
    desk.run(desk.write("a.jsonl", record(link=RMOL + "?utm_source=x", source="RMOL")))
    (story,) = desk.latest("site, url, story_id")
    assert (story["site"], story["url"]) == ("rmol", RMOL)
    assert story["story_id"] is not None
    entry = desk.query("SELECT site, state, announced_by, next_check_at, checks FROM ledger")
    assert entry == [
        {
            "site": "rmol",
            "state": "kept",
            "announced_by": "import a.jsonl",
            "next_check_at": None,
            "checks": 0,
        }
    ]


def test_an_address_has_one_story_whatever_its_site_is_called(desk: Desk) -> None:
    desk.run(desk.write("a.jsonl", record(source="Kabar")))
    assert desk.counts(desk.write("b.jsonl", record(source="kabar.example"))) == {
        "records": 1,
        "unchanged": 1,
    }
    assert [row["site"] for row in desk.latest("site")] == ["kabar"]


@pytest.mark.parametrize(
    ("fields", "options", "site"),
    [
        ({"source": "Detik.com"}, [], "detik.com"),
        ({"source": ""}, [], "kabar.example"),
        ({"source": ""}, ["--site", "Kabar Damar"], "kabar damar"),
        ({"source": "suara"}, [], "kabar.example"),
        ({"source": "Suara.com", "link": ""}, [], "suara"),
        ({"source": "", "link": "", "content": f"Suara.com - {BODY}"}, [], "suara"),
        ({"source": "https://www.kompas.com/tag", "link": ""}, [], "kompas.com"),
        ({"source": "", "link": "https://www.kompas.com/"}, [], "kompas.com"),
        ({"source": "", "link": "www.kompas.com/a/1"}, [], "kompas.com"),
    ],
)
def test_a_story_has_the_site_that_its_record_names_or_its_address(
    desk: Desk, fields: dict[str, str], options: list[str], site: str
) -> None:
    desk.run(*options, desk.write("a.jsonl", record(**fields)))
    assert [row["site"] for row in desk.latest("site")] == [site]


def test_a_story_without_an_address_is_known_by_its_words(desk: Desk) -> None:
    desk.run(
        desk.write(
            "a.jsonl",
            record(link=None),
            record(link="9"),
            record(link=None, content=f"{SECOND}\n\n{FIRST}"),
        )
    )
    rows = desk.latest("url")
    assert len(rows) == 2  # the first two say the same
    assert all(row["url"].startswith("import:") for row in rows)
    assert desk.query("SELECT * FROM ledger") == []
    shown = CliRunner().invoke(main, ["show", rows[0]["url"], "--archive", str(desk.news)])
    assert "Saluran Air" in shown.stdout, shown.stderr


def test_what_the_record_says_wins_over_what_its_text_says(desk: Desk) -> None:
    page = (
        f"Judul Lain dari Halaman\n• Sabtu, 05 Juni 2021, 12:22 WIB\n{FIRST}\n\n{SECOND}\nTemukan"
        " berita-berita hangat di Google News."
    )
    desk.run(
        desk.write(
            "a.jsonl",
            record(content=page, link=RMOL),
            record(2, content=f"Saluran Air Kampung Damar Tahap 2\n\n{BODY}"),
        )
    )
    own, other = sorted(
        desk.latest("site, headline, published_at, body"), key=lambda row: row["site"] != "rmol"
    )
    assert (own["headline"], own["published_at"]) == (
        "Saluran Air Kampung Damar Tahap 1",
        "2026-11-20T08:00:00+07:00",
    )
    assert FIRST in own["body"]
    assert "Google News" not in own["body"]
    assert other["body"] == BODY  # the headline once more, above the text


def test_markup_and_control_characters_go(desk: Desk) -> None:
    desk.run(
        desk.write(
            "a.jsonl",
            record(
                content=f"<p>{FIRST}</p><p>{SECOND} &amp;\x07\ud83d</p>",
                title="Air &amp; <b>Sawah</b>",
            ),
        )
    )
    (row,) = desk.latest("headline, body")
    assert (row["headline"], row["body"]) == ("Air & Sawah", f"{FIRST}\n\n{SECOND} &")


def test_columns_can_be_mapped_and_dates_explained(desk: Desk) -> None:
    file = desk.write(
        "a.jsonl",
        {
            "naskah_akhir": BODY,
            "t": "04/05/2026",
            "tajuk": "Air",
            "alamat_web": "https://kabar.example/1",
        },
    )
    mapped = [
        word
        for pair in ("body=naskah_akhir", "published_at=t", "headline=tajuk", "url=alamat_web")
        for word in ("--map", pair)
    ]
    assert (
        desk.run(*mapped, "--date-format", "%d/%m/%Y", "--timezone", "Asia/Makassar", file)[0] == 0
    )
    assert desk.latest("headline, published_at, warnings") == [
        {"headline": "Air", "published_at": "2026-05-04T00:00:00+08:00", "warnings": '["day_only"]'}
    ]


def test_the_order_of_day_and_month_is_learnt_from_the_whole_file_or_left_open(desk: Desk) -> None:
    ambiguous = record(1, publish_date="4/5/2026 8:00")
    alone = desk.write("a.jsonl", ambiguous)
    told = desk.write(
        "b.jsonl", record(2, publish_date="4/5/2026 8:00"), record(3, publish_date="4/25/2026 8:00")
    )
    mixed = desk.write(
        "c.jsonl",
        record(4, publish_date="4/5/2026"),
        record(5, publish_date="4/25/2026"),
        record(6, publish_date="25/4/2026"),
    )
    _code, reports, _errors = desk.run(alone, told, mixed)
    assert [report["doubts"] for report in reports] == [
        {"date_ambiguous": 1},
        {},
        {"date_ambiguous": 1},
    ]
    dates = [row["published_at"] for row in desk.latest("published_at")]
    assert dates[:3] == [None, "2026-04-05T08:00:00+07:00", "2026-04-25T08:00:00+07:00"]


def test_bad_records_are_reported_with_their_line_and_the_rest_goes_on(desk: Desk) -> None:
    file = desk.write(
        "a.jsonl",
        record(1),
        "{",
        "[1]",
        record(2, content=" "),
        record(3, source=None, link=None),
        record(4),
        '{"a": "x',
    )
    code, rows, _errors = desk.run(file)
    assert code == 3
    assert [(row["line"], row["reason"]) for row in rows if "line" in row] == [
        (2, "not_json"),
        (3, "not_a_record"),
        (4, "empty_text"),
        (5, "no_site"),
        (7, "not_json"),
    ]
    assert rows[-1]["new"] == 2
    done = CliRunner().invoke(main, ["import", "--archive", str(desk.news), str(file)])
    assert done.exit_code == 3
    assert f"{file}:2: the line is not valid JSON" in done.stderr.splitlines()
    assert done.stdout.split() == [
        *"file records new revised unchanged known taken down bad".split(),
        *[str(file), *"7 0 0 2 0 0 5".split()],
    ]


def test_many_bad_records_are_reported_up_to_a_number_and_then_counted(desk: Desk) -> None:
    file = desk.write("a.jsonl", *["{"] * 50, record())
    done = CliRunner().invoke(main, ["import", "--archive", str(desk.news), str(file)])
    assert len(done.stderr.splitlines()) == 22
    assert done.stderr.splitlines()[-1] == f"{file}: 50 records: the line is not valid JSON"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe{", b"PK\x03\x04", b"judul,isi\n", b"a,a\n1,2\n", b"judul,link\na,b\n"],
)
def test_a_file_that_is_no_collection_is_one_line(desk: Desk, content: bytes) -> None:
    file = desk.folder / "a.csv"
    file.write_bytes(content)
    code, rows, errors = desk.run(file)
    if content == b"judul,isi\n":  # a header without a record is an empty collection
        assert (code, rows[0]["records"]) == (0, 0)
        return
    assert (code, rows, len(errors.splitlines())) == (1, [], 1)
    assert errors.startswith(f"{file}: ")
    assert not desk.news.exists()


def test_a_missing_file_does_not_keep_the_others_out(desk: Desk) -> None:
    code, rows, errors = desk.run(
        desk.folder / "tiada.csv", desk.folder, desk.write("a.jsonl", record())
    )
    assert (code, len(rows), len(errors.splitlines())) == (3, 1, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--map", "isi"],
        ["--map", "nada=x"],
        ["--map", "body="],
        ["--map", "body=tiada"],
        ["--timezone", "WIB/Jakarta"],
        ["--timezone", "../x"],
        [],
    ],
)
def test_wrong_usage_is_reported_before_anything_is_written(
    desk: Desk, arguments: list[str]
) -> None:
    files = [desk.write("a.jsonl", record())] if arguments else []
    code, _rows, errors = desk.run(*arguments, *files)
    assert code == 2
    assert not desk.news.exists()
    if "body=tiada" in arguments:
        assert "there are title, publish_date, author, content" in errors


def test_standard_input_is_a_file_too(desk: Desk) -> None:
    code, rows, _errors = desk.run(
        "-", stdin=json.dumps(record(1, publish_date="4/5/2026")).encode() + b"\n"
    )
    assert (code, rows[0]["file"], rows[0]["new"]) == (0, "-", 1)
    assert desk.query("SELECT announced_by FROM ledger") == [
        {"announced_by": "import of standard input"}
    ]


def test_a_text_of_a_hundred_thousand_words_is_taken_whole(desk: Desk) -> None:
    body = "\n\n".join(
        f"Kalimat nomor {number} menceritakan saluran air di kampung itu."
        for number in range(12_500)
    )
    assert desk.counts(desk.write("a.jsonl", record(content=body))) == {"records": 1, "new": 1}
    (row,) = desk.latest("body")
    assert len(row["body"].split()) == 112_500


def test_a_story_that_was_taken_down_does_not_come_back(desk: Desk) -> None:
    file = desk.write("a.jsonl", record(1), record(2, link=None))
    desk.run(file)
    for row in desk.latest("url"):
        CliRunner().invoke(
            main,
            ["remove", row["url"], "--reason", "diminta", "--yes", "--archive", str(desk.news)],
            catch_exceptions=False,
        )
    renamed = desk.write("b.jsonl", record(1, source="Kabar Damar"))
    assert desk.counts(file, renamed) == {"records": 3, "taken_down": 3}
    assert desk.latest() == []


def test_another_text_of_an_imported_story_is_a_revision(desk: Desk) -> None:
    desk.run(desk.write("a.jsonl", record()))
    desk.run(desk.write("b.jsonl", record(title="Saluran Air Selesai")))
    assert desk.query("SELECT number, kind, changed FROM history") == [
        {"number": 1, "kind": "first", "changed": "[]"},
        {"number": 2, "kind": "publisher", "changed": '["headline"]'},
    ]
    shown = CliRunner().invoke(
        main, ["explain", "https://kabar.example/berita/1", "--archive", str(desk.news)]
    )
    assert shown.exit_code == 1  # another host, another story
    shown = CliRunner().invoke(
        main, ["explain", "https://www.kabar.example/berita/1", "--archive", str(desk.news)]
    )
    assert "by import a.jsonl" in shown.stdout
    assert "Never requested." in shown.stdout
    assert CliRunner().invoke(main, ["verify", "--archive", str(desk.news)]).exit_code == 0


@pytest.mark.slow
def test_an_import_that_is_killed_goes_on_where_it_was(desk: Desk) -> None:
    file = desk.write("a.jsonl", *(record(number) for number in range(1200)))
    process = subprocess.Popen(
        [sys.executable, "-m", "scraper", "import", "--archive", str(desk.news), str(file)]
    )
    deadline = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline:
        if (
            desk.news.exists()
            and desk.news.with_name("news.db-wal").exists()
            and desk.news.with_name("news.db-wal").stat().st_size > 2e6
        ):
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.01)
    process.wait()
    kept = desk.query("SELECT count(*) AS n FROM articles")[0]["n"]
    assert kept % 200 == 0  # whole batches
    assert desk.counts(file) == {
        name: count
        for name, count in {"records": 1200, "new": 1200 - kept, "unchanged": kept}.items()
        if count
    }
    assert CliRunner().invoke(main, ["verify", "--archive", str(desk.news)]).exit_code == 0
    assert len(desk.query("SELECT url FROM ledger")) == 1200


def test_a_date_that_is_read_better_the_second_time_is_no_edit_of_the_publisher(desk: Desk) -> None:
    file = desk.write("a.jsonl", record(publish_date="04/05/2026 08:00"))
    desk.run(file)
    assert desk.latest("published_at")[0]["published_at"] is None
    desk.run(file, "--date-format", "%d/%m/%Y %H:%M")
    assert desk.latest("published_at")[0]["published_at"] == "2026-05-04T08:00:00+07:00"
    kinds = desk.query("SELECT kind, changed FROM history ORDER BY number")
    assert [tuple(row.values()) for row in kinds] == [
        ("first", "[]"),
        ("technical", '["published_at"]'),
    ]


def test_another_text_with_another_date_is_an_edit_of_the_publisher(desk: Desk) -> None:
    desk.run(desk.write("a.jsonl", record()))
    desk.run(desk.write("b.jsonl", record(content=SECOND, publish_date="2026-11-21 08:00:00")))
    assert [row["kind"] for row in desk.query("SELECT kind FROM history ORDER BY number")] == [
        "first",
        "publisher",
    ]
