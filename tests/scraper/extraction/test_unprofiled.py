"""Pages of publishers without a profile: which are stories, and under which address."""

from datetime import UTC, datetime
from random import Random

import pytest

from archive.records import Page
from scraper.cli.demo.world import world
from scraper.extraction.article import StoryReading, extractor_of, read_story
from scraper.sites.hosts import host_site
from tests.benchmarks import prose

HOST = "www.lereng.example"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
NEWS_ARTICLE = '<script type="application/ld+json">{"@type": "NewsArticle"}</script>'
A_LIST = '<script type="application/ld+json">{"@type": "CollectionPage"}</script>'
OG_ARTICLE = '<meta property="og:type" content="article">'
DATED = '<meta property="article:published_time" content="2026-11-20T10:00:00+07:00">'


def read(page: str | bytes, path: str = "desa/panen-raya-1234") -> StoryReading:
    url = f"https://{HOST}/{path}"
    return read_story(
        Page(
            site="lereng.example",
            requested_url=url,
            url=url,
            status=200,
            headers={"content-type": "text/html; charset=utf-8"},
            body=page.encode() if isinstance(page, str) else page,
            fetched_at=NOW,
        ),
        host_site("lereng.example"),
    )


def story(head: str = "", characters: int = 2_000) -> str:
    paragraphs = "".join(f"<p>{text}</p>" for text in prose.paragraphs(Random(1), characters))
    title = "Warga Lereng Memanen Padi di Musim Kering"
    return (
        f"<html><head><title>{title}</title>{head}</head><body><nav><a href=/>Depan</a></nav>"
        f"<article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )


def teasers(count: int, head: str = "") -> str:
    """A section: headlines that are links, each with its first sentences."""
    random = Random(2)
    items = "".join(
        f'<div class="item"><h2><a href="/desa/{number}">{prose.headline(random)}</a></h2>'
        f"<p>{prose.sentence(random)} {prose.sentence(random)}</p></div>"
        for number in range(count)
    )
    return (
        f"<html><head><title>Desa - Lereng</title>{head}</head><body><h1>Kabar Desa Hari Ini</h1>"
        f'<div class="list">{items}</div></body></html>'
    )


@pytest.mark.parametrize("head", [NEWS_ARTICLE, OG_ARTICLE, DATED, ""])
def test_a_page_with_a_text_is_a_story_under_its_hosts_name(head: str) -> None:
    found = read(story(head))

    assert found.refusal is None
    assert found.article.site == "lereng.example"
    assert found.article.headline == "Warga Lereng Memanen Padi di Musim Kering"
    assert found.article.layout == "fallback"
    assert found.article.extractor == extractor_of(None) == extractor_of(host_site("x.example"))


@pytest.mark.parametrize(
    ("head", "characters", "refusal"),
    [
        (NEWS_ARTICLE, 300, None),
        (OG_ARTICLE, 300, None),
        (DATED, 650, None),
        (DATED, 300, "not_an_article"),
        ("", 500, "not_an_article"),
    ],
)
def test_a_page_that_does_not_say_so_needs_more_text(
    head: str, characters: int, refusal: str | None
) -> None:
    assert read(story(head, characters)).refusal == refusal


@pytest.mark.parametrize("count", [6, 12, 40])
@pytest.mark.parametrize("head", ["", DATED, '<meta property="og:type" content="website">'])
def test_a_section_with_teasers_is_a_list(count: int, head: str) -> None:
    assert read(teasers(count, head), "desa").refusal in ("index_page", "no_body")


def test_a_page_that_says_that_it_is_a_list_is_one() -> None:
    assert read(story(A_LIST)).refusal == "index_page"
    assert read(story(A_LIST + NEWS_ARTICLE)).refusal is None


def test_a_story_may_name_many_others_beside_its_text() -> None:
    related = "".join(
        f'<li><a href="/desa/{n}">Kabar Lain dari Desa Nomor {n}</a></li>' for n in range(60)
    )
    page = story(OG_ARTICLE).replace("</article>", f"</article><ul>{related}</ul>")

    assert read(page).refusal is None


def test_front_pages_and_lists_of_known_publishers_are_none_of_an_unknown_one() -> None:
    """The demo's sites, as if their profiles were unknown."""
    lists = stories = 0
    for url, answer in world(1).items():
        if not answer.content_type.startswith("text/html"):
            continue
        path = url.split("/", 3)[3]
        host = url.split("/")[2]
        found = read(answer.body.replace(host.encode(), HOST.encode()), path)
        is_list = path.startswith(("ind", "index", "id?")) or path.count("/") < 2
        lists += is_list and found.refusal is not None
        stories += not is_list and found.refusal is None
        assert not is_list or found.refusal is not None, url

    assert lists > 15
    assert stories > 30


def canonical(url: str) -> str:
    return f'{OG_ARTICLE}<link rel="canonical" href="{url}">'


@pytest.mark.parametrize(
    ("head", "address"),
    [
        (canonical("https://lereng.example/berita/panen-raya-1234"), "berita/panen-raya-1234"),
        (canonical("/berita/1234/panen"), "berita/1234/panen"),
        (
            canonical("/2026/panen")
            + f'<meta property="og:url" content="https://{HOST}/2026/panen">',
            "2026/panen",
        ),
        # of another publisher, of no story, of all stories alike
        (canonical("https://jurang.example/desa/panen-raya-1234"), "desa/panen-raya-1234"),
        (canonical("/"), "desa/panen-raya-1234"),
        (canonical("/tag/panen-raya-1234"), "desa/panen-raya-1234"),
        (canonical("/berita/terbaru-kami"), "desa/panen-raya-1234"),
        (canonical("http://[broken"), "desa/panen-raya-1234"),
    ],
)
def test_a_declared_address_counts_where_something_confirms_it(head: str, address: str) -> None:
    url = read(story(head)).article.canonical_url

    assert url.split("/", 3)[3] == address


def test_a_page_is_its_publishers_whatever_it_says() -> None:
    found = read(story(OG_ARTICLE + '<meta property="og:site_name" content="Jurang">'))

    assert found.article.site == "lereng.example"


def test_an_address_that_is_no_storys_is_refused_for_it() -> None:
    assert read(story(NEWS_ARTICLE), "tag/padi").refusal == "tag_page"
