"""The pages of the web view, on the archive of the demo."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Archive
from tests.archive.invented import HOUR, NOW, SITE, announce, keep, link, story
from tests.scraper.web.visiting import Site

EDITED = 1
"""An article of the demo that its publisher edited."""


@pytest.fixture(scope="module")
def kept(demo_archive: Path) -> dict[str, int]:
    """Numbers of the demo's articles by what happened to them."""
    with Archive(demo_archive, read_only=True) as archive:
        query = archive.db.conn.execute
        (removed,) = query("SELECT max(id) FROM articles WHERE removed_at IS NOT NULL").fetchone()
        (cluster, copy) = query(
            "SELECT cluster_id, article_id FROM members WHERE NOT is_first LIMIT 1"
        ).fetchone()
        return {"removed": removed, "cluster": cluster, "copy": copy}


def test_the_front_page_shows_stories_edits_and_health(demo_site: Site) -> None:
    page = demo_site.get("/")
    assert page.status == 200
    assert "Newest in the archive" in page.words
    assert "Pameran Kitab Langka di Isfandar Diperpanjang Jadi Tiga Bulan" in page.words
    assert "edited by the publisher : headline, text" in page.words
    assert re.search(r"suara : unhealthy", page.words)


def test_an_article_has_its_text_revisions_evidence_and_citation(demo_site: Site) -> None:
    page = demo_site.get(f"/article/{EDITED}")
    assert "naskah dari abad ke-10" in page.words
    assert "Revision 2 edited by the publisher" in page.words
    assert "No opt-out of text and data mining was found." in page.words
    assert re.search(r"sha256:[0-9a-f]{64}", page.words)
    assert "revision 2 observed 2026-11-20T16:32:10Z" in page.words


def test_json_has_what_the_page_shows_by_the_command_lines_names(demo_site: Site) -> None:
    shown = demo_site.get(f"/article/{EDITED}.json").json
    assert shown["article"]["article_id"] == EDITED
    assert [one["kind"] for one in shown["revisions"]] == ["first", "publisher"]
    assert shown["evidence"][0]["digest"] in demo_site.get(f"/article/{EDITED}").text


def test_an_article_as_of_a_time_is_the_one_of_that_time(demo_site: Site) -> None:
    before = demo_site.get(f"/article/{EDITED}?as_of=2026-11-20T10:00:00%2B00:00")
    assert "Pameran Kitab Langka Dibuka di Kota Tua Isfandar" in before.words
    assert "Diperpanjang" not in before.words
    assert "As it was on" in before.words


def test_a_diff_marks_words_beside_each_other_and_inline(demo_site: Site) -> None:
    beside = demo_site.get(f"/article/{EDITED}/diff/1..2").text
    assert "<del>Dibuka</del>" in beside
    assert "<ins>Diperpanjang Jadi Tiga Bulan</ins>" in beside
    inline = demo_site.get(f"/article/{EDITED}/diff/1..2?view=inline").text
    assert 'class="beside"' in beside and 'class="beside"' not in inline


def test_an_earlier_revision_has_a_page_of_its_own(demo_site: Site) -> None:
    page = demo_site.get(f"/article/{EDITED}/revision/1")
    assert "Revision 1 of 2" in page.words
    assert "Pameran Kitab Langka Dibuka di Kota Tua Isfandar" in page.words


def test_the_kept_page_is_the_servers_bytes_in_a_sandbox(
    demo_site: Site, demo_archive: Path
) -> None:
    number = demo_site.get(f"/article/{EDITED}.json").json["evidence"][0]["snapshot_id"]
    page = demo_site.get(f"/article/{EDITED}/page/{number}")
    with Archive(demo_archive, read_only=True) as archive:
        assert page.body == archive.page(number).body
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow-" not in policy and "script-src" not in policy
    assert page.headers["content-type"].startswith("text/html")


def test_a_page_of_another_article_is_not_shown_as_this_ones(demo_site: Site) -> None:
    number = demo_site.get("/article/2.json").json["evidence"][0]["snapshot_id"]
    assert demo_site.get(f"/article/{EDITED}/page/{number}").status == 404


def test_a_removed_story_keeps_its_text(demo_site: Site, kept: dict[str, int]) -> None:
    assert "Removed by the site; noticed" in demo_site.get(f"/article/{kept['removed']}").words
    assert "removed by the site" in demo_site.get("/removed").words


@pytest.mark.parametrize(
    ("timestamp", "as_of"),
    [
        ("", None),
        ("20261120/", "2026-11-20T07"),  # it was not kept yet: its first revision
        ("20261120120000/", "2026-11-20T12:00:00"),
        ("2027/", "2027-01-01T00:00:00"),
        ("20261120120000id_/", "2026-11-20T12:00:00"),
    ],
)
def test_addresses_of_web_archives_lead_to_the_article_of_that_time(
    demo_site: Site, timestamp: str, as_of: str | None
) -> None:
    url = demo_site.get(f"/article/{EDITED}.json").json["article"]["url"]
    found = demo_site.get(f"/web/{timestamp}{url}")
    assert found.status == 302
    address, _, query = found.headers["location"].partition("?as_of=")
    assert address == f"/article/{EDITED}"
    assert query.replace("%3A", ":").startswith(as_of or "")
    merged = url.replace("https://", "https:/")  # as some proxies merge slashes
    assert demo_site.get(f"/web/{timestamp}{merged}").status == 302


def test_edits_are_filtered_by_site_kind_field_and_day(demo_site: Site) -> None:
    def listed(query: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = demo_site.get(f"/changes.json?{query}").json["changes"]
        return found

    assert {one["kind"] for one in listed("")} == {"publisher", "removed"}
    assert {one["site"] for one in listed("site=suara")} == {"suara"}
    assert {one["kind"] for one in listed("kind=removed")} == {"removed"}
    assert all("headline" in str(one["changed"]) for one in listed("field=headline"))
    assert listed("from=2026-11-22") == []
    assert demo_site.get("/changes?kind=xx").status == 400


def test_a_cluster_shows_who_ran_it_when_and_how_much(
    demo_site: Site, kept: dict[str, int]
) -> None:
    page = demo_site.get(f"/cluster/{kept['cluster']}")
    assert "Minutes after the first" in page.words
    assert "162" in page.words
    compared = demo_site.get(f"/cluster/{kept['cluster']}?compare={kept['copy']}")
    assert "<ins>" in compared.text
    for no_number in ("%C2%B2", "-1", "x", "9" * 30):
        page = demo_site.get(f"/cluster/{kept['cluster']}?compare={no_number}")
        assert page.status == 200
        assert "<ins>" not in page.text
    assert f"/cluster/{kept['cluster']}" in demo_site.get("/clusters").text


def test_the_matrix_shows_who_runs_whose_stories(demo_site: Site) -> None:
    page = demo_site.get("/syndication")
    assert "ANTARA agency" in page.words


def test_coverage_has_a_calendar_per_site(demo_site: Site) -> None:
    page = demo_site.get("/coverage?from=2026-11-10&to=2026-11-21")
    assert page.text.count("<svg") == 5
    assert "6 of 6 announced stories kept, 0 missing" in page.words
    assert 'class="full"' in page.text


def test_a_site_has_its_health_crawls_and_calendar(demo_site: Site) -> None:
    page = demo_site.get("/site/suara")
    assert "Health: unhealthy" in page.words
    assert "no crawl since" in page.words
    assert "finished" in page.words


def test_the_history_of_a_url_is_in_sentences(demo_site: Site) -> None:
    url = demo_site.get("/article/1.json").json["article"]["url"]
    page = demo_site.get(f"/explain?url={url}")
    assert "First announced 2026-11-20" in page.words
    assert "It is article 1:" in page.words


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/article/999", 404, "There is no article 999."),
        ("/article/1?as_of=2020-01-01", 404, "was not yet in the archive at that time"),
        ("/article/" + "9" * 30, 404, "There is no number"),
        ("/article/1/revision/7", 404, "Article 1 has no revision 7."),
        ("/article/1/diff/1..9", 404, "Article 1 has no revision 9."),
        ("/article/1/page/999999", 404, "Article 1 has no page 999999."),
        ("/article/1?as_of=31-02-2026", 400, "expected a day like"),
        ("/article/1?as_of=2026-02-31", 400, "expected a day like"),
        ("/cluster/999", 404, "There is no cluster 999."),
        ("/clusters?page=1000000000000", 400, "There is no page 1000000000000"),
        ("/clusters?page=-1", 400, "There is no page -1"),
        ("/site/kompas", 404, "This archive has no site called kompas."),
        ("/coverage?from=2026-11-20&to=2026-11-01", 400, "no day is left"),
        ("/coverage?from=0001-01-01", 400, "there was no news then"),
        ("/coverage?to=9999-12-31", 400, "there was no news then"),
        ("/site/suara?from=1950-01-01", 200, "suara"),
        ("/search?q=batik&page=51", 400, "lists have pages 1 to 50"),
        ("/article/abc", 404, "There is no number abc"),
        ("/article/1/diff/1", 404, "There is no such page."),
        ("/nowhere", 404, "There is no such page."),
        ("/nowhere/at/all/ever", 404, "There is no such page."),
        ("/nowhere~20else", 404, "There is no such page."),
        ("/~3Cb~3E", 404, "There is no such page."),
        ("/-/nowhere", 404, "404"),
        ("/site/X", 404, "This archive has no site called X."),
        ("/web/20261/https://example.org/", 404, "There is no such page."),
        ("/explain?url=https://example.org/", 404, "This address is not in the ledger"),
        ("/web/2026/https://example.org/", 404, "No article in this archive has this address."),
        ("/web/99999999/https://example.org/", 404, "No article in this archive"),
        ("/changes?after=x", 400, "The address of this page is incomplete."),
        ("/changes?after=2026_1_1", 400, "The address of this page is incomplete."),
        ("/article/1?" + "a=1&" * 5_000, 200, "Revisions"),
    ],
)
def test_what_is_not_there_is_a_plain_page_that_says_what_to_do(
    demo_site: Site, address: str, status: int, sentence: str
) -> None:
    page = demo_site.get(address)
    assert page.status == status
    assert sentence in page.words
    assert "Traceback" not in page.text


@pytest.mark.parametrize(
    "address",
    "/.json /search.json?q=batik /article/1.json /article/1/revision/1.json "
    "/article/1/diff/1..2.json /changes.json /removed.json /clusters.json /cluster/{cluster}.json "
    "/syndication.json /coverage.json /site/suara.json /explain.json?url=1".split(),
)
def test_every_page_is_json_too(demo_site: Site, kept: dict[str, int], address: str) -> None:
    reply = demo_site.get(address.format(**kept))
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("application/json")
    assert isinstance(reply.json, dict)


def test_days_are_the_publishers(demo_site: Site) -> None:
    days = demo_site.get("/coverage.json?from=2026-11-10&to=2026-11-19").json
    assert (days["first"], days["last"]) == ("2026-11-10", "2026-11-19")
    assert "20 Nov 2026, 23:32 +07:00" in demo_site.get("/changes?site=suara").words


def test_an_error_as_json_is_an_object(demo_site: Site) -> None:
    found = demo_site.get("/article/999.json")
    assert found.status == 404
    assert found.json["status"] == 404
    assert "no article 999" in found.json["error"]


def test_pages_are_small_and_load_one_style_sheet(demo_site: Site) -> None:
    for address in ("/", "/article/1", "/coverage", "/changes", "/clusters"):
        page = demo_site.get(address)
        assert len(page.body) < 60_000, address
        loaded = re.findall(r'(?:src|<link rel="stylesheet" href)="([^"]+)"', page.text)
        assert len(loaded) == 1
        assert demo_site.get(loaded[0]).headers["content-type"].startswith("text/css")
        assert "immutable" in demo_site.get(loaded[0]).headers["cache-control"]


def test_a_long_text_that_did_not_change_is_folded(path: Path, serve: Callable[..., Site]) -> None:
    long = "\n\n".join(f"Paragraf {number} tentang pasar yang ramai." for number in range(3_000))
    with Archive(path) as archive:
        keep(archive, story(1, body=f"Awal lama.\n\n{long}\n\nPenutup."), at=NOW)
        keep(archive, story(1, body=f"Awal baru.\n\n{long}\n\nPenutup."), at=NOW + HOUR)
    site = serve(path)
    page = site.get("/article/1/diff/1..2")
    assert "<ins>baru.</ins>" in page.text
    assert len(page.body) < 60_000
    assert "Paragraf 1500" in site.get("/article/1/diff/1..2.json").text


def test_datasettes_own_pages_are_below_with_search_and_queries(demo_site: Site) -> None:
    assert demo_site.get("/news").status == 200
    found = demo_site.get("/news/latest.json?_shape=array&_search=batik").json
    assert found and all("batik" in (row["headline"] + row["body"]).lower() for row in found)
    assert demo_site.get("/news/newest_edits.json?_shape=array").status == 200
    rows = demo_site.get("/news/latest.json?_shape=array&site=suara&_size=3").json
    assert {row["site"] for row in rows} == {"suara"}


def test_pages_show_that_something_is_wrong_with_the_archive_itself(
    path: Path, serve: Callable[..., Site]
) -> None:
    with Archive(path) as archive:
        announce(archive, link(1))
        keep(archive, story(1), at=datetime.now(UTC) + 9 * HOUR)
    for address in ("/", f"/site/{SITE}"):
        page = serve(path).get(address)
        assert page.status == 200
        assert "the archive's clock is ahead" in page.words
