"""Addresses that look like stories on sites of any kind, and are none."""

_END = r"(?:/|$)"
_BELOW = r"^[^/]+/(?:[^/]+/)?"
"""A host and at most one segment, like that of a language or a channel."""

COMMON_REFUSALS = (
    (rf"{_BELOW}(?:tags?|topics?|topik|label|trending){_END}", "tag_page"),
    (rf"^[^/]+/(?:search|cari|pencarian){_END}", "search_page"),
    (
        rf"{_BELOW}(?:authors?|penulis|reporter|redaktur|wartawan|kontributor|profile?|user)/",
        "author_page",
    ),
    (
        rf"{_BELOW}(?:indeks?(?:-[a-z]+)?|index|categor(?:y|ies)|kategori|rubrik|kanal|archives?"
        rf"|arsip|page|halaman){_END}",
        "index_page",
    ),
    (
        r"^[^/]+/(?:about|tentang|contact|kontak|redaksi|pedoman|privacy|kebijakan|disclaimer|terms"
        r"|syarat|ketentuan|karir|careers?|sitemap|login|register|masuk|daftar|account|feeds?|rss)"
        rf"(?:-[a-z]+){{0,2}}{_END}",
        "not_an_article",
    ),
    (r"^[^/]+/(?:p|feeds|wp-content|wp-admin|wp-json)/", "not_an_article"),
    (rf"^(?:video|tv)\.|{_BELOW}(?:videos?|tv|live-?streaming)/", "video_page"),
    (
        rf"^(?:foto|photo)\.|{_BELOW}(?:foto|photos?|galeri|gallery|infografis|infographics?)/",
        "photo_page",
    ),
)
"""(pattern on host and path, reason), for `refused_urls` of a profile. Of words that begin stories,
too, only whole segments, or those of at most three words, are meant.
"""
