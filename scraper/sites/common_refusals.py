"""Addresses that look like stories on sites of any kind, and are none."""

COMMON_REFUSALS = (
    (r"^[^/]+/(?:[^/]+/)?(?:tags?|topics?|topik|label|trending)(?:/|$)", "tag_page"),
    (r"^[^/]+/(?:search|cari|pencarian)(?:/|$)", "search_page"),
    (
        r"^[^/]+/(?:[^/]+/)?(?:authors?|penulis|reporter|redaktur|wartawan|kontributor|profile?|user)/",
        "author_page",
    ),
    (
        r"^[^/]+/(?:[^/]+/)?(?:indeks?|index|categor(?:y|ies)|kategori|rubrik|kanal|archives?|arsip"
        r"|page|halaman)(?:[/-]|$)",
        "index_page",
    ),
    (
        r"^[^/]+/(?:about|tentang|contact|kontak|redaksi|pedoman|privacy|kebijakan|disclaimer|terms"
        r"|syarat|ketentuan|karir|careers?|info-iklan|p/|sitemap|login|register|masuk|daftar$"
        r"|account|wp-(?:content|admin|json|login)|feeds?(?:/|$)|rss)",
        "not_an_article",
    ),
    (r"^(?:video|tv)\.|^[^/]+/(?:[^/]+/)?(?:videos?|tv|live-?streaming)/", "video_page"),
    (
        r"^(?:foto|photo)\.|^[^/]+/(?:[^/]+/)?(?:foto|photos?|galeri|gallery|infografis|infographics?)/",
        "photo_page",
    ),
)
"""(pattern on host and path, reason), for `refused_urls` of a profile."""
