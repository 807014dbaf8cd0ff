"""An archive as Parquet tables by site and month: read back by the engines that people use."""

from __future__ import annotations

import os
import re
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from shutil import copyfile
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import dataset, parquet

from archive import Archive
from archive.database.lock_files import take_lock
from archive.errors import ExportError
from archive.export import tables as exporting
from archive.export.tables import NO_MONTH, TABLES, export_tables
from archive.maintenance.takedown import take_down as take_down_here
from tests.archive.export.test_export import fill
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    keep,
    link,
    new_archive,
    rows,
    story,
    url_of,
)
from tests.documents import MANUAL, ROOT, blocks
from tests.examples import COSTLY

BLOCKS = [block.text for block in blocks(MANUAL / "tables.md") if block.language == "python"]


def fill_and_announce(archive: Archive) -> None:
    fill(archive)
    announce(archive, link(9), at=NOW)


@pytest.fixture
def library(path: Path, made: Callable[..., Path]) -> Iterator[Archive]:
    with Archive(copyfile(made(fill_and_announce), path)) as archive:
        yield archive


def files(folder: Path) -> dict[str, bytes]:
    """Path -> content of all files, hidden ones included."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def read(folder: Path, table: str) -> list[dict[str, Any]]:
    layout = dataset.partitioning(
        pa.schema([("site", pa.string()), ("month", pa.string())]), flavor="hive"
    )
    found = dataset.dataset(folder / table, partitioning=layout).to_table().to_pylist()
    return sorted(found, key=str)


def test_each_table_has_a_file_for_each_site_and_month(library: Archive, tmp_path: Path) -> None:
    done = export_tables(library, tmp_path / "tabel")
    assert sorted(files(tmp_path / "tabel")) == [
        f"articles/site={SITE}/month=2026-11/part-0.parquet",
        f"articles/site={SITE}/month={NO_MONTH}/part-0.parquet",
        "articles/site=warta/month=2026-11/part-0.parquet",
        f"clusters/site={SITE}/month=2026-11/part-0.parquet",
        f"clusters/site={SITE}/month={NO_MONTH}/part-0.parquet",
        "clusters/site=warta/month=2026-11/part-0.parquet",
        f"ledger/site={SITE}/month=2026-11/part-0.parquet",
        "ledger/site=warta/month=2026-11/part-0.parquet",
        f"revisions/site={SITE}/month=2026-11/part-0.parquet",
        "revisions/site=warta/month=2026-11/part-0.parquet",
    ]
    assert done.files == 10
    assert done.opted_out == 1


def in_one_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(sorted(row.items())))


def test_many_publishers_are_in_one_file_a_month_that_is_sorted_by_site(
    library: Archive, tmp_path: Path
) -> None:
    export_tables(library, tmp_path / "each")
    export_tables(library, tmp_path / "months", by_site=False)
    assert sorted(files(tmp_path / "months")) == [
        f"{table}/month={month}/part-0.parquet"
        for table in ("articles", "clusters", "ledger", "revisions")
        for month in ("2026-11", NO_MONTH)
        if month != NO_MONTH or table in ("articles", "clusters")
    ]
    layout = dataset.partitioning(pa.schema([("month", pa.string())]), flavor="hive")
    for table in ("articles", "clusters", "ledger", "revisions"):
        found = dataset.dataset(tmp_path / "months" / table, partitioning=layout)
        together = sorted(
            found.to_table().to_pylist(), key=lambda row: str(sorted(row.items(), key=str))
        )
        apart = sorted(
            read(tmp_path / "each", table), key=lambda row: str(sorted(row.items(), key=str))
        )
        assert together == apart
        for file in found.files:
            sites = parquet.read_table(file, partitioning=None)["site"].to_pylist()
            assert sites == sorted(sites)


def test_a_file_has_a_limit_of_rows_and_others_follow_it(
    library: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_tables(library, tmp_path / "one")
    monkeypatch.setattr(exporting, "MAX_ROWS", 2)
    done = export_tables(library, tmp_path / "some")
    for table in ("articles", "clusters", "ledger", "revisions"):
        assert read(tmp_path / "some", table) == read(tmp_path / "one", table)
    paths = list((tmp_path / "some").rglob("*.parquet"))
    assert len(paths) == done.files
    assert any(path.name == "part-1.parquet" for path in paths)
    assert all(parquet.read_metadata(path).num_rows <= 2 for path in paths)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_the_rows_of_its_view(
    library: Archive, tmp_path: Path, table: exporting.Table
) -> None:
    done = export_tables(library, tmp_path / "tabel")
    found = read(tmp_path / "tabel", table.name)
    key = ", ".join(("site", *table.key))
    gone = f"WHERE url != '{url_of(5)}'"  # taken down here
    expected = rows(library, f"SELECT {key} FROM {table.view} {gone} ORDER BY {key}")
    assert sorted(tuple(row[name] for name in ("site", *table.key)) for row in found) == expected
    assert done.rows[table.name] == len(expected) > 1
    for row in found:
        dated = row[table.dated]
        assert row["month"] == (dated and dated.strftime("%Y-%m"))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_manual_documents_the_columns_and_their_types(
    library: Archive, tmp_path: Path, table: exporting.Table
) -> None:
    text = (MANUAL / "tables.md").read_text("utf-8")
    (documented,) = re.findall(rf"column of `{table.name}` .*\n\|---.*\n((?:\|.*\n)+)", text)
    columns = re.findall(r"^\| `(\w+)` \| ([\w ]+) \|", documented, re.M)
    export_tables(library, tmp_path / "tabel")
    for file in (tmp_path / "tabel" / table.name).rglob("*.parquet"):
        schema = parquet.read_schema(file)
        assert [(field.name, kind(field.type)) for field in schema] == columns


def kind(of: pa.DataType) -> str:
    """The name of a type in the manual."""
    names = {"timestamp[us, tz=UTC]": "timestamp", "list<element: string>": "list of string"}
    if pa.types.is_dictionary(of):
        return "category"
    return names.get(str(of), str(of))


def test_what_was_taken_down_is_in_no_file(library: Archive, tmp_path: Path) -> None:
    export_tables(library, tmp_path / "kini")
    export_tables(library, tmp_path / "dulu", as_of=NOW)
    for name in ("kini", "dulu"):
        for table in TABLES:
            assert all(row["url"] != url_of(5) for row in read(tmp_path / name, table.name))


def test_one_that_is_taken_down_meanwhile_is_in_no_file(library: Archive, tmp_path: Path) -> None:
    once = iter([True])

    def removes(_done: int, total: int | None = None) -> None:
        if next(once, False):
            key = f"{SITE}-1"
            at = NOW + DAY
            take_down_here(library, SITE, key, url=url_of(1), reason="diminta", now=at)

    export_tables(library, tmp_path / "tabel", progress=removes)
    assert {row["article_id"] for row in read(tmp_path / "tabel", "articles")} == {2, 3, 4}
    assert all(row["article_id"] != 1 for row in read(tmp_path / "tabel", "revisions"))


def test_tables_as_of_a_time_are_those_of_then(library: Archive, tmp_path: Path) -> None:
    export_tables(library, tmp_path / "dulu", as_of=NOW)
    assert all(row["removed_at"] is None for row in read(tmp_path / "dulu", "articles"))
    assert {row["kind"] for row in read(tmp_path / "dulu", "revisions")} == {"first"}


def test_only_these_sites(library: Archive, tmp_path: Path) -> None:
    export_tables(library, tmp_path / "tabel", sites=("warta",))
    for table in TABLES:
        assert {row["site"] for row in read(tmp_path / "tabel", table.name)} == {"warta"}


def test_the_bytes_are_the_same_whatever_was_written_since(
    library: Archive, tmp_path: Path
) -> None:
    export_tables(library, tmp_path / "satu")
    keep(library, story(1, headline="Lain Lagi"), at=NOW + DAY)
    export_tables(library, tmp_path / "dua", as_of=NOW + HOUR)
    export_tables(library, tmp_path / "tiga", as_of=NOW + HOUR)
    one, two, three = (files(tmp_path / name) for name in ("satu", "dua", "tiga"))
    assert two == three
    assert (
        one["articles/site=warta/month=2026-11/part-0.parquet"]
        == (two["articles/site=warta/month=2026-11/part-0.parquet"])
    )


@pytest.mark.parametrize("left", range(1, 10))
def test_killed_anywhere_the_same_call_goes_on(
    library: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    export_tables(library, tmp_path / "utuh")
    written: list[str] = []
    write = exporting._write_file

    def killed(file: Path, *rest: Any) -> None:
        if len(written) == left:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.with_name(f".{file.name}").write_bytes(b"PAR1 half")
            raise KeyboardInterrupt
        written.append(str(file))
        write(file, *rest)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(exporting, "_write_file", killed)
        export_tables(library, tmp_path / "tabel")
    assert not (tmp_path / "tabel").exists()
    keep(library, story(8), at=NOW + DAY)  # of a later time than what is exported

    def noted(file: Path, *rest: Any) -> None:
        written.append(str(file))
        write(file, *rest)

    monkeypatch.setattr(exporting, "_write_file", noted)
    export_tables(library, tmp_path / "tabel")
    assert files(tmp_path / "tabel") == files(tmp_path / "utuh")
    assert len(written) == 10
    assert not (tmp_path / "tabel.partial").exists()


SITES = st.text(min_size=1, max_size=20).filter(lambda name: name.isprintable())


@COSTLY
@given(SITES)
def test_a_site_may_have_any_name(site: str) -> None:
    """Names of hosts come from pages: none leads out of the folder."""
    with new_archive() as archive:
        with archive.transaction(NOW):
            archive.ledger.url_id("https://a.example/1", site=site)
        out = archive.path.with_name("tabel")
        export_tables(archive, out)
        assert len(files(out)) == 1
        assert [row["site"] for row in read(out, "ledger")] == [site]


def test_nothing_in_the_archive_leads_out_of_the_folder() -> None:
    ledger = exporting.TABLES[-1]
    assert len(exporting._folder(ledger, "../../a", "../../b").parts) == 3
    assert ".." not in exporting._folder(ledger, "..", "..").parts


def test_a_table_takes_the_same_memory_for_any_number_of_rows(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        exporting, "TABLES", [exporting.Table(**{**_fields(exporting.TABLES[-1]), "rows": 100})]
    )
    peaks = []
    for number, many in enumerate((2_000, 8_000)):
        with archive.transaction(NOW):
            for each in range(many):
                archive.ledger.url_id(f"https://a.example/{number}/{each}", site=SITE)
        tracemalloc.start()
        export_tables(archive, tmp_path / str(number))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def _fields(table: exporting.Table) -> dict[str, Any]:
    return {each.name: getattr(table, each.name) for each in fields(table)}


# What cannot be written


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "articles.parquet").write_bytes(b"PAR1 of somebody else")


def test_another_export_does_not_go_on_there(
    library: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_anything: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(exporting, "_write_file", stopped)
        export_tables(library, tmp_path / "tabel")
    with pytest.raises(ExportError, match="another export was begun here"):
        export_tables(library, tmp_path / "tabel", sites=(SITE,))
    (tmp_path / "tabel.partial/export.json").write_text("{")
    with pytest.raises(ExportError, match="it was damaged; remove it"):
        export_tables(library, tmp_path / "tabel")


@pytest.mark.parametrize("make", [_folder, Path.touch, lambda path: path.symlink_to("nirwana")])
@pytest.mark.parametrize("name", ["tabel", "tabel.partial"])
def test_what_is_there_is_left_as_it_is(
    library: Archive, tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    make(tmp_path / name)
    with pytest.raises(ExportError, match="left as it is"):
        export_tables(library, tmp_path / "tabel")
    assert os.path.lexists(tmp_path / name)


def test_an_empty_archive_has_no_tables(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="the archive is empty"):
        export_tables(archive, tmp_path / "tabel")
    assert not list(tmp_path.glob("tabel*"))


def test_one_process_at_a_time_writes_it(library: Archive, tmp_path: Path) -> None:
    with take_lock(tmp_path / "tabel.partial.lock"):
        export_tables(library, tmp_path / "tabel")  # this process holds it
    assert [path.name for path in tmp_path.glob("tabel*")] == ["tabel"]


# The engines


@pytest.mark.parametrize("block", BLOCKS, ids=["duckdb", "polars", "spark"])
def test_the_queries_of_the_manual_run(
    library: Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    block: str,
) -> None:
    engine = re.findall(r"^(?:import|from) (\w+)", block, re.M)[0]
    pytest.importorskip(engine, reason=f"{engine} is not installed")
    export_tables(library, tmp_path / "tables")
    monkeypatch.chdir(tmp_path)
    exec(compile(block, engine, "exec"), {})
    shown = capfd.readouterr().out
    expected = {"duckdb": "2026-11", "polars": "Ekonomi", "pyspark": "kept"}
    assert expected[engine] in shown


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pyspark"])
def test_the_queries_of_the_readme_run(
    library: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    pytest.importorskip(engine, reason=f"{engine} is not installed")
    (block,) = (block for block in blocks(ROOT / "README.md") if block.language == "py")
    export_tables(library, tmp_path / "tables")
    monkeypatch.chdir(tmp_path)
    lines = [line for line in block.text.splitlines()[1:] if engine.removeprefix("py") in line]
    assert lines
    exec("\n".join([f"import {engine}" + ".sql" * (engine == "pyspark"), *lines]), {})


def test_a_month_without_a_date_is_null_to_duckdb(library: Archive, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    export_tables(library, tmp_path / "tables")
    found = duckdb.sql(
        f"SELECT article_id FROM '{tmp_path}/tables/articles/*/*/*.parquet' WHERE month IS NULL"
    ).fetchall()
    assert found == [(2,)]
