"""`--any-site` and `--language`: publishers without a profile, and stories in one language."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from scraper.cli.main import main
from scraper.ingest.web_archives import importing
from tests.scraper.ingest.web_archives.conftest import Desk
from tests.scraper.ingest.web_archives.material import response, stories

OWN, PAGE = stories(1)[0]
ENGLISH = (
    "The farmers of the valley have built a new road along the river this week, and the council"
    " said that the work will be finished before the rains begin in earnest."
)


def of_host(host: str, count: int, *, first: int = 1) -> list[tuple[str, bytes]]:
    """Stories of a publisher without a profile."""
    return [
        (url.replace("rmol.id", host), page.replace(b"rmol.id", host.encode()))
        for url, page in stories(first + count)[first:]
    ]


def english(host: str) -> tuple[str, bytes]:
    paragraphs = "".join(f"<p>{ENGLISH} ({number})</p>" for number in range(8))
    head = '<meta property="og:type" content="article"><title>A New Road Along the River</title>'
    page = f"<html lang=en><head>{head}</head><body><h1>A New Road Along the River</h1>{paragraphs}"
    return f"https://{host}/news/a-new-road", page.encode()


@pytest.fixture
def mixed(desk: Desk) -> Path:
    """A story of a known publisher, three of another one and a list, an English one."""
    records = [response(OWN, PAGE)]
    records += [response(*story) for story in of_host("www.lereng.example", 3)]
    records.append(response("https://www.lereng.example/tag/padi", PAGE))
    records.append(response(*english("harbour.example")))
    return desk.write("mixed.warc.gz", *records)


def run(desk: Desk, *words: str) -> Result:
    done = CliRunner().invoke(main, [*words, "--archive", str(desk.news)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_known_publishers_alone_are_taken_unless_all_are_wanted(desk: Desk, mixed: Path) -> None:
    done = desk.take(mixed)

    assert done.counts == {"records": 6, "new": 1, "skipped": {"unknown_publisher": 5}}


def test_pages_that_look_like_articles_are_taken_under_their_hosts_name(
    desk: Desk, mixed: Path
) -> None:
    done = desk.take("--any-site", mixed)

    assert done.counts == {"records": 6, "new": 5, "skipped": {"tag_page": 1}}
    sites = Counter(site for site, _headline in desk.stories().values())
    assert sites == {"rmol": 1, "lereng.example": 3, "harbour.example": 1}


def test_another_language_is_left_out(desk: Desk, mixed: Path) -> None:
    done = desk.take("--any-site", "--language", "id", mixed)

    assert done.counts["skipped"] == {"tag_page": 1, "other_language": 1}
    assert {site for site, _headline in desk.stories().values()} == {"rmol", "lereng.example"}

    desk.take("--any-site", "--language", "id", "--language", "en", mixed)
    assert "harbour.example" in {site for site, _headline in desk.stories().values()}


def test_the_language_of_known_publishers_counts_as_well(desk: Desk, mixed: Path) -> None:
    assert desk.take("--language", "en", mixed).counts["skipped"]["other_language"] == 1
    assert desk.stories() == {}


def test_a_language_that_is_none_and_a_missing_model_are_one_line(
    desk: Desk, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = desk.take("--language", "indonesia", mixed)
    monkeypatch.setitem(sys.modules, "py3langid", None)
    monkeypatch.setitem(sys.modules, "py3langid.langid", None)
    monkeypatch.delitem(sys.modules, "archive.corpus.filters.language", raising=False)
    missing = desk.take("--language", "id", mixed)

    assert (unknown.status, missing.status) == (2, 2)
    assert "indonesia" in unknown.errors
    assert "pip install 'warta[corpus]'" in missing.errors
    assert not desk.news.exists()


def test_all_ways_to_a_story_are_one_story(desk: Desk) -> None:
    ((url, page),) = of_host("www.lereng.example", 1)
    plain = url.replace("www.", "")
    ways = [url, plain, url.replace("www.", "m."), f"{url}?utm_source=x", f"{plain}/amp"]
    file = desk.write(
        "ways.warc.gz",
        *(
            response(way, page, date=f"2026-11-2{number}T08:00:00Z")
            for number, way in enumerate(ways)
        ),
    )

    done = desk.take("--any-site", file)

    assert done.counts == {"records": 5, "new": 1, "unchanged": 4}


def test_the_address_that_a_page_declares_is_its_storys(desk: Desk) -> None:
    ((url, page),) = of_host("lereng.example", 1)
    other = f"https://lereng.example/warga/{url.rpartition('/')[2]}"
    file = desk.write(
        "declared.warc.gz", response(url, page), response(other, page, date="2026-11-22T08:00:00Z")
    )

    assert desk.take("--any-site", file).counts == {"records": 2, "new": 1, "unchanged": 1}


def test_a_second_import_changes_nothing_and_another_order_the_same(
    desk: Desk, mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many profiles are kept at a time: a file may have thousands."""
    more = desk.write(
        "more.warc.gz", *(response(*s) for s in of_host("lereng.example", 2, first=8))
    )
    folder = tmp_path / "other"
    folder.mkdir()
    other = Desk(folder)

    desk.take("--any-site", mixed, more)
    monkeypatch.setattr(importing, "MAX_CACHED", 1)
    other.take("--any-site", more, mixed)

    assert desk.stories() == other.stories()
    again = desk.take("--any-site", mixed, more)
    assert all(not row["new"] and not row["revised"] for row in again.rows)


def test_other_commands_live_with_sites_that_are_hosts(
    desk: Desk, mixed: Path, tmp_path: Path
) -> None:
    desk.take("--any-site", mixed)
    site = ("--site", "https://www.lereng.example/")

    listed = run(desk, "list", "--json", *site)
    assert [json.loads(line)["site"] for line in listed.stdout.splitlines()] == [
        "lereng.example"
    ] * 3
    for words in (
        ["stats", "--json"],
        ["search", "warga", *site],
        ["changes", *site],
        ["coverage", *site],
        ["clusters"],
        ["health"],
        ["verify"],
        ["reextract", "--all", *site],
        ["export", str(tmp_path / "stories.csv"), *site],
    ):
        done = run(desk, *words)
        assert done.exit_code in (0, 3), (words, done.output)
        assert "Error" not in done.output, (words, done.output)
    with Archive(desk.news, read_only=True) as archive:
        assert set(archive.db.conn.execute("SELECT number FROM history").fetchall()) == {(1,)}
    unknown = run(desk, "list", "--site", "jurang.example")
    assert unknown.exit_code == 2
    assert "jurang.example" in unknown.output


@pytest.mark.slow
def test_a_corpus_is_built_of_them(desk: Desk, tmp_path: Path) -> None:
    stories_ = of_host("lereng.example", 20)
    desk.take("--any-site", desk.write("many.warc.gz", *(response(*story) for story in stories_)))

    done = run(desk, "corpus", "build", str(tmp_path / "corpus"), "--filters", "none")

    assert done.exit_code == 0, done.output
    assert "20 articles" in done.output
