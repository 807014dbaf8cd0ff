"""Inputs that grow: units repeated in every place of a page, a text, a record or a robots.txt."""

import json
from collections.abc import Callable, Iterator
from itertools import chain

PROSE = (
    "Warga kampung memperbaiki saluran air di tepi sawah, lalu mereka makan siang bersama di balai "
    "desa pada hari Minggu."
)
PROSES = f"<p>{PROSE}</p>" * 4

Grown = Callable[[int], str]
"""Makes an input of about so many characters."""

SITES = {
    "unknown": ("https://kabar.example/berita/1", '<div class="isi">%s</div>'),
    "suara": (
        "https://www.suara.com/news/2026/11/20/071512/warga-desa",
        '<div class="article-content">%s</div>',
    ),
    "suara S4": (
        "https://www.suara.com/news/2026/11/20/071512/warga-desa",
        '<article class="detail-content detail-berita">%s</article>',
    ),
    "suara S3": (
        "https://www.suara.com/news/2026/11/20/071512/warga-desa",
        '<div class="detail--content">%s</div>',
    ),
    "republika R5": (
        "https://republika.co.id/berita/t12ab3/warga-desa",
        '<div class="article-content"><article>%s</article></div>',
    ),
    "republika R2": (
        "https://republika.co.id/berita/t12ab3/warga-desa",
        '<div class="date-detail"></div>'
        '<div class="detail-berita"><div class="content-detail">%s</div></div>',
    ),
    "medcom": (
        "https://www.medcom.id/nasional/daerah/3NO0Ba3b-warga-desa",
        '<div id="articleBody">%s</div>',
    ),
    "rmol": (
        "https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan",
        '<div id="fontResizableText">%s</div>',
    ),
    "islamtimes": (
        "https://www.islamtimes.org/id/news/1140911/warga",
        '<div class="doc_content"></div><div id="doctextarea">%s</div>',
    ),
}
"""Layout -> an address of its site, and the nodes around the prose."""

NAMED_NODES = (
    "author writer detail--info breadcrumb doc-section-info caption content-detail date-detail "
    "head-writer-date max-card__title article-tags content-detail-center red detail--image "
    "thumbnail"
).split()

PARTS = {
    "letters": "a",
    "words": "kata ",
    "spaces": " ",
    "lines": "\n",
    "line breaks": "<br>",
    "signs": "<",
    "references": "&amp;",
    "numbers": "1 ",
    "dates": "1 Jan 2020 ",
    "times": "10:00 ",
    "dashes": "-",
    "dashes between spaces": " - ",
    "slashes": "/",
    "brackets": "(",
    "brackets with slashes": "(/",
    "square brackets": "[/",
    "quotes": "“",
    "apostrophes": "'",
    "full stops": ".",
    "ellipses": "…",
    "commas": "a, ",
    "bars": "a | ",
    "addresses": "a@a ",
    "at signs": "@",
    "links to the web": "https://",
    "labels": "rep: ",
    "titles": "reporter A",
    "related": "Baca juga: ",
    "datelines": "REPUBLIKA.CO.ID, ",
    "credits": "(ANT)",
    "sources": "sumber: ",
    "invisible": "\u200b",
    "NULs": "\x00",
    "surrogates": "\ud800",
}
"""What is text anywhere: in bodies, attributes, JSON-LD, scraped texts and records."""

NODES = {
    "paragraphs": "<p>x",
    "prose": f"<p>{PROSE}</p>",
    "links": "<a href='/x'>Berita lain</a>",
    "home links": "<a>Home</a>",
    "empty spans": "<span></span>",
    "empty headlines": "<h1></h1>",
    "items": "<ul><li><a href='/x'>a</a></li></ul>",
    "rows": "<tr><td>a</td></tr>",
    "headings of what follows": f"<p>Terkait</p><p>{PROSE}</p>",
    "comments": "<!-- x -->",
    "scripts": "<script>x</script>",
    "articles": "<article></article><a href='/tag/x'></a>",
    "many classes": "<i class='detail-content detail-berita date part lead pr'></i>",
    "pruned": "<div class='related popular fb-post adsbygoogle banner comment ads-x'></div>",
    "images": "<img src='/images/berita/x'>",
    "metas": "<meta name=author content=a>",
    "JSON-LD": '<script type="application/ld+json">{"@type":"NewsArticle"}</script>',
    "articleBody": "<div itemprop=articleBody></div>",
    "people": "<a rel=author href=/author/a>A B</a><b itemprop=author class=byline>A B</b>",
    "nested headings": "<h2><i>a",
    "boxes": "<div class=a><p>a</p></div>",
    **{f"nodes of class {name}": f"<div class={name}><a></a></div>" for name in NAMED_NODES},
}
OPENINGS = {
    "div": "<div>",
    "div with text": "<div>teks ",
    "bold": "<b>x",
    "home link": "<div class=breadcrumb><a>Home</a>",
    "font": "<font>Laporan ",
    "table": "<table><tr><td>Baca juga",
    **{f"class {name}": f"<div class={name}>" for name in NAMED_NODES},
}
"""What is never closed: nests."""


def repeated(unit: str, size: int) -> str:
    return unit * max(1, size // len(unit))


def page(
    layout: str, *, head: str = "", before: str = "", inside: str = "", after: str = ""
) -> str:
    body = SITES[layout][1].replace("%s", PROSES + inside)
    head = f"<title>Judul berita</title>{head}"
    return (
        f"<html><head>{head}</head><body><h1>Judul berita</h1>{before}{body}{after}</body></html>"
    )


def pages(layout: str) -> Iterator[tuple[str, Grown]]:
    """Every unit in every place of a page."""
    nodes = {**NODES, **{f"text of {name}": part for name, part in PARTS.items()}}
    for name, unit in nodes.items():
        yield f"{name} before", lambda n, u=unit: page(layout, before=repeated(u, n))
        yield f"{name} inside", lambda n, u=unit: page(layout, inside=repeated(u, n))
        yield f"{name} after", lambda n, u=unit: page(layout, after=f"<div>{repeated(u, n)}</div>")
        yield f"{name} alone", lambda n, u=unit: f"<html><body>{repeated(u, n)}</body></html>"
    for name, unit in OPENINGS.items():
        for filling in ("<i></i>", "<a></a>", "x<i>y</i>"):
            yield (
                f"{name} nested around {filling}",
                lambda n, u=unit, f=filling: page(layout, before=u * 200 + repeated(f, n)),
            )
        yield f"{name} nested", lambda n, u=unit: page(layout, inside=repeated(u, n))
    yield from chain(_attributes(layout), _heads(layout), _charsets(layout))


def _attributes(layout: str) -> Iterator[tuple[str, Grown]]:
    blocks = "<div class=a><p>Teks pendek.</p></div>"
    yield (
        "attributes of a tag",
        lambda n: page(layout, before=f"<div {' '.join(f'a{i}=1' for i in range(n // 8))}>x</div>"),
    )
    yield "signs as attributes", lambda n: page(layout, before=f"<div {repeated('<b ', n)}>x</div>")
    yield (
        "a long class around blocks",
        lambda n: page(layout, inside=f'<div class="{"k" * (n // 2)}">{repeated(blocks, n // 2)}'),
    )
    yield (
        "many classes around paragraphs",
        lambda n: page(
            layout,
            inside=f'<div class="{repeated("k ", n // 2)}">{repeated(NODES["prose"], n // 2)}',
        ),
    )
    yield (
        "long classes nested",
        lambda n: page(layout, inside=repeated(f"<div class={'k' * 900}><p>Teks pendek.</p>", n)),
    )
    yield (
        "contexts",
        lambda n: page(
            layout,
            inside="".join(f"<div class=k{i}><p>Prosa {i}.</p></div>" for i in range(n // 35)),
        ),
    )


def _heads(layout: str) -> Iterator[tuple[str, Grown]]:
    for name, unit in PARTS.items():
        value = unit.replace('"', "")
        for meta in ("author", "og:title", "og:site_name", "article:published_time", "og:url"):
            yield (
                f"{name} in meta {meta}",
                lambda n, m=meta, v=value: page(
                    layout, head=f'<meta name="{m}" content="{repeated(v, n)}">'
                ),
            )
    for member in ("headline", "author", "datePublished", "keywords", "image", "@graph"):
        for name, (start, end) in {"lists": "[]", "objects": ('{"@graph":', "}")}.items():
            yield (
                f"{name} nested in {member} of JSON-LD",
                lambda n, m=member, s=start, e=end: page(
                    layout, head=_json_ld(m, s * (n // 16) + "1" + e * (n // 16))
                ),
            )
    yield (
        "persons of JSON-LD",
        lambda n: page(
            layout, head=_json_ld("author", json.dumps([{"name": "Budi A"}] * (n // 17)))
        ),
    )
    yield (
        "digits of a reference",
        lambda n: page(layout, head=f'<meta property=og:title content="A &amp;#{"9" * n};">'),
    )


def _json_ld(member: str, value: str) -> str:
    content = f'{{"@type":"NewsArticle","{member}":{value}}}'
    return f'<script type="application/ld+json">{content}</script>'


def _charsets(layout: str) -> Iterator[tuple[str, Grown]]:
    for charset in ("punycode", "idna", "unicode_escape", "hex", "utf-7", "iso-2022-jp"):
        yield (
            f"charset {charset}",
            lambda n, c=charset: f"<meta charset={c}>{page(layout)}-{'abc123' * (n // 6)}",
        )


DAY = "Senin, 1 Januari 2020 10:00 WIB"
TEXT_PARTS = {
    **PARTS,
    "lines of one letter": "a\n",
    "lines of prose": f"{PROSE}\n",
    "lines of half a prose": f"{PROSE[:90]}\n",
    "prose": f"{PROSE} ",
    "related in the middle": "Baca Juga ",
    "captions": "foto: x\n",
    "loading": "loading...",
    "plugs": "ikuti whatsapp channel republika ",
    "marks": "[IT/a] ",
    "headings": "terkait\n",
    "places": "Medcom.id: ",
    "logos": "rmol news logo ",
}


def texts() -> Iterator[tuple[str, Grown]]:
    """Every unit above, before and below the prose of a scraped text."""
    for name, unit in TEXT_PARTS.items():
        yield f"{name} alone", lambda n, u=unit: repeated(u, n)
        yield f"{name} above a date", lambda n, u=unit: f"{repeated(u, n)}\n{DAY}\n{PROSE}"
        yield f"{name} below prose", lambda n, u=unit: f"{PROSE}\n{repeated(u, n)}"
