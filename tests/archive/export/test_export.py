"""Articles as files of other programs: read back by these, the same whatever the format."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import etree
from pyarrow import parquet

from archive import Archive, Filter
from archive.errors import ExportError, PackageMissing, QueryError
from archive.export import export as exporting
from archive.export.export import Exported, export, format_of
from archive.export.xlsx import MAX_TEXT
from archive.maintenance.takedown import take_down as take_down_here
from archive.search import listing
from tests.archive.invented import DAY, HOUR, NOW, SITE, keep, story, take_down, url_of

LONG = "Panjang sekali. " * 3_000


def fill(archive: Archive) -> None:
    """1 was edited, 2 removed, 3 opted out, 4 is dangerous and long, 5 was taken down here."""
    keep(archive, story(1))
    keep(archive, story(2, published_at=None, authors=()))
    keep(archive, story(3, site="warta", section=None))
    keep(archive, story(4, headline="=HYPERLINK(1)", deck=" @x", body=LONG, caption="a\x01\ufffeb"))
    keep(archive, story(5, body="Rahasia dapur."))
    keep(archive, story(1, headline="Harga Beras Naik"), at=NOW + HOUR)
    take_down(archive, story(2), at=NOW + HOUR)
    with archive.transaction(NOW + HOUR):
        archive.history.note_rights(3, "meta: noai")
    key = f"{SITE}-5"
    take_down_here(archive, SITE, key, url=url_of(5), reason="diminta", now=NOW + HOUR)


@pytest.fixture
def library(path: Path, made: Callable[..., Path]) -> Iterator[Archive]:
    with Archive(copyfile(made(fill), path)) as archive:
        yield archive


def written(archive: Any, name: str, **options: Any) -> tuple[bytes, Exported]:
    out = io.BytesIO()
    file_format, compressed = format_of(name)
    done = export(archive, out, file_format, compressed=compressed, **options)
    return out.getvalue(), done


def from_csv(data: bytes) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def from_jsonl(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def from_parquet(data: bytes) -> list[dict[str, Any]]:
    return list(parquet.read_table(io.BytesIO(data)).to_pylist())


def from_xlsx(data: bytes) -> list[dict[str, Any]]:
    """The cells of a sheet by their headings, as they stand in the file."""
    with ZipFile(io.BytesIO(data)) as book:
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert not sheet.xpath("//*[local-name()='f' or local-name()='hyperlink']")
    rows = [
        {
            cell.get("r").rstrip("0123456789"): "".join(cell.itertext())
            for cell in row.xpath("*[local-name()='c']")
        }
        for row in sheet.xpath("//*[local-name()='row']")
    ]
    heading, *others = rows
    return [{name: row.get(place) for place, name in heading.items()} for row in others]


READERS: dict[str, Callable[[bytes], list[dict[str, Any]]]] = {
    "a.csv": from_csv,
    "a.csv.gz": lambda data: from_csv(gzip.decompress(data)),
    "a.jsonl": from_jsonl,
    "a.jsonl.gz": lambda data: from_jsonl(gzip.decompress(data)),
    "a.parquet": from_parquet,
    "a.xlsx": from_xlsx,
}


@pytest.mark.parametrize("name", READERS)
def test_every_format_has_the_articles_that_the_archive_shows(library: Archive, name: str) -> None:
    data, done = written(library, name, order="kept")
    rows = READERS[name](data)
    assert [int(row["article_id"]) for row in rows] == [1, 2, 3, 4]
    assert (done.articles, done.opted_out) == (4, 1)
    assert rows[0]["headline"] == "Harga Beras Naik"
    assert rows[2]["opted_out"] == "meta: noai"
    assert b"Rahasia" not in data
    (columns,) = {tuple(name.removesuffix(" (UTC)") for name in row) for row in rows}
    assert columns == tuple(
        name for name, *_rest in library.db.conn.execute("SELECT * FROM latest").description
    )


@pytest.mark.parametrize("name", READERS)
def test_the_same_archive_gives_the_same_file(library: Archive, name: str) -> None:
    if name != "a.xlsx":  # says when it was made
        assert written(library, name) == written(library, name)


@pytest.mark.parametrize("name", READERS)
def test_no_article_makes_a_file_without_rows(archive: Archive, name: str) -> None:
    data, done = written(archive, name)
    assert (READERS[name](data), done.articles) == ([], 0)


def test_csv_has_lists_as_json_times_as_the_archive_has_them_and_no_formula(
    library: Archive,
) -> None:
    one, two, _three, four = from_csv(written(library, "a.csv", order="kept")[0])
    assert (one["authors"], two["authors"]) == ('["Sari Melati"]', "[]")
    assert one["published_at"] == "2026-11-20T08:00:00+07:00"
    assert one["published_at_utc"] == "2026-11-20T01:00:00+00:00"
    assert two["published_at"] == ""
    assert (four["headline"], four["deck"]) == ("'=HYPERLINK(1)", "' @x")
    assert four["body"] == LONG


def test_jsonl_has_lists_and_says_what_the_page_said(library: Archive) -> None:
    one, two, _three, four = from_jsonl(written(library, "a.jsonl", order="kept")[0])
    assert (one["authors"], one["tags"], two["published_at"]) == (
        ["Sari Melati"],
        ["pasar", "beras"],
        None,
    )
    assert (four["headline"], four["caption"]) == ("=HYPERLINK(1)", "a\x01\ufffeb")


def test_parquet_has_types_and_row_groups(
    library: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "BATCH", 3)
    data, _done = written(library, "a.parquet", order="kept")
    one, two, _three, _four = from_parquet(data)
    assert one["published_at"] == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert one["published_at"].tzinfo is not None
    assert (one["authors"], one["article_id"], two["removed_at"].tzinfo is None) == (
        ["Sari Melati"],
        1,
        False,
    )
    assert parquet.ParquetFile(io.BytesIO(data)).num_row_groups == 2


def test_excel_has_dates_in_utc_texts_that_fit_and_nothing_that_runs(library: Archive) -> None:
    data, done = written(library, "a.xlsx", order="kept")
    one, two, _three, four = from_xlsx(data)
    assert float(one["published_at_utc"]) == pytest.approx(46346 + 1 / 24)
    assert (two["published_at_utc"], one["published_at"]) == (None, "2026-11-20T08:00:00+07:00")
    assert (four["headline"], four["caption"]) == ("=HYPERLINK(1)", "a\ufffd\ufffdb")
    assert (len(four["body"]), four["body"][-1], done.shortened) == (MAX_TEXT, "…", 1)


def test_excel_counts_a_letter_beyond_the_first_plane_twice(archive: Archive) -> None:
    keep(archive, story(1, body="🙂" * 20_000))
    (row,) = from_xlsx(written(archive, "a.xlsx")[0])
    assert len(row["body"].encode("utf-16-le")) <= 2 * MAX_TEXT


def test_more_articles_than_a_sheet_holds_are_refused(
    library: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MAX_ROWS", 3)
    with pytest.raises(ExportError, match=r"4 articles, and a sheet of \.xlsx holds 3"):
        written(library, "a.xlsx")
    assert written(library, "a.xlsx", limit=3)[1].articles == 3


def test_filters_words_and_orders_choose(library: Archive) -> None:
    def chosen(**options: Any) -> list[int]:
        return [row["article_id"] for row in from_jsonl(written(library, "a.jsonl", **options)[0])]

    assert chosen() == [2, 4, 3, 1]  # 2 was published at no known time, and first seen last
    assert chosen(order="oldest") == [1, 3, 4, 2]
    assert chosen(where=Filter(sites=("warta",))) == [3]
    assert chosen(query="panjang") == [4]
    assert chosen(query="pasar -naik", where=Filter(removed=True)) == [2]
    with pytest.raises(QueryError):
        chosen(query="pasar OR")


def test_the_past_is_exported_as_it_was(library: Archive) -> None:
    with library.as_of(NOW) as past:
        rows = from_jsonl(written(past, "a.jsonl", order="kept")[0])
    assert [row["article_id"] for row in rows] == [1, 2, 3, 4]  # what was taken down is gone, too
    assert (rows[0]["revision"], rows[1]["removed_at"], rows[2]["opted_out"]) == (1, None, None)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet", "a.xlsx"])
def test_memory_does_not_grow_with_the_archive(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(listing, "BATCH", 10)
    for number in range(60):
        keep(archive, story(number, body=f"{number} " + "x" * 30_000), at=NOW)

    def peak(limit: int) -> int:
        tracemalloc.start()
        with (tmp_path / f"{limit}.out").open("wb") as out:
            export(archive, out, format_of(name)[0], limit=limit)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)  # imports
    assert peak(60) < peak(10) + 750_000  # of 1.5 MB more


@pytest.mark.parametrize(
    "name", ["a", "a.txt", "a.xlsx.gz", "a.parquet.gz", ".gz", "csv.", "a.csv.bz2"]
)
def test_an_unknown_ending_is_refused_with_those_that_are_known(name: str) -> None:
    with pytest.raises(ExportError, match=r"its name must end in \.csv, .+ or \.jsonl\.gz"):
        format_of(name)


@pytest.mark.parametrize(("name", "missing"), [("a.parquet", "pyarrow"), ("a.xlsx", "xlsxwriter")])
def test_a_package_that_is_not_installed_is_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, name: str, missing: str
) -> None:
    for module in (missing, f"{missing}.parquet"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PackageMissing, match=r"pip install 'warta\[(export|notebook)\]'"):
        written(archive, name)


def test_what_is_written_meanwhile_is_not_in_the_file(
    library: Archive, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setattr(listing, "BATCH", 1)
    out = io.BytesIO()

    def edit(done: int, total: int | None = None) -> None:
        if done:
            with Archive(path) as writing:
                keep(writing, story(4, body=f"Baru {len(out.getvalue())}."), at=NOW + DAY)

    with Archive(path, read_only=True) as reading:
        export(reading, out, "jsonl", order="kept", progress=edit)
    assert [row["body"] for row in from_jsonl(out.getvalue())][-1] == LONG
