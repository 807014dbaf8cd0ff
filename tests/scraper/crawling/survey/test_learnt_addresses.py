"""The patterns of a site's addresses: every story matches, no section does, whatever the form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.crawling.survey.addresses import Seen, learn_patterns, own_links
from scraper.sites.common_refusals import COMMON_REFUSALS
from scraper.sites.site import Identity, Layout, Refusal, Site
from tests.linear import assert_linear

HOME = "https://www.kabar.example/"
CHANNELS = ("politik", "ekonomi", "gaya-hidup", "olahraga")
OTHERS = (
    *(f"{HOME}{channel}" for channel in CHANNELS),
    f"{HOME}tag/harga-beras-naik-lagi-pekan-ini",
    f"{HOME}politik/page/2",
    f"{HOME}kategori/politik/",
    f"{HOME}tentang-kami",
    f"{HOME}pedoman-media-siber",
    f"{HOME}kebijakan-privasi",
    f"{HOME}author/rina-sari",
    f"{HOME}ekonomi/bisnis",
    f"{HOME}2026/11/",
    f"{HOME}indeks/2026/11/20",
)
FORMS: dict[str, Callable[[int, str], str]] = {
    "date and words": lambda n, words: f"www.kabar.example/2026/11/{n % 28 + 1:02}/{words}/",
    "year and month": lambda n, words: f"www.kabar.example/2026/{n % 12 + 1:02}/{words}.html",
    "words": lambda n, words: f"www.kabar.example/{words}/",
    "channel and words": lambda n, words: f"kabar.example/{CHANNELS[n % 4]}/{words}",
    "read and number": lambda n, words: f"www.kabar.example/read/{90_000 + n}/{words}",
    "channel, date, number": lambda n, words: (
        f"kabar.example/{CHANNELS[n % 4]}/read/2026/11/20/{90_000 + n}/{words}"
    ),
    "number behind": lambda n, words: f"kabar.example/{CHANNELS[n % 4]}/{words}-{90_000 + n}",
    "number before": lambda n, words: f"kabar.example/{CHANNELS[n % 4]}/{90_000 + n}-{words}.html",
    "marked number": lambda n, words: f"news.kabar.example/berita/d-{7_000_000 + n}/{words}",
    "compound number": lambda n, words: (
        f"kabar.example/{CHANNELS[n % 4]}/202611201{n % 10}0800-20-{7_000_000 + n}/{words}"
    ),
    "code before": lambda n, words: f"kabar.example/{CHANNELS[n % 4]}/bola/JKR3G{n:03}-{words}",
    "code": lambda n, words: f"kabar.example/berita/s4e{n:03}r370/{words}",
    "code alone": lambda n, words: f"kabar.example/news/articles/c1d{n:03}rzyx7o",
    "number alone": lambda n, words: f"kabar.example/berita/{90_000 + n}",
    "second": lambda n, words: (
        f"www.kabar.example/{CHANNELS[n % 4]}/2026/11/20/1{n % 10}08{n % 60:02}/{words}"
    ),
    "desks": lambda n, words: f"{CHANNELS[n % 4]}.kabar.example/read/{90_000 + n}/{words}",
    "number in the query": lambda n, words: (
        f"www.kabar.example/read.php?nid={90_000 + n}&kanal=desa"
    ),
    "number of the front page": lambda n, words: f"kabar.example/?p={90_000 + n}",
    "dashed day": lambda n, words: f"kabar.example/news/2026-11-{n % 28 + 1:02}/{words}",
}
"""Name -> the address of the n-th story, without its scheme."""

WORDS = st.lists(st.text("abdegiklmnoprstu", min_size=2, max_size=9), min_size=4, max_size=9).map(
    "-".join
)
SLUGS = st.lists(WORDS, min_size=6, max_size=12, unique=True)


def learnt(urls: list[str], *, sure: int) -> Site:
    """A profile with the patterns of these stories, of which so many are in a feed."""
    links = [Seen(url=url, sure=place < sure) for place, url in enumerate(own_links(urls))]
    links += [Seen(url=url) for url in own_links(OTHERS)]
    patterns = learn_patterns(links, "kabar.example", HOME)
    return Site(
        name="kabar",
        title="Kabar",
        home=HOME,
        domains=("kabar.example",),
        article_urls=tuple(pattern.generation for pattern in patterns),
        refused_urls=COMMON_REFUSALS,
        layouts=(Layout(name="L1", body="article"),),
    )


@pytest.mark.parametrize("form", FORMS)
@given(slugs=SLUGS, sure=st.sampled_from([0, 5]))
@settings(max_examples=settings().max_examples // 5)
def test_every_story_matches_also_those_never_seen_and_nothing_else_does(form, slugs, sure):
    urls = [f"https://{FORMS[form](number, words)}" for number, words in enumerate(slugs)]
    site = learnt(urls[:-1], sure=sure)
    named = [site.identify(url) for url in urls]
    assert all(isinstance(each, Identity) for each in named), (site.article_urls, named)
    keys = {each.key for each in named if isinstance(each, Identity)}
    assert len(keys) == len(urls)
    for url in OTHERS:
        assert isinstance(site.identify(url), Refusal), url


@pytest.mark.parametrize("form", FORMS)
def test_the_canonical_form_is_an_address_of_the_same_story(form):
    slugs = [f"warga-desa-menanam-padi-{word}" for word in "satu dua tiga empat lima enam".split()]
    urls = [f"https://{FORMS[form](number, words)}" for number, words in enumerate(slugs)]
    site = learnt(urls, sure=5)
    for url in urls:
        named = site.identify(url)
        assert isinstance(named, Identity)
        again = site.identify(named.url)
        assert isinstance(again, Identity)
        assert (again.url, again.key) == (named.url, named.key)


def test_time_grows_with_the_number_of_links():
    def learn(links: list[Seen]) -> object:
        return learn_patterns(links, "kabar.example", HOME)

    def links(count: int) -> list[Seen]:
        stories = [
            Seen(url=f"{HOME}desa/panen-raya-di-desa-{n}") for n in range(90_000, 90_000 + count)
        ]
        return [*stories, *(Seen(url=f"{HOME}desa/{n}/panen/raya") for n in range(count))]

    assert_linear(learn, links, size=4_000)


def test_what_a_feed_announces_stays_certain_though_a_sitemap_has_it_too():
    stories = [
        f"{HOME}politik/warga-desa-menanam-padi-{word}-lagi" for word in "satu dua tiga".split()
    ]
    links = [*(Seen(url=url, sure=True) for url in stories), *(Seen(url=url) for url in stories)]
    (pattern,) = learn_patterns(links, "kabar.example", HOME)
    assert pattern.note.startswith("3 addresses, 3 of them in feeds")


def test_a_time_in_an_address_is_the_storys():
    url = "https://www.kabar.example/politik/2026/11/20/100801/warga-desa-menanam-padi"
    urls = [url.replace("0801", f"0{n}01") for n in range(8)]
    site = learnt([*urls, url.replace("politik", "ekonomi")], sure=9)
    named = site.identify(url)
    assert isinstance(named, Identity)
    assert named.published_at is not None
    assert named.published_at.isoformat() == "2026-11-20T10:08:01+07:00"
    assert named.section == "politik"
