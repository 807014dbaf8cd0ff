"""Behind a proxy: names with internal addresses are refused before the proxy sees them."""

from __future__ import annotations

import os

from archive.ledger.wording import REASONS
from scraper.cli.demo.proxy import Answer, ReplayProxy
from tests.preloaded import warta
from tests.scraper.crawling.conftest import (
    HOME,
    ROBOTS,
    among_good_ones,
    articles,
    home,
    ledger,
    number_of,
    rows,
    run,
    small_site,
    story,
    story_url,
)
from tests.scraper.crawling.network.name_table import ADDRESSES

CHANGED = "tests.scraper.crawling.network.names"
ONLY_THE_PROXY = "only the proxy resolves names"
BAD = story_url(2)


def crawl_by_name(proxy: ReplayProxy, news, *more: str):
    words = ("crawl", "rmol", "--archive", str(news), "-s", "DOWNLOAD_DELAY=0", *more)
    return run(proxy, CHANGED, *words)


def leading_to(host: str) -> dict[str, Answer]:
    """A site one of whose stories redirects to a host."""
    there = BAD.replace("rmol.id", host)
    moved = Answer(status=302, headers=(("Location", there),))
    site = small_site(1)
    return {**site, HOME: home(BAD, story_url(1)), BAD: moved, there: story(2)}


def redirect(to: str) -> Answer:
    return Answer(status=302, headers=(("Location", to),))


def test_a_name_with_any_internal_address_never_reaches_the_proxy(serve, news):
    urls, site = among_good_ones(name for name in ADDRESSES if name != "rmol.id")
    moved = {url: redirect(url.replace("rmol.id", host)) for host, url in urls.items()}
    public = urls["public.rmol.id"]
    there = {public.replace("rmol.id", "public.rmol.id"): story(number_of(public))}
    proxy = serve({**site, **moved, **there})
    done = crawl_by_name(proxy, news)
    assert done.returncode == 0, done.stderr
    asked = {host for host in urls for url, _status in proxy.requests if host in url}
    assert asked == {"public.rmol.id"}
    refused = {host for host, why in ledger(news, urls).items() if why[1] == "private_address"}
    assert refused == urls.keys() - {"public.rmol.id"}
    assert set(site) - {ROBOTS, HOME} <= articles(news)
    assert ONLY_THE_PROXY not in done.stderr


def test_a_name_that_only_the_proxy_could_resolve_is_refused_where_others_are_known(serve, news):
    proxy = serve(leading_to("tersembunyi.rmol.id"))
    crawl_by_name(proxy, news)
    assert not [url for url, _status in proxy.requests if "tersembunyi" in url]
    assert rows(news, "SELECT reason FROM ledger WHERE url = ?", BAD) == [{"reason": "dns_failed"}]


def test_sources_on_internal_names_are_refused_too(serve, news):
    text = "User-agent: *\n" + "".join(f"Sitemap: https://{host}/a.xml\n" for host in INTERNAL)
    robots = Answer(content_type="text/plain", body=text.encode())
    proxy = serve({**small_site(1), "https://rmol.id/robots.txt": robots})
    assert crawl_by_name(proxy, news).returncode == 0
    assert not [url for url, _status in proxy.requests if any(host in url for host in INTERNAL)]


INTERNAL = [host for host in ADDRESSES if host not in ("rmol.id", "public.rmol.id")]


def test_where_only_the_proxy_resolves_names_a_line_says_so_once(serve, news):
    proxy = serve(leading_to("public.rmol.id"))
    done = run(
        proxy,
        "tests.scraper.crawling.network.no_names",
        *"crawl rmol -s DOWNLOAD_DELAY=0".split(),
        "--archive",
        str(news),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(ONLY_THE_PROXY) == 1
    assert [url for url, _status in proxy.requests if "public.rmol.id" in url]


def test_what_is_internal_by_its_name_is_refused_also_there(serve, crawl, news):
    hosts = ("10.0.0.8", "localhost", "rmol.internal", "2130706433", "[::1]")
    urls, site = among_good_ones(hosts)
    moved = {url: redirect(f"https://{host}/") for host, url in urls.items()}
    proxy = serve({**site, **moved})
    crawl(proxy, "rmol")
    assert not [url for url, _status in proxy.requests if "rmol.id" not in url]
    assert ledger(news, urls) == dict.fromkeys(hosts, ("refused", "private_address"))


def test_a_direct_request_to_an_internal_name_is_refused_by_that_name_and_not_repeated(news):
    direct = {name: text for name, text in os.environ.items() if "proxy" not in name.lower()}
    words = f"crawl rmol --archive {news} -s DOWNLOAD_DELAY=0".split()
    done = warta(
        *words, environment=direct, changed="tests.scraper.crawling.network.internal_names"
    )
    assert REASONS["private_address"] in done.stderr
    assert "Gave up retrying" not in done.stderr
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": "private_address"}]


def test_doctor_is_behind_the_same_boundary(serve, news):
    site = small_site(1)
    text = "User-agent: *\nSitemap: https://private.rmol.id/a.xml\n"
    robots = Answer(content_type="text/plain", body=text.encode())
    proxy = serve({**site, "https://rmol.id/robots.txt": robots})
    words = ("doctor", "rmol", "--archive", str(news), "-s", "DOWNLOAD_DELAY=0")
    run(proxy, CHANGED, *words)
    assert not [url for url, _status in proxy.requests if "private" in url]
