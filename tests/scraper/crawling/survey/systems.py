"""More invented publishers, with the mark-up of Drupal, Joomla, Ghost, Tailwind and Arc XP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, timedelta, timezone

from scraper.cli.demo.proxy import Answer
from tests.scraper.crawling.survey.invented import (
    FIRST,
    WITA,
    Publisher,
    Told,
    feed,
    front,
    index,
    json_ld,
    pages,
    paragraphs,
    related_box,
    sitemap,
    text,
    told,
    written,
)

SGT = timezone(timedelta(hours=8))
Related = Sequence[tuple[str, Told]]


def drupal() -> Publisher:
    """A bare /node/NUMBER; "Oleh NAME, DATE" in one line, and nothing in the head."""
    home, name = "https://www.lumbungkata.example/", "Lumbung Kata"
    stories = {f"{home}node/{4410 + story.number * 3}": story for story in told()}
    others = [f"{home}user/login", f"{home}taxonomy/term/12", f"{home}node", f"{home}tentang"]

    def page(story: Told, url: str, related: Related) -> str:
        return f"""<html lang="id" dir="ltr"><head><meta charset="utf-8">
<title>{story.headline} | {name}</title><link rel="canonical" href="{url}"></head>
<body class="path-node page-node-type-article"><main><div class="region region-content">
<div id="block-title"><h1 class="page-title"><span class="field field--name-title">
{story.headline}</span></h1></div><article class="node node--type-article">
<footer class="node__meta"><div class="node__submitted">Oleh
<span class="field field--name-uid"><span>{story.author}</span></span>, {written(story.at)}
</div></footer><div class="node__content">
<div class="clearfix text-formatted field field--name-body field__item">{paragraphs(story)}</div>
<div class="field--name-field-tags"><a href="/tags/desa">desa</a><a href="/tags/air">air</a></div>
</div></article>{related_box(related, "view-content")}</div></main></body></html>"""

    answers = dict(pages(stories, page)) | {
        f"{home}robots.txt": text("User-agent: *\nDisallow: /user/\nDisallow: /admin/\n"),
        f"{home}rss.xml": feed(stories, name),
        home: front(stories, others),
    }
    return _publisher("lumbung", home, answers, stories, others, ("Feed", "Section"))


def joomla() -> Publisher:
    """index.php/CHANNEL/NUMBER-WORDS; microdata, and an account as the head's author."""
    home, name = "https://suarapesisir.example/", "Suara Pesisir"
    channels = ("daerah", "laut", "opini-warga")
    stories = {
        f"{home}index.php/{channels[story.number % 3]}/{700 + story.number}-{story.slug}": story
        for story in told(zone=WITA)
    }
    others = [f"{home}index.php/{channel}" for channel in channels]
    others += [f"{home}index.php/kontak"]

    def page(story: Told, url: str, related: Related) -> str:
        return f"""<html lang="id-id"><head><base href="{url}"><meta charset="utf-8">
<meta name="author" content="Super User"><title>{story.headline}</title></head>
<body class="site com_content view-article"><main id="content" role="main" class="span9">
<div class="item-page" itemscope itemtype="https://schema.org/Article">
<div class="page-header"><h2 itemprop="headline">{story.headline}</h2></div>
<dl class="article-info muted"><dd class="createdby" itemprop="author" itemscope
 itemtype="https://schema.org/Person">Ditulis oleh: <span itemprop="name">{story.author}</span></dd>
<dd class="published"><time datetime="{story.at.isoformat()}" itemprop="datePublished">Diterbitkan:
{written(story.at, "")}</time></dd><dd class="hits">Dilihat: 1{story.number}4</dd></dl>
<div itemprop="articleBody">{paragraphs(story)}</div><ul class="pager pagenav">
<li class="previous"><a href="{related[0][0]}">Prev</a></li></ul></div></main>
<div id="aside">{related_box(related, "latestnews")}</div></body></html>"""

    link = (
        '<link href="/index.php?format=feed&amp;type=rss" rel="alternate" '
        'type="application/rss+xml" title="RSS 2.0">'
    )
    answers = dict(pages(stories, page)) | {
        f"{home}index.php?format=feed&type=rss": feed(stories, name),
        home: front(stories, others, head=link),
    }
    return _publisher(
        "pesisir", home, answers, stories, others, ("Feed",), timezone="Asia/Makassar"
    )


def ghost() -> Publisher:
    """/WORDS/ at the root, an index of sitemaps, times in UTC, a sign-up card
    inside of the text.
    """
    home, name = "https://catatanlembah.example/", "Catatan Lembah"
    stories = {f"{home}{story.slug}/": story for story in told()}
    others = [f"{home}tag/desa/", f"{home}author/ratri/", f"{home}tentang/", f"{home}kontak-kami/"]

    def page(story: Told, url: str, related: Related) -> str:
        at = story.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        graph = [
            {"@type": "WebSite", "name": name},
            {
                "@type": "Article",
                "headline": story.headline,
                "author": [{"@type": "Person", "name": story.author}],
                "datePublished": at,
                "publisher": {"@type": "Organization", "name": name},
            },
        ]
        data = json.dumps({"@context": "https://schema.org", "@graph": graph})
        return f"""<html lang="id"><head><meta charset="utf-8"><title>{story.headline}</title>
<meta property="og:site_name" content="{name}">
<script type="application/ld+json">{data}</script></head>
<body class="post-template tag-desa"><main id="gh-main" class="gh-main">
<article class="gh-article post tag-desa"><header class="gh-article-header gh-canvas">
<a class="gh-article-tag" href="/tag/desa/">Desa</a>
<h1 class="gh-article-title">{story.headline}</h1>
<p class="gh-article-excerpt">Ringkasan singkat dari redaksi.</p>
<h4 class="gh-author-name"><a href="/author/x/">{story.author}</a></h4>
<time class="byline-meta-date" datetime="{story.at:%Y-%m-%d}">{written(story.at, "")}</time>
</header>
<section class="gh-content gh-canvas">{paragraphs(story)}
<div class="kg-card kg-signup-card"><h2>Daftar sekarang</h2>
<p>Dapatkan kabar terbaru langsung di kotak surat Anda setiap pagi hari.</p></div></section>
</article></main>{related_box(related, "gh-feed")}</body></html>"""

    last = max(story.at for story in stories.values())
    inner = dict.fromkeys(
        (f"{home}sitemap-{name}.xml" for name in ("pages", "posts", "tags")), last
    )
    answers = dict(pages(stories, page)) | {
        f"{home}robots.txt": text(f"User-agent: *\nSitemap: {home}sitemap.xml\n"),
        f"{home}sitemap.xml": index(inner),
        f"{home}sitemap-posts.xml": sitemap({url: told.at for url, told in stories.items()}),
        home: front(stories, others),
    }
    return _publisher("catatan", home, answers, stories, others, ("Sitemap",))


def tailwind() -> Publisher:
    """Classes that only say how nodes look, a relative time, and JSON-LD in a list."""
    home, name = "https://ruangkini.example/", "Ruang Kini"
    stories = {
        f"{home}post/{31 + story.number}{'abcdefgh'[story.number]}7f0c1e/{story.slug}": story
        for story in told()
    }
    others = [f"{home}kategori/desa", f"{home}tentang-kami", f"{home}post", f"{home}login"]

    def page(story: Told, url: str, related: Related) -> str:
        article = {
            "@type": ["NewsArticle"],
            "headline": story.headline,
            "datePublished": story.at.isoformat(),
            "author": [{"@type": "Person", "name": story.author}],
        }
        data = json.dumps([{"@type": "BreadcrumbList", "itemListElement": []}, article])
        return f"""<html lang="id" class="dark"><head><meta charset="utf-8">
<title>{story.headline} — {name}</title><script type="application/ld+json">{data}</script></head>
<body class="antialiased bg-white"><div id="app"><nav class="flex"><a href="/">{name}</a></nav>
<div class="max-w-3xl mx-auto px-4 py-8">
<h1 class="text-3xl font-bold leading-tight mb-4">{story.headline}</h1>
<div class="flex items-center text-sm text-gray-500 mb-6">
<span class="font-medium">{story.author}</span><span>2 jam yang lalu</span></div>
<div class="prose prose-lg max-w-none">{paragraphs(story)}</div></div>
<div class="grid grid-cols-3 gap-4">{related_box(related, "rounded shadow p-4")}</div></div>
</body></html>"""

    times = {url: story.at for url, story in stories.items()}
    answers = dict(pages(stories, page)) | {
        f"{home}sitemap.xml": sitemap(times | dict.fromkeys(others, FIRST)),
        home: front(stories, others),
    }
    return _publisher("ruang", home, answers, stories, others, ("Sitemap", "Section"))


def arc() -> Publisher:
    """In English: sections within sections, the day, a slash behind the words; "By NAME"."""
    home, name = "https://www.deltaherald.example/", "Delta Herald"
    sections = ("news/local", "business", "opinion/letters")
    stories = {
        f"{home}{sections[story.number % 3]}/{story.at:%Y/%m/%d}/{story.slug}/": story
        for story in told(english=True, zone=SGT)
    }
    others = [f"{home}{section}/" for section in (*sections, "about", "newsletters")]
    news = f"{home}arc/outboundfeeds/news-sitemap/?outputType=xml"

    def page(story: Told, url: str, related: Related) -> str:
        return f"""<html lang="en-SG"><head><meta charset="utf-8">
<title>{story.headline} | {name}</title><meta property="og:site_name" content="{name}">
{json_ld(story, url, name)}</head><body><div id="fusion-app"><section class="b-left-rail">
<h1 class="c-heading b-headline">{story.headline}</h1>
<h2 class="b-subheadline">The work began this week.</h2>
<div class="c-stack b-byline"><span class="b-byline__by">By</span>
<a class="b-byline__link" href="/author/x">{story.author}</a></div>
<time class="c-date b-date" datetime="{story.at.isoformat()}">{story.at:%B %d, %Y}</time>
<article class="b-article-body">{paragraphs(story)}<div class="c-ad">Advertisement</div></article>
</section><aside>{related_box(related, "b-results-list")}</aside></div></body></html>"""

    times = {url: story.at for url, story in stories.items()}
    answers = dict(pages(stories, page)) | {
        f"{home}robots.txt": text(f"User-agent: *\nSitemap: {news}\n"),
        news: sitemap(times, news=name),
        home: front(stories, others, lang="en-SG"),
    }
    return _publisher(
        *("delta", home, answers, stories, others, ("NewsSitemap", "Section")),
        timezone="Asia/Singapore",
        language="en",
    )


def _publisher(
    name: str,
    home: str,
    answers: dict[str, Answer],
    stories: dict[str, Told],
    others: Sequence[str],
    kinds: tuple[str, ...],
    *,
    timezone: str = "Asia/Jakarta",
    language: str = "id",
) -> Publisher:
    return Publisher(
        name=name,
        home=home,
        answers=answers,
        stories=stories,
        timezone=timezone,
        language=language,
        kinds=kinds,
        others=tuple(others),
    )


SYSTEMS = (drupal, joomla, ghost, tailwind, arc)
