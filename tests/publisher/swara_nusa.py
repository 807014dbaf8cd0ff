"""Swara Nusa: an invented publisher; tests/scraper/crawling/survey/invented.py has its pages."""

from scraper.sites.common_refusals import COMMON_REFUSALS
from scraper.sites.site import ArticleURL, Layout, Site
from scraper.sites.sources import NewsSitemap, Section

SITE = Site(
    name="swara",
    title="Swara Nusa",
    home="https://swaranusa.example/",
    domains=("swaranusa.example",),
    article_urls=(
        ArticleURL(
            pattern=r"(?:www\.)?swaranusa\.example/(?P<kanal>[a-z-]+)/read/(?P<id>\d+)/(?P<slug>[^/]+)",
            canonical="swaranusa.example/{kanal}/read/{id}/{slug}",
            story_id="{id}",
        ),
    ),
    refused_urls=COMMON_REFUSALS,
    sources=(
        NewsSitemap("https://swaranusa.example/sitemap-news.xml"),
        Section("https://swaranusa.example/"),
    ),
    layouts=(
        Layout(
            name="S1",
            body="#isi",
            headline=(".judul h1",),
            authors=(".penulis",),
            editors=(".penyunting",),
            date=(".waktu",),
            tags=(".tag-berita a",),
            prune=(".bacajuga",),
        ),
    ),
    dateline=r"^SWARA NUSA, (?P<place>[A-Z ]{2,40}) -- ",
    newsroom_names=("Swara Nusa", "Redaksi"),
    timezone="Asia/Makassar",
)
