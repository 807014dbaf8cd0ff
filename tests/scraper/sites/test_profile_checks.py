"""Every field of a profile is checked before anything is requested with it."""

from __future__ import annotations

import string
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper import spiders
from scraper.sites.profile_checks import problems
from scraper.sites.site import ArticleURL, Layout, Rule, Site
from scraper.sites.sources import (
    DatedIndex,
    Feed,
    NewsSitemap,
    PagedIndex,
    Section,
    Sitemap,
    Source,
)

STORY = ArticleURL(
    pattern=r"kabar\.example/(?P<id>\d+)/(?P<slug>[^/]+)",
    canonical="kabar.example/{id}/{slug}",
    story_id="{id}",
)
LAYOUT = Layout(name="K1", body="div.isi")
SITE = Site(
    name="kabar",
    title="Kabar Lembah",
    home="https://kabar.example/",
    domains=("kabar.example",),
    article_urls=(STORY,),
    sources=(Sitemap("https://kabar.example/sitemap.xml"),),
    layouts=(LAYOUT,),
)


class Peta(Sitemap):
    """A kind of source that is none of warta's."""


def wrong(**changes: Any) -> list[str]:
    return list(problems(replace(SITE, **changes), "kabar"))


def test_a_profile_that_is_well_has_no_problems() -> None:
    assert wrong() == []


def test_a_parameter_of_the_query_is_a_key_where_the_canonical_address_has_it() -> None:
    by_query = ArticleURL(
        pattern=r"kabar\.example/read\.php",
        canonical="kabar.example/read.php?nid={nid}",
        story_id="{nid}",
        parameters=("nid",),
    )
    assert wrong(article_urls=(by_query,)) == []
    lost = replace(by_query, canonical="kabar.example/read.php")
    assert wrong(article_urls=(lost,)) == ["article_urls[0].canonical: it lacks ?nid={nid}"]
    odd = replace(by_query, parameters=("nid", "a[0]"))
    assert wrong(article_urls=(odd,)) == [
        "article_urls[0].parameters: 'a[0]' is no name of a parameter"
    ]
    twice = replace(by_query, pattern=r"kabar\.example/(?P<nid>\d+)/read\.php")
    assert wrong(article_urls=(twice,)) == [
        "article_urls[0].parameters: nid is also a group of the pattern"
    ]


@pytest.mark.parametrize("name", sorted(spiders.sites()))
def test_the_profiles_that_come_with_warta_have_none(name: str) -> None:
    assert list(problems(spiders.sites()[name], name)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # types
        ({"title": None}, "title: expected a str, got None"),
        ({"domains": "kabar.example"}, "domains: expected a tuple, got a str; a tuple of one has"),
        ({"domains": ["kabar.example"]}, "domains: expected a tuple, got a list"),
        ({"domains": ("kabar.example", 1)}, "domains[1]: expected a str, got an int"),
        ({"article_urls": STORY}, "article_urls: expected a tuple, got an ArticleURL"),
        ({"article_urls": (LAYOUT,)}, "article_urls[0]: expected an ArticleURL, got a Layout"),
        ({"refused_urls": ("^a", "tag_page")}, "refused_urls[0]: expected a tuple, got a str"),
        ({"refused_urls": (("^a",),)}, "refused_urls[0]: expected 2 values, got 1"),
        ({"dateline_bold": 1}, "dateline_bold: expected a bool, got an int"),
        ({"layouts": (replace(LAYOUT, headline="h1"),)}, "layouts[0].headline: expected a tuple"),
        ({"layouts": (replace(LAYOUT, body=None),)}, "layouts[0].body: expected a str, got None"),
        ({"rules": (Rule(name="a", pattern=b"x"),)}, "rules[0].pattern: expected a str, got a byt"),
        ({"sources": (PagedIndex("https://kabar.example/{page}", start="1"),)}, "sources[0].start"),
        # sources
        ({"sources": ("https://kabar.example/feed",)}, "sources[0]: unknown kind of source a str"),
        ({"sources": (Source("https://kabar.example/"),)}, "unknown kind of source a Source"),
        ({"sources": (Peta("https://kabar.example/"),)}, "unknown kind of source a Peta"),
        ({"sources": (Feed("/feed"),)}, "sources[0]: expected an address like https://kabar.exampl"),
        ({"sources": (Feed("ftp://kabar.example/"),)}, "sources[0]: expected an address like"),
        ({"sources": (Feed("https://[kabar.example/"),)}, "sources[0]: expected an address like"),
        ({"sources": (Feed("https://kabar.example:port/"),)}, "sources[0]: expected an address"),
        ({"sources": (Feed("https://a:b@kabar.example/"),)}, "sources[0]: expected an address"),
        ({"sources": (Feed("https://127.0.0.1/feed"),)}, "127.0.0.1 is none of the domains"),
        ({"sources": (Section("https://lain.example/"),)}, "lain.example is none of the domains"),
        ({"sources": (PagedIndex("https://kabar.example/{hal}"),)}, "is no template with {page}"),
        ({"sources": (PagedIndex("https://kabar.example/{page"),)}, "is no template with {page}"),
        ({"sources": (PagedIndex("https://kabar.example/{page.x}"),)}, "is no template with"),
        ({"sources": (DatedIndex("https://kabar.example/{day:%Q}/{x}"),)}, "is no template with"),
        ({"sources": (PagedIndex("https://kabar.example/indeks"),)}, "has no {page}"),
        ({"sources": (DatedIndex("https://kabar.example/indeks"),)}, "has no {day}"),
        ({"sources": (PagedIndex("https://kabar.example/{page}", step=0),)}, "counted upwards"),
        ({"sources": (DatedIndex("https://kabar.example/{day}", rows=5),)}, "it needs {offset}"),
        # places
        ({"domains": ()}, "domains is empty"),
        ({"domains": ("https://kabar.example/",)}, "domains: expected a host in small letters"),
        ({"domains": ("Kabar.Example",)}, "domains: expected a host in small letters"),
        ({"domains": ("*.kabar.example",)}, "domains: expected a host in small letters"),
        ({"domains": ("kabar.example.",)}, "domains: expected a host in small letters"),
        ({"domains": ("kabar.example:8080",)}, "domains: expected a host in small letters"),
        ({"domains": ("kabár.example",)}, "domains: expected a host in small letters"),
        ({"domains": ("kabar",)}, "domains: expected a host in small letters"),
        ({"domains": ("",)}, "is an internal address"),
        ({"domains": ("localhost",)}, "localhost is an internal address"),
        ({"domains": ("127.0.0.1",)}, "127.0.0.1 is an internal address"),
        ({"domains": ("10.1.2.3",)}, "10.1.2.3 is an internal address"),
        ({"domains": ("berita.local",)}, "berita.local is an internal address"),
        ({"domains": ("8.8.8.8",)}, "domains: expected a host in small letters"),
        ({"domains": ("2606:4700::1111",)}, "domains: expected a host in small letters"),
        ({"domains": ("0x7f.1",)}, "0x7f.1 is an internal address"),
        ({"domains": ("xn--mgbaam7a8h",)}, "domains: expected a host in small letters"),
        ({"domains": ("co.id",)}, "co.id is no publisher's alone"),
        ({"domains": ("blogspot.com",)}, "blogspot.com is no publisher's alone"),
        ({"crawled": ("lain.example",)}, "crawled: lain.example is none of the domains"),
        ({"home": "kabar.example"}, "home: expected an address like"),
        ({"home": "https://lain.example/"}, "home: lain.example is none of the domains"),
        ({"timezone": "Asia/Djakarta"}, "unknown time zone 'Asia/Djakarta'"),
        ({"timezone": "../etc/passwd"}, "unknown time zone '../etc/passwd'"),
        ({"timezone": ""}, "unknown time zone ''"),
        ({"language": "Indonesian"}, "language: expected a code like id or en"),
        # addresses
        ({"article_urls": ()}, "article_urls is empty"),
        ({"article_urls": (replace(STORY, pattern="("),)}, "article_urls[0].pattern: '(' is no"),
        ({"article_urls": (replace(STORY, canonical=""),)}, "article_urls[0].canonical: it does"),
        (
            {"article_urls": (replace(STORY, canonical="kabar.example/{nomor}"),)},
            "article_urls[0].canonical: the pattern has no group 'nomor'",
        ),
        (
            {"article_urls": (replace(STORY, story_id="{0}"),)},
            "article_urls[0].story_id: the pattern has no group '0'",
        ),
        (
            {"article_urls": (replace(STORY, story_id="{id.x}{"),)},
            "article_urls[0].story_id: '{id.x}{' is no template",
        ),
        (
            {"article_urls": (replace(STORY, story_id="{id.real}"),)},
            "article_urls[0].story_id: the pattern has no group 'id.real'",
        ),
        (
            {"article_urls": (replace(STORY, canonical="kabar.example/{id:d}"),)},
            "article_urls[0].canonical: 'kabar.example/{id:d}' is no template",
        ),
        (
            {"article_urls": (replace(STORY, canonical="lain.example/{id}"),)},
            "article_urls[0].canonical: it does not begin with one of the domains",
        ),
        (
            {"article_urls": (replace(STORY, pattern=r"kabar\.example/(?P<y>\d+)/(?P<id>\d+)/"
                                      r"(?P<slug>\w+)"),)},
            "article_urls[0].pattern: with group y it needs d and m",
        ),
        ({"refused_urls": (("", "tag_page"),)}, "is empty, and would refuse everything"),
        ({"refused_urls": (("[", "tag_page"),)}, "refused_urls[0]: '[' is no regular expression"),
        ({"refused_urls": (("a", "tag_pagee"),)}, "tag_pagee; did you mean tag_page"),
        # patterns
        ({"dateline": "(?P<place"}, "dateline: '(?P<place' is no regular expression"),
        ({"text_marks": "*"}, "text_marks: '*' is no regular expression"),
        ({"dateline": "^(a+)+$"}, "dateline: '^(a+)+$' repeats what is nothing but a repetition"),
        ({"end_credit": r"(?:\w+-?)+\.$"}, "repeats what is nothing but a repetition"),
        ({"part_url": r"(?P<part>(?:\d*)*)x"}, "repeats what is nothing but a repetition"),
        ({"page_total": r"(?P<pages>(?:a+|b){2,}?)x"}, "repeats what is nothing but a repetition"),
        ({"refused_urls": ((r"(?=(?:[a-z]{1,30}){1,40})x", "tag_page"),)}, "refused_urls[0]: "),
        ({"part_url": r"page=(\d+)"}, "part_url: the pattern needs a group part, (?P<part>…)"),
        ({"page_total": r"total=(\d+)"}, "page_total: the pattern needs a group pages"),
        ({"rules": (Rule(name="a", pattern="["),)}, "rules[0].pattern: '[' is no regular"),
        ({"rules": (Rule(name="a", pattern=""),)}, "rules[0].pattern is empty"),
        ({"rules": (Rule(name="a", pattern="x", where="akhir"),)}, "rules[0].where: expected one"),
        ({"rules": (Rule(name="a", pattern=r"(a)\1"),)}, "name the group that it repeats"),
        (
            {"rules": (Rule(name="a", pattern="(?P<x>a)"), Rule(name="b", pattern="(?P<x>b)"))},
            "rules, as one: '(?:(?P<x>a))|(?:(?P<x>b))' is no regular expression",
        ),
        ({"rules": (Rule(name="a", pattern="b(?i)"),)}, "is no regular expression"),
        ({"rules": (Rule(name="a", pattern="(?i)b"),)}, "is no regular expression"),
        # layouts
        ({"layouts": (replace(LAYOUT, body=""),)}, "layout K1: body is empty"),
        ({"layouts": (replace(LAYOUT, name=""),)}, "layouts: '' cannot be the name of a layout"),
        ({"layouts": (replace(LAYOUT, name="fallback"),)}, "'fallback' cannot be the name"),
        ({"layouts": (LAYOUT, LAYOUT)}, "layouts: two are called K1"),
        ({"layouts": (replace(LAYOUT, body="div["),)}, "layout K1.body: 'div[' is no CSS selector"),
        ({"layouts": (replace(LAYOUT, body="div:apa"),)}, "'div:apa' is no CSS selector"),
        ({"layouts": (replace(LAYOUT, body="//div["),)}, "'//div[' is no XPath"),
        ({"layouts": (replace(LAYOUT, body="//x:div"),)}, "'//x:div' is no XPath"),
        ({"layouts": (replace(LAYOUT, body="//a[matches(., 'x')]"),)}, "no function matches()"),
        ({"layouts": (replace(LAYOUT, body="//a[$x]"),)}, "there are no variables in '//a[$x]'"),
        ({"layouts": (replace(LAYOUT, body="(count(//p))"),)}, "finds no nodes, but values"),
        ({"layouts": (replace(LAYOUT, body="//a/@href"),)}, "finds no nodes, but values"),
        ({"layouts": (replace(LAYOUT, prune=("//a/text()",)),)}, "finds no nodes, but values"),
        ({"layouts": (replace(LAYOUT, date=("]",)),)}, "layout K1.date: ']' is no CSS selector"),
        ({"prune": ("..",)}, "prune: '..' is no CSS selector"),
        ({"pager": "a:gt(3)"}, "pager: 'a:gt(3)' is no CSS selector"),
        ({"story_code": ("#",)}, "story_code: '#' is no CSS selector"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_field(changes: dict[str, Any], expected: str) -> None:
    found = wrong(**changes)
    assert any(expected in line for line in found), found
    assert all(line.isprintable() for line in found)


@pytest.mark.parametrize(
    "changes",
    [
        {"domains": ("xn--kabr-6na.example",), "home": "https://xn--kabr-6na.example/",
         "article_urls": (replace(STORY, canonical="xn--kabr-6na.example/{id}"),), "sources": ()},
        {"domains": ("xn--0.example",), "home": "https://xn--0.example/", "sources": (),
         "article_urls": (replace(STORY, canonical="xn--0.example/{id}"),)},
        {"domains": ("kabar.desa.id",), "home": "http://www.kabar.desa.id:8080/",
         "article_urls": (replace(STORY, canonical="kabar.desa.id/{id}"),), "sources": ()},
        {"article_urls": (replace(STORY, story_id=""),)},
        {"layouts": (replace(LAYOUT, image=("//img/@src",), date=("//time/text()",)),)},
        {"layouts": (replace(LAYOUT, body="//div[contains(., 'matches(x)')]"),)},
        {"layouts": (), "rules": (Rule(name="a", pattern=r"(?P<x>a)(?P=x)"),)},
        {"rules": (Rule(name="a", pattern=r"a\\1"), Rule(name="b", pattern="b", where="end"))},
        {"sources": (NewsSitemap("https://www.kabar.example/n.xml"),
                     DatedIndex("https://kabar.example/{day:%Y/%m/%d}?dari={offset}", rows=10),
                     PagedIndex("https://kabar.example/{page}"))},
        {"sources": ()},
        {"dateline": r"(?P<place>\w+(?:-\w+)*) - ", "end_credit": r"(?:[^/]+/)+(?:a|b)+(c+){3}$"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_right_is_taken(changes: dict[str, Any]) -> None:
    assert wrong(**changes) == []


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(wrong(timezone="x", language="X", dateline="(")) == 3


anything = st.one_of(
    st.none(),
    st.text(string.printable, max_size=20),
    st.integers(),
    st.tuples(st.text(string.printable, max_size=20)),
    st.tuples(st.text(max_size=9), st.text(max_size=9)),
    st.lists(st.text(max_size=9), max_size=2),
)


@given(st.dictionaries(st.sampled_from([field.name for field in fields(Site)]), anything))
def test_no_value_of_a_field_raises(changes: dict[str, Any]) -> None:
    for line in wrong(**changes):
        assert line


@given(
    st.text("ab()[]{}|*+?\\.^$<>=!:P0123d-", max_size=20),
    st.text("{}ab:!.[]0", max_size=12),
    st.text("abdiv .#[]()>+~:@/*='\"|,\\-", max_size=20),
)
def test_no_pattern_template_or_selector_raises(pattern: str, template: str, selector: str) -> None:
    wrong(
        article_urls=(ArticleURL(pattern=pattern, canonical=template, story_id=template),),
        sources=(PagedIndex(template), DatedIndex(f"https://kabar.example/{template}")),
        rules=(Rule(name="a", pattern=pattern),),
        layouts=(replace(LAYOUT, body=selector, tags=(f"//{selector}",)),),
        dateline=pattern,
    )
