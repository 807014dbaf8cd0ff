"""Stories whose key is only a time: two of one second are two, and one under other words is one."""

import json

from scraper.cli.demo.proxy import Answer
from tests.scraper.crawling.conftest import rows

HOME = "https://www.suara.com/"
SECOND = "https://www.suara.com/news/2026/11/20/070000/"
ROBOTS = Answer(content_type="text/plain", body=b"User-agent: *\nDisallow: /search\n")
FIRST, OTHER = f"{SECOND}kolam-desa-panen", f"{SECOND}jembatan-lambur-dibuka"
NOW = ("-s", "NOW=2026-11-21T12:00:00+07:00")
LATER = ("-s", "NOW=2026-11-22T12:00:00+07:00")


def story(headline: str, about: str) -> Answer:
    """A page in the current layout of suara.com."""
    prose = "".join(
        f"<p>Warga {about} bekerja bersama sejak pagi, kata kepala kampung ke-{number}, dan hasil"
        f" kerja di {about} diperiksa petugas kecamatan pada sore hari itu juga.</p>"
        for number in range(4)
    )
    page = f"""<!DOCTYPE html><html><head><title>{headline}</title></head><body>
    <div class="article-image"><h1>{headline}</h1><span>Jum'at, 20 November 2026 | 07:00 WIB</span>
    </div><div class="article-content">{prose}</div></body></html>"""
    return Answer(body=page.encode())


KOLAM, JEMBATAN = story("Kolam Desa Panen", "kolam"), story("Jembatan Lambur Dibuka", "jembatan")


def site(**stories: Answer) -> dict[str, Answer]:
    pages = {SECOND + slug.replace("_", "-"): page for slug, page in stories.items()}
    links = "".join(f'<a href="{url}">berita</a>' for url in pages)
    home = Answer(body=f"<html><body>{links}</body></html>".encode())
    return {f"{HOME}robots.txt": ROBOTS, HOME: home, **pages}


def stories(news) -> list[tuple[object, object, object]]:
    found = rows(news, "SELECT url, headline, revision FROM latest ORDER BY url")
    return [tuple(row.values()) for row in found]


TWO = [(OTHER, "Jembatan Lambur Dibuka", 1), (FIRST, "Kolam Desa Panen", 1)]


def test_two_stories_of_one_second_are_two(serve, crawl, news) -> None:
    world = serve(site(kolam_desa_panen=KOLAM, jembatan_lambur_dibuka=JEMBATAN))
    assert crawl(world, "suara", *NOW).returncode == 0
    assert stories(news) == TWO
    assert crawl(world, "suara", "--recheck", "all", *LATER).returncode == 0
    assert stories(news) == TWO
    assert rows(news, "SELECT DISTINCT kind FROM history") == [{"kind": "first"}]


def test_the_second_one_may_come_a_day_later(serve, crawl, news) -> None:
    crawl(serve(site(kolam_desa_panen=KOLAM)), "suara", *NOW)
    crawl(serve({FIRST: KOLAM, **site(jembatan_lambur_dibuka=JEMBATAN)}), "suara", *LATER)
    assert stories(news) == TWO


def test_other_words_over_the_same_headline_are_another_address_of_the_story(
    serve, crawl, news
) -> None:
    crawl(serve(site(kolam_desa_panen=KOLAM)), "suara", *NOW)
    again = serve({FIRST: KOLAM, **site(kolam_desa_panen_raya=KOLAM)})
    crawl(again, "suara", *LATER)
    crawl(again, "suara", "-s", "NOW=2026-11-23T12:00:00+07:00")
    assert [url for url, *_ in stories(news)] == [FIRST]
    assert rows(news, "SELECT reason FROM ledger WHERE url LIKE '%panen-raya'") == [
        {"reason": "same_story"}
    ]
    assert again.requested(f"{SECOND}kolam-desa-panen-raya") == 1


def test_an_address_without_words_is_the_storys(serve, crawl, news) -> None:
    crawl(serve(site(kolam_desa_panen=KOLAM)), "suara", *NOW)
    home = Answer(body=f'<a href="{SECOND}">x</a>'.encode())
    bare = serve({**site(kolam_desa_panen=KOLAM), HOME: home})
    crawl(bare, "suara", *LATER)
    assert [url for url, *_ in stories(news)] == [FIRST]
    assert not bare.requested(SECOND.rstrip("/"))


def test_an_import_tells_them_apart_too(news, tmp_path, warta) -> None:
    text = "Warga bekerja bersama sejak pagi hari di {}, kata kepala kampung kepada petugas."
    records = [
        {"url": FIRST, "title": "Kolam Desa Panen", "content": text.format("kolam")},
        {"url": OTHER, "title": "Jembatan Lambur Dibuka", "content": text.format("jembatan")},
        {"url": f"{FIRST}-raya", "title": "Kolam Desa Panen", "content": text.format("kolam")},
    ]
    file = tmp_path / "koleksi.jsonl"
    file.write_text("\n".join(map(json.dumps, records)), "utf-8")
    for _turn in range(2):
        assert warta("import", str(file), archive=news).exit_code == 0
        assert stories(news) == TWO
