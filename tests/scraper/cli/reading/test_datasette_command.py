"""`warta datasette`: what real Datasette shows of an archive with this metadata."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from archive import Archive
from scraper.cli.demo.proxy import ReplayProxy
from tests.archive.invented import BODY, HOUR, NOW, announce, keep, link, story, value
from tests.archive.syndication.wire import WIRE

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Datasette and what it imports
]

Warta = Callable[..., Result]
SETTINGS = {"truncate_cells_html": 100, "sql_time_limit_ms": 1_000}
HEADLINE = 'Banjir <script>alert("x")</script> & <b>Longsor</b>'


def fill(archive: Archive) -> None:
    """Two sites with one wire text, an edited headline, a removal, and a headline of mark-up."""
    announce(archive, *map(link, range(1, 5)))
    keep(archive, story(1, headline=HEADLINE, section="Daerah"))
    keep(archive, story(1, headline="Banjir Surut", section="Daerah"), at=NOW + HOUR)
    keep(archive, story(2, headline=HEADLINE, section="Nasional", body=WIRE))
    keep(archive, story(3, site="berita", headline="Waduk Diisi", body=WIRE), at=NOW + HOUR)
    keep(archive, story(4, headline="Suara-suara Malam", body=f"{BODY}\n\nJangkrik."))


@pytest.fixture
def library(path: Path, made: Callable[..., Path]) -> Path:
    return Path(shutil.copyfile(made(fill), path))


@pytest.fixture
def metadata(warta: Warta) -> dict[str, Any]:
    result = warta("datasette")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def shown(archive: Path, metadata: dict[str, Any], *addresses: str) -> list[Any]:
    """What Datasette answers: JSON as values, pages as text."""
    from datasette.app import Datasette

    async def ask() -> list[Any]:
        served = Datasette([str(archive)], metadata=metadata, settings=SETTINGS)
        await served.invoke_startup()
        answers = [await served.client.get(address) for address in addresses]
        assert [answer.status_code for answer in answers] == [200] * len(answers), addresses
        return [a.json() if ".json" in a.url.path else a.text for a in answers]

    return asyncio.run(ask())


def rows(archive: Path, metadata: dict[str, Any], address: str) -> list[dict[str, Any]]:
    (found,) = shown(archive, metadata, address)
    assert not found.get("truncated")
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


# Search, facets, order


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("jangkrik", [4]),
        ("suara-suara", [4]),  # raw queries of FTS5 would take the hyphen for an operator
        ("surut", [1]),
        ('"suara malam"', [4]),
        ('"malam suara"', []),
        ('" OR )', []),
    ],
)
def test_the_search_box_finds_stories_by_plain_words(
    library: Path, metadata: dict[str, Any], words: str, numbers: list[int]
) -> None:
    address = f"/news/latest.json?_search={urllib.parse.quote(words)}"
    assert [row["article_id"] for row in rows(library, metadata, address)] == numbers


def test_the_page_of_stories_has_a_search_box_and_facets(
    library: Path, metadata: dict[str, Any]
) -> None:
    page, found = shown(library, metadata, "/news/latest", "/news/latest.json?_facet=site")
    assert 'name="_search"' in page
    assert "Place that the story is datelined from." in page
    facets = found["facet_results"]
    assert {"site", "section", "agency"} <= set(facets)
    counts = {one["value"]: one["count"] for one in facets["site"]["results"]}
    assert counts == {"kabar": 3, "berita": 1}
    times = [row[found["columns"].index("published_at_utc")] for row in found["rows"]]
    assert times == sorted(times, reverse=True)


def test_mark_up_of_a_headline_stays_text_on_every_page(
    library: Path, metadata: dict[str, Any]
) -> None:
    queries = [f"/news/{name}?site=&since=" for name in metadata["databases"]["news"]["queries"]]
    pages = shown(library, metadata, "/news/latest", "/news/history", *queries)
    assert sum("&lt;script&gt;" in page for page in pages) >= 3
    for page in pages:
        assert '<script>alert("x")' not in page
        assert "<b>Longsor" not in page


def test_cells_are_short(library: Path, metadata: dict[str, Any]) -> None:
    (page,) = shown(library, metadata, "/news/latest")
    assert WIRE[:60] in page
    assert WIRE[:300] not in page


# What is hidden


def test_internal_tables_are_hidden_and_internal_views_not_listed(
    library: Path, metadata: dict[str, Any]
) -> None:
    page, found = shown(library, metadata, "/news", "/news.json")
    visible = {table["name"] for table in found["tables"] if not table["hidden"]}
    assert visible == {"crawls"}
    views = {view["name"] for view in found["views"]}
    assert views == {"latest", "history", "syndication", "ledger", "drifted"}
    assert ">revisions<" not in page


def test_every_table_and_view_of_an_archive_is_shown_or_hidden(
    library: Path, metadata: dict[str, Any]
) -> None:
    with Archive(library, read_only=True) as archive:
        names = {
            name
            for (name,) in archive.db.conn.execute(
                "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
            )
        }
    assert set(metadata["databases"]["news"]["tables"]) == names


def test_every_column_of_what_is_shown_is_described(
    library: Path, metadata: dict[str, Any]
) -> None:
    with Archive(library, read_only=True) as archive:
        for name in ("latest", "history", "syndication", "ledger", "drifted"):
            described = metadata["databases"]["news"]["tables"][name]["columns"]
            found = archive.db.conn.execute(f"SELECT * FROM {name}").description
            assert list(described) == [column for column, *_rest in found]


def test_bytes_have_their_unit(library: Path, metadata: dict[str, Any]) -> None:
    with Archive(library) as archive, archive.transaction(NOW + HOUR):
        crawl = archive.crawls.begin("kabar", version="0", arguments={})
        archive.crawls.end(crawl, counts={}, received=12_345, reason="finished")
    (page,) = shown(library, metadata, "/news/crawls")
    assert "12.345&nbsp;kB" in page


# Queries


def test_headline_changes(library: Path, metadata: dict[str, Any]) -> None:
    (row,) = rows(library, metadata, "/news/headline_changes.json?site=&since=")
    assert (row["headline_before"], row["headline_after"]) == (HEADLINE, "Banjir Surut")
    for nothing in ("site=berita&since=", "site=&since=2026-11-21"):
        assert rows(library, metadata, f"/news/headline_changes.json?{nothing}") == []


def test_who_copied_whom(library: Path, metadata: dict[str, Any]) -> None:
    with Archive(library, read_only=True) as archive:
        agency = value(archive, "SELECT agency FROM latest WHERE site = 'berita'")
    found = rows(library, metadata, "/news/who_copied_whom.json?site=berita&since=")
    assert [(row["source"], row["stories"]) for row in found] == [(agency or "kabar", 1)]


def test_coverage_counts_each_day(library: Path, metadata: dict[str, Any]) -> None:
    found = rows(library, metadata, "/news/coverage.json?site=kabar&since=2026-11-20")
    assert [(row["day"], row["site"], row["announced"]) for row in found] == [
        ("2026-11-20", "kabar", 4)
    ]


@pytest.fixture
def of_the_demo(demo: tuple[Path, ReplayProxy], path: Path, warta: Warta) -> dict[str, Any]:
    shutil.copy(demo[0], path)
    return json.loads(warta("datasette").stdout)


def test_every_query_finds_something_in_the_demo_within_a_second(
    path: Path, of_the_demo: dict[str, Any]
) -> None:
    names = list(of_the_demo["databases"]["news"]["queries"])
    assert len(names) == 5
    for name in names:
        assert rows(path, of_the_demo, f"/news/{name}.json?site=&since="), name
        assert rows(path, of_the_demo, f"/news/{name}.json?site=suara&since=2026-01-01") is not None


def test_every_page_of_the_demo_opens(path: Path, of_the_demo: dict[str, Any]) -> None:
    tables = of_the_demo["databases"]["news"]["tables"]
    shown(
        path,
        of_the_demo,
        "/",
        "/news",
        *(f"/news/{name}" for name in tables if "allow" not in tables[name]),
    )


# As users start it


@pytest.fixture
def served(library: Path, metadata: dict[str, Any], tmp_path: Path) -> Iterator[str]:
    """The address of a Datasette that runs on loopback, beside a writer."""
    file = tmp_path / "metadata.json"
    file.write_text(json.dumps(metadata))
    command = [sys.executable, "-W", "ignore", "-m", "datasette", "serve", str(library)]
    command += ["-m", str(file), "--port", "0", "--setting", "truncate_cells_html", "100"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stderr is not None
        address = next(filter(None, (re.search(r"http://\S+", line) for line in process.stderr)))
        yield address[0]
        process.kill()
        process.stderr.close()


@pytest.mark.processes
def test_datasette_serves_it_with_the_metadata_of_the_command(served: str, library: Path) -> None:
    with Archive(library) as archive:
        keep(archive, story(9, body="Cerita tentang belalang."), at=NOW + 2 * HOUR)
    address = f"{served}/news/latest.json?_search=belalang"
    with urllib.request.urlopen(address, timeout=60) as answer:
        assert len(json.load(answer)["rows"]) == 1


def test_the_database_is_named_after_the_file(warta: Warta, library: Path) -> None:
    odd = library.rename(library.with_name("arsip 1.2.db"))
    (name,) = json.loads(warta("datasette", archive=odd).stdout)["databases"]
    assert name == "arsip 1.2"


def test_an_empty_archive_is_shown(warta: Warta, path: Path) -> None:
    Archive(path).close()
    found = json.loads(warta("datasette").stdout)
    assert rows(path, found, "/news/latest.json") == []
