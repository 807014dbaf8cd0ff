"""robots.txt as RFC 9309 reads it, and who opted out of text and data mining."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.politeness.robots import AI_CRAWLERS, MAX_BYTES, opted_out, parse_robots

PAGE = "https://republika.co.id/berita/t43le0418/perahu"

# What the facts sheet tells of republika.co.id, in short.
NEWSROOM = b"""User-agent: *
Disallow: /search/?q=
Disallow: /feed/*

User-agent: Scrapy
Disallow: /

User-agent: GPTBot
Disallow: /

Sitemap: https://republika.co.id/files/xml/sitemap.xml
"""

# (robots.txt, address, whether we may ask)
RULES = [
    (b"", PAGE, True),
    (b"User-agent: *\nDisallow:\n", PAGE, True),
    (b"User-agent: *\nDisallow: /\n", PAGE, False),
    (NEWSROOM, PAGE, True),
    (NEWSROOM, "https://republika.co.id/search/?q=zakat", False),
    (NEWSROOM, "https://republika.co.id/feed/berita", False),
    (b"User-agent: warta\nDisallow: /\n", PAGE, False),
    (b"User-agent: WARTA\nDisallow: /\n", PAGE, False),
    (b"User-agent: *\nDisallow: /\n\nUser-agent: warta\nAllow: /\n", PAGE, True),
    (b"User-agent: warta\nAllow: /\n\nUser-agent: *\nDisallow: /\n", PAGE, True),
    (b"User-agent: *\nDisallow: /berita\nAllow: /berita/t43\n", PAGE, True),
    (b"User-agent: *\nAllow: /berita/t43\nDisallow: /berita\n", PAGE, True),
    (b"User-agent: *\nAllow: /\nDisallow: /berita/*/perahu$\n", PAGE, False),
    (b"User-agent: *\nAllow: /\nDisallow: /berita/*/perahu$\n", PAGE + "-lain", True),
    (b"user-agent:*\ndisallow:/berita\n", PAGE, False),
    (b"\xef\xbb\xbfUser-agent: *\nDisallow: /berita\n", PAGE, False),
    (b"User-agent: *\r\nDisallow: /berita # arsip\r\n", PAGE, False),
    (b"User-agent: GPTBot\nUser-agent: *\nDisallow: /berita\n", PAGE, False),
    # Whole names are compared.
    (b"User-agent: war\nDisallow: /\n", PAGE, True),
    (b"User-agent: wart # gulma\nDisallow: /\n", PAGE, True),
    (b"User-agent: warta-lain\nDisallow: /\n", PAGE, True),
    (b"User-agent: warta/1.0\nDisallow: /\n", PAGE, False),
    (b"User-agent: war\nAllow: /\n\nUser-agent: *\nDisallow: /\n", PAGE, False),
    (b"<html><body>Halaman tidak ditemukan</body></html>", PAGE, True),
    (b"\xff\xfe\x00 rusak\nUser-agent: *\nDisallow: /berita\n", PAGE, False),
]


@pytest.mark.parametrize(("body", "url", "allowed"), RULES)
def test_the_rules_for_our_product_are_obeyed(body: bytes, url: str, allowed: bool) -> None:
    assert parse_robots(200, body).allows(url) is allowed


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 451])
def test_a_missing_robots_txt_allows_all(status: int) -> None:
    robots = parse_robots(status, b"User-agent: *\nDisallow: /\n")
    assert robots.allows(PAGE)
    assert not robots.unavailable


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 429, None])
def test_a_robots_txt_that_cannot_be_had_forbids_all_for_now(status: int | None) -> None:
    robots = parse_robots(status, b"")
    assert robots.unavailable
    assert not robots.allows(PAGE)


def test_the_body_of_an_error_page_is_no_rule() -> None:
    robots = parse_robots(
        404, b"Sitemap: https://example.com/s.xml\nUser-agent: *\nCrawl-delay: 9\n"
    )
    assert (robots.text, robots.sitemaps, robots.crawl_delay) == ("", (), 0.0)


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b"", 0.0),
        (b"User-agent: *\nCrawl-delay: 5\n", 5.0),
        (b"User-agent: *\nCrawl-delay: 0.5\n", 0.5),
        (b"User-agent: *\nCrawl-delay: lama\n", 0.0),
        (b"User-agent: bingbot\nCrawl-delay: 30\n", 0.0),
        (b"User-agent: *\nCrawl-delay: 5\n\nUser-agent: warta\nCrawl-delay: 20\n", 20.0),
    ],
)
def test_the_crawl_delay_is_the_one_for_us(body: bytes, seconds: float) -> None:
    assert parse_robots(200, body).crawl_delay == seconds


# (Sitemap line, URL that is requested) of https://www.suara.com/robots.txt
SITEMAPS = [
    ("Sitemap: /peta.xml", "https://www.suara.com/peta.xml"),
    ("Sitemap: peta.xml?a=1", "https://www.suara.com/peta.xml?a=1"),
    ("SITEMAP : //m.suara.com/peta.xml # peta", "https://m.suara.com/peta.xml"),
    ("sitemap: www.suara.com/peta.xml", "https://www.suara.com/peta.xml"),
    ("Sitemap: suara.com/peta.xml", "https://suara.com/peta.xml"),
    ('Sitemap: "https://www.suara.com/peta.xml"', "https://www.suara.com/peta.xml"),
    ("Sitemap: <http://www.suara.com/peta.xml>", "http://www.suara.com/peta.xml"),
    ("Sitemap: /peta situs.xml", "https://www.suara.com/peta%20situs.xml"),
    ("Sitemap: http://[::1/x", None),
    ("Sitemap: ftp://www.suara.com/peta.xml", None),
    ("Sitemap:", None),
]


@pytest.mark.parametrize(("line", "url"), SITEMAPS)
def test_a_sitemap_line_is_resolved_against_the_files_own_address(
    line: str, url: str | None
) -> None:
    body = f"User-agent: *\nDisallow: /x\n{line}\n{line}\n".encode()
    robots = parse_robots(200, body, "https://www.suara.com/robots.txt")
    assert robots.sitemaps == (() if url is None else (url,))


def test_announced_sitemaps_are_read() -> None:
    assert parse_robots(200, NEWSROOM).sitemaps == (
        "https://republika.co.id/files/xml/sitemap.xml",
    )


def test_at_least_five_hundred_kibibytes_are_read() -> None:
    padding = b"# catatan\n" * (MAX_BYTES // 10 - 10)
    assert not parse_robots(200, padding + b"User-agent: *\nDisallow: /\n").allows(PAGE)


def test_what_stands_beyond_the_limit_is_not_read() -> None:
    assert parse_robots(200, b"#" * MAX_BYTES + b"\nUser-agent: *\nDisallow: /\n").allows(PAGE)


@pytest.mark.parametrize("agent", AI_CRAWLERS)
def test_shutting_out_a_crawler_that_trains_is_an_opt_out(agent: str) -> None:
    robots = parse_robots(
        200, f"User-agent: *\nAllow: /\n\nUser-agent: {agent}\nDisallow: /\n".encode()
    )
    assert robots.allows(PAGE)
    assert opted_out(PAGE, robots, {}, {}) == f"robots.txt: {agent}"


@pytest.mark.parametrize("agent", ["BLEXBot", "Go-http-client", "PetalBot", "Scrapy"])
def test_shutting_out_another_crawler_is_none(agent: str) -> None:
    robots = parse_robots(200, f"User-agent: {agent}\nDisallow: /\n".encode())
    assert opted_out(PAGE, robots, {}, {}) is None


def test_a_rule_for_another_part_of_the_site_is_no_opt_out_of_this_page() -> None:
    robots = parse_robots(200, b"User-agent: GPTBot\nDisallow: /video/\n")
    assert opted_out(PAGE, robots, {}, {}) is None
    assert opted_out("https://republika.co.id/video/1", robots, {}, {}) == "robots.txt: GPTBot"


# (headers, meta tags, evidence)
SIGNALS = [
    ({}, {}, None),
    ({"tdm-reservation": "1"}, {}, "header tdm-reservation: 1"),
    ({"tdm-reservation": " 1 "}, {}, "header tdm-reservation: 1"),
    ({"tdm-reservation": "0"}, {}, None),
    ({"content-signal": "search=yes, ai-train=no"}, {}, "header content-signal: ai-train=no"),
    ({"content-signal": "AI-Input = No"}, {}, "header content-signal: ai-input=no"),
    ({"content-signal": "search=no, ai-train=yes"}, {}, None),
    ({"content-signal": "no-ai-train=no"}, {}, None),
    ({"content-usage": "train-ai=n"}, {}, "header content-usage: train-ai=no"),
    ({"tdm-policy": "https://example.id/tdm.json"}, {}, None),
    ({}, {"tdm-reservation": "1"}, "meta tdm-reservation: 1"),
    ({}, {"tdm-reservation": "0"}, None),
    ({"x-robots-tag": "noai"}, {}, "header x-robots-tag: noai"),
    ({"x-robots-tag": "noindex, NoAI, noimageai"}, {}, "header x-robots-tag: noai"),
    ({"x-robots-tag": "noindex"}, {}, None),
    ({}, {"robots": "index, follow, noai"}, "meta robots: noai"),
    ({}, {"robots": "NOAI, NOIMAGEAI"}, "meta robots: noai"),
    ({}, {"robots": "INDEX,FOLLOW"}, None),
    ({}, {"robots": "nofollow"}, None),
    ({}, {"description": "noai"}, None),
    ({}, {"robots": "max-image-preview:large, noaisle"}, None),
    ({"tdm-reservation": "1"}, {"robots": "noai"}, "header tdm-reservation: 1"),
]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (b"User-agent: *\nContent-Signal: search=yes,ai-train=no\nAllow: /\n", "ai-train=no"),
        (b"User-Agent: *\ncontent-signal: ai-input=no\n", "ai-input=no"),
        (b"User-agent: warta\nContent-Signal: ai-train=no\n", "ai-train=no"),
        (b"User-agent: *\nContent-Signal: /berita ai-train=no\n", "ai-train=no"),
        (b"User-agent: *\nContent-Usage: train-ai=n\n", "train-ai=no"),
        (b"User-agent: *\nContent-Signal: /foto ai-train=no\n", None),
        (b"User-agent: *\nContent-Signal: search=no, ai-train=yes\n", None),
        (b"User-agent: Lain\nContent-Signal: ai-train=no\n", None),
        (b"# Content-Signal: ai-train=no\nUser-agent: *\nAllow: /\n", None),
    ],
)
def test_a_content_signal_of_robots_txt_is_an_opt_out(text: bytes, rule: str | None) -> None:
    robots = parse_robots(200, text)
    assert opted_out(PAGE, robots, {}, {}) == (f"robots.txt: {rule}" if rule else None)
    assert robots.allows(PAGE)


def test_a_long_robots_txt_is_cut_at_a_line() -> None:
    lines = b"User-agent: *\nDisallow: /berita/lain\n"
    padding = b"#" * (MAX_BYTES - len(lines) - 1 - len(b"Disallow: /b")) + b"\n"
    text = padding + lines + b"Disallow: /berita/lama\n"
    assert text[:MAX_BYTES].endswith(b"Disallow: /b")
    assert parse_robots(200, text).allows(PAGE)
    assert not parse_robots(200, text).allows("https://republika.co.id/berita/lain")


@pytest.mark.parametrize(("headers", "metas", "evidence"), SIGNALS)
def test_headers_and_meta_tags_tell_of_an_opt_out(
    headers: dict[str, str], metas: dict[str, str], evidence: str | None
) -> None:
    assert opted_out(PAGE, None, headers, metas) == evidence


def test_without_robots_txt_nobody_is_shut_out() -> None:
    assert opted_out(PAGE, parse_robots(404, b""), {}, {}) is None


@given(body=st.binary(max_size=300), status=st.sampled_from([200, 204, 301, 404, 500, None]))
def test_any_robots_txt_is_read_without_an_error(body: bytes, status: int | None) -> None:
    robots = parse_robots(status, body)
    assert robots.allows(PAGE) in (True, False)
    assert robots.crawl_delay >= 0
    assert isinstance(robots.sitemaps, tuple)
    assert robots.opt_out(PAGE) in (None, *(f"robots.txt: {agent}" for agent in AI_CRAWLERS))


# Which line decides


@pytest.mark.parametrize(
    ("text", "url", "group", "line", "rule"),
    [
        ("User-agent: *\nDisallow: /", "https://x.example/", "*", 2, "Disallow: /"),
        (
            "User-agent: *\nDisallow: /\n\nUser-agent: warta\nAllow: /",
            "https://x.example/a",
            "warta",
            5,
            "Allow: /",
        ),
        (
            "User-agent: GPTBot\nUser-agent: Warta\nDisallow: /a",
            "https://x.example/a/b",
            "warta",
            3,
            "Disallow: /a",
        ),
        (
            "User-agent: *\nDisallow: /berita\nAllow: /berita/2026",
            "https://x.example/berita/2026/1",
            "*",
            3,
            "Allow: /berita/2026",
        ),
        (
            "User-agent: *\nCrawl-delay: 5\nDisallow: /*.pdf$",
            "https://x.example/a.pdf",
            "*",
            3,
            "Disallow: /*.pdf$",
        ),
    ],
)
def test_the_line_that_decides_is_named_with_its_group(text, url, group, line, rule):
    ruling = parse_robots(200, text.encode()).ruling(url)
    assert ruling is not None
    assert (ruling.group, ruling.line, ruling.text) == (group, line, rule)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "User-agent: GPTBot\nDisallow: /",
        "User-agent: *\nDisallow:",
        "Disallow: /",
        "\0\1\2 : : :",
    ],
)
def test_where_no_line_decides_none_is_named(text):
    assert parse_robots(200, text.encode()).ruling("https://x.example/") is None


@given(st.text(alphabet="UserDisalow-gnt:*/ \nab", max_size=200))
def test_a_line_that_is_named_never_says_the_opposite_of_the_parser(text):
    robots = parse_robots(200, f"User-agent: *\n{text}".encode())
    ruling = robots.ruling("https://x.example/a/b")
    assert ruling is None or ruling.text.startswith(
        "Allow" if robots.allows("https://x.example/a/b") else "Disallow"
    )
