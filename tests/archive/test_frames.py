"""The public views as pandas frames and Arrow tables, and how pandas itself reads an archive."""

from __future__ import annotations

import io
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from shutil import copyfile
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from archive import Archive, frames
from archive.frames import VIEWS, View
from archive.search.filters import Filter
from tests.archive.invented import DAY, HOUR, NOW, announce, keep, link, rows, story, take_down
from tests.archive.syndication.syndicated import wire_on_three_sites
from tests.scraper.cli.test_commands import Warta

FIRST = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
"""When every story was published that does not say otherwise."""


village = partial(story, site="desa")


def fill(archive: Archive) -> None:
    """Stories 1 (edited half a second past the hour), 2 (no time, no author), 3 (removed), 4 (of
    the year 9999), and wire copy on three sites.
    """
    announce(archive, link(9))
    keep(archive, village(1))
    keep(archive, village(2, published_at=None, modified_at=None, authors=(), section=None))
    keep(archive, village(3, body="Isi."))
    keep(archive, village(4, published_at=datetime.max.replace(tzinfo=UTC), body="Isi."))
    keep(
        archive, village(1, headline="Pasar Sepi"), at=NOW + HOUR + timedelta(microseconds=500_000)
    )
    take_down(archive, village(3), at=NOW + DAY)
    wire_on_three_sites(archive)


@pytest.fixture
def news(path: Path, made: Callable[..., Path]) -> Iterator[Archive]:
    with Archive(copyfile(made(fill), path), read_only=True) as archive:
        yield archive


@pytest.mark.parametrize("view", VIEWS)
def test_a_frame_has_the_rows_and_columns_of_its_view(news: Archive, view: View) -> None:
    found = news.to_pandas(view)
    names = [name for name, *_rest in news.db.conn.execute(f"SELECT * FROM {view}").description]
    assert list(found.columns) == names
    assert len(found) == len(rows(news, f"SELECT 1 FROM {view}")) > 0


def test_times_are_aware_and_in_utc_and_missing_ones_are_missing(news: Archive) -> None:
    found = news.to_pandas().set_index("article_id")
    for name in ("published_at", "published_at_utc", "modified_at", "observed_at", "removed_at"):
        assert found[name].dtype == pd.DatetimeTZDtype("us", "UTC"), name
    assert found.published_at[1] == FIRST
    assert found.observed_at[1] == NOW + HOUR + timedelta(microseconds=500_000)
    assert found.published_at[4].year == 9999
    assert found.published_at_utc.isna()[[1, 2, 4]].to_list() == [False, True, True]
    assert found.removed_at[3] == NOW + DAY
    assert found.removed_at.notna().sum() == 1


def test_lists_are_lists_numbers_may_be_missing_and_few_names_are_categories(news: Archive) -> None:
    found = news.to_pandas().set_index("article_id")
    assert (found.authors[1], found.authors[2]) == (["Sari Melati"], [])
    assert found.cluster_id.dtype == pd.Int64Dtype()
    assert found.cluster_id.isna().any()
    assert found.site.dtype == "category"
    assert set(found.groupby("site", observed=True).size().index) == set(found.site.cat.categories)
    assert found.section.isna()[2]
    assert found.headline[1] == "Pasar Sepi"
    members = news.to_pandas("syndication")
    assert members.is_first.dtype == pd.BooleanDtype()
    assert members.similarity.dtype == float
    changed = news.to_pandas("history").query("kind == 'publisher'").changed
    assert changed.to_list() == [["headline"]]


def test_a_frame_of_some_columns_reads_no_others(news: Archive) -> None:
    found = news.to_pandas("history", columns=["site", "published_at_utc"])
    assert list(found.columns) == ["site", "published_at_utc"]


def test_a_frame_of_some_articles_has_their_rows_in_every_view(news: Archive) -> None:
    where = Filter(sites=("desa",), authors=("Melati",))
    assert news.to_pandas(where=where).article_id.to_list() == [1, 3, 4]
    assert news.to_pandas("history", where=where).article_id.to_list() == [1, 1, 3, 3, 4]
    assert len(news.to_pandas("syndication", where=Filter(sites=("warta",)))) == 1
    assert set(news.to_pandas("ledger", where=where).article_id) == {1, 3, 4}
    with news.as_of(NOW) as past:
        assert past.to_pandas("history", where=where).article_id.to_list() == [1, 3, 4]


def test_an_empty_archive_has_the_columns_and_types_of_any(path: Path, news: Archive) -> None:
    with Archive(path.with_name("empty.db")) as empty:
        for view in VIEWS:
            assert empty.to_arrow(view).schema == news.to_arrow(view).schema
            assert len(empty.to_pandas(view)) == 0


def test_unknown_views_and_columns_are_refused_and_so_is_sql(news: Archive) -> None:
    with pytest.raises(ValueError, match="checks: there is no such view; there are latest,"):
        news.to_arrow("checks")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="latest has no column judul; it has article_id, site,"):
        news.to_pandas(columns=["site", "judul"])
    with pytest.raises(ValueError, match="latest has no column 1; DROP TABLE clock"):
        news.to_pandas(columns=["1; DROP TABLE clock"])


def test_as_of_a_time_a_frame_is_what_it_was(news: Archive) -> None:
    with news.as_of(NOW) as past:
        found = past.to_pandas().set_index("article_id")
        assert found.headline[1] == "Pasar Tanjung Ramai Lagi (1)"
        assert found.removed_at.isna().all()


# In batches


def test_batches_are_of_bounded_size_and_together_are_the_table(
    news: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = news.to_arrow("history")
    monkeypatch.setattr(frames, "BATCH", 3)
    batches = list(news.arrow_batches("history"))
    assert {batch.num_rows for batch in batches[:-1]} == {3}
    together = pa.Table.from_batches(batches).unify_dictionaries()
    assert together.to_pylist() == whole.to_pylist()


def test_batches_go_into_a_parquet_file_as_they_come(
    news: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "BATCH", 2)
    reader = news.arrow_batches()
    with pq.ParquetWriter(tmp_path / "latest.parquet", reader.schema) as file:
        for batch in reader:
            file.write_batch(batch)
    read = pq.read_table(tmp_path / "latest.parquet")
    assert read["headline"].to_pylist() == news.to_arrow()["headline"].to_pylist()


def test_what_is_written_meanwhile_is_in_no_later_batch(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "BATCH", 1)
    with Archive(path) as writer, Archive(path, read_only=True) as reader:
        keep(writer, story(1))
        keep(writer, story(2))
        batches = reader.arrow_batches()
        next(batches)
        keep(writer, story(3))
        assert sum(batch.num_rows for batch in batches) == 1


# Optional packages


@pytest.mark.parametrize("missing", ["pandas", "pyarrow"])
def test_a_missing_package_is_one_line_with_the_extra(news: Archive, missing: str) -> None:
    code = f"""
import sys
sys.modules[{missing!r}] = None
from archive import Archive, ArchiveError
with Archive({str(news.path)!r}, read_only=True) as archive:
    try:
        archive.to_pandas()
    except ArchiveError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == (
        f"this needs more packages ({missing} is missing): pip install 'warta[notebook]'\n"
    )


def test_pandas_is_imported_when_it_is_needed_and_may_be_there_before(news: Archive) -> None:
    code = f"""
import sys
{{}}
from archive import Archive
loaded = {{{{"pandas", "pyarrow"}}}} & sys.modules.keys()
with Archive({str(news.path)!r}, read_only=True) as archive:
    print(len(loaded), len(archive.to_pandas()))
"""
    for first, expected in (("", 0), ("import pandas, pyarrow", 2)):
        done = subprocess.run(
            [sys.executable, "-c", code.format(first)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.split() == [str(expected), str(len(rows(news, "SELECT 1 FROM latest")))]


# pandas by itself


def test_pandas_reads_the_times_of_a_view_in_one_go(news: Archive) -> None:
    statement = "SELECT site, published_at_utc, observed_at FROM latest ORDER BY article_id"
    with closing(sqlite3.connect(f"file:{news.path}?mode=ro", uri=True)) as connection:
        for times in (["published_at_utc"], dict.fromkeys(TIMES, "ISO8601")):
            found = pd.read_sql(statement, connection, parse_dates=times)
            for name in times:
                assert isinstance(found[name].dtype, pd.DatetimeTZDtype), name
            assert found.published_at_utc[0] == FIRST
            assert pd.isna(found.published_at_utc[1])
    assert found.observed_at.to_list() == news.to_pandas().observed_at.to_list()


TIMES = ("published_at_utc", "observed_at")


def test_pandas_reads_the_output_of_commands_in_one_go(news: Archive, warta: Warta) -> None:
    expected = [NOW + DAY, NOW + HOUR + timedelta(microseconds=500_000)]
    text = warta("changes", options=("--csv",)).stdout
    found = pd.read_csv(io.StringIO(text), parse_dates=["observed_at"], date_format="ISO8601")
    assert found.observed_at.to_list() == expected
    text = warta("changes", options=("--json",)).stdout
    found = pd.read_json(io.StringIO(text), lines=True)
    assert pd.to_datetime(found.observed_at, format="ISO8601").to_list() == expected
    assert found.changed.to_list() == [[], ["headline"]]


@pytest.mark.parametrize("name", ["stories.csv", "stories.jsonl", "stories.parquet"])
def test_pandas_reads_an_export_in_one_go(
    news: Archive, warta: Warta, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    assert warta("export", str(file)).exit_code == 0
    found = {".csv": read_csv, ".jsonl": read_json, ".parquet": pd.read_parquet}[file.suffix](file)
    expected = news.to_pandas().set_index("article_id")
    found = found.set_index("article_id").sort_index()
    for time in TIMES:
        assert found[time].dtype == pd.DatetimeTZDtype("us", "UTC")
        assert found[time].dropna().to_list() == expected[time].dropna().to_list()
    assert found.headline.to_list() == expected.headline.to_list()


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_pandas_reads_a_list_in_one_go(news: Archive, warta: Warta, option: str) -> None:
    text = io.StringIO(warta("list", options=(option, "--sort", "oldest")).stdout)
    found = (read_json if option == "--json" else read_csv)(text)
    expected = news.to_pandas(columns=["article_id", *TIMES]).set_index("article_id")
    found = found.set_index("article_id").sort_index()
    for time in TIMES:
        assert found[time].dropna().to_list() == expected[time].dropna().to_list()


def read_csv(file: Any) -> Any:
    return pd.read_csv(file, parse_dates=list(TIMES), date_format="ISO8601")


def read_json(file: Any) -> Any:
    """JSON has no times: they are texts until they are read as what they are."""
    found = pd.read_json(file, lines=True)
    return found.assign(**{time: pd.to_datetime(found[time], format="ISO8601") for time in TIMES})
