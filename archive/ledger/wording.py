"""Words for people: a sentence for every reason code, and numbers, times and durations."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

REASONS: dict[str, str] = {
    # not an article, by its address
    "not_an_article": "the address does not have the shape of an article at this site",
    "foreign_site": "the address belongs to another site",
    "foreign_edition": "the address belongs to an edition in another language",
    "tag_page": "a page of a tag or topic, not an article",
    "search_page": "a page of search results, not an article",
    "author_page": "a page about an author, not an article",
    "index_page": "a list of articles, not an article",
    "video_page": "a video page, not an article",
    "photo_page": "a photo gallery, not an article",
    "advertorial": "sponsored text, not reporting",
    "partner_post": "a post by a partner or reader on the publisher's platform, not its own report",
    "private_address": "an internal address (loopback, private or link-local) is never requested",
    "bad_address": "it is not a web address",
    "same_story": "another address of a story that is already in the ledger",
    "before_since": "published before --since",
    "after_until": "published after --until",
    # what the server said
    "http_401": "the server requires a login (401)",
    "http_402": "the server requires payment (402)",
    "http_403": "the server refused the request (403)",
    "http_404": "the page is not there (404)",
    "http_410": "the page was removed for good (410)",
    "http_429": "the server requested a slower crawl (429)",
    "http_451": "the page is unavailable for legal reasons (451)",
    "http_5xx": "the server failed (5xx)",
    "http_other": "the server answered with an unexpected status",
    "timeout": "the server did not answer in time",
    "connection_failed": "no connection could be made, or it was lost",
    "connection_refused": "the server refused the connection",
    "dns_failed": "the host's name could not be resolved",
    "proxy_failed": "the proxy could not be reached, or it made no connection to the server",
    "tls_failed": "no secure connection could be made (TLS)",
    "headers_too_large": "the response has more headers than any page needs",
    "encoded_too_often": "the response was compressed more than three times over",
    "redirect_loop": "the redirects never ended",
    "redirect_offsite": "a redirect led to another site",
    "other_port": "the address, or a redirect, names another port than the site's",
    "redirect_not_article": "a redirect led to a page that is no article, often the home page",
    "robots_forbidden": "robots.txt forbids this address for us",
    "robots_unavailable": "robots.txt was unavailable, so the site is not crawled now (RFC 9309)",
    # what the page turned out to be
    "too_large": "the page is larger than the limit, as sent or once decompressed",
    "empty_page": "the response was empty",
    "incomplete": "the response ended early, or is only a part of what was requested",
    "much_shorter": "the page is suddenly much shorter than its story; it is requested once more",
    "not_html": "the response is not an HTML page",
    "not_found_page": "a 'not found' page that was sent with status 200",
    "login_wall": "the page requires a login instead of showing the story",
    "names_another_story": "the page says that it is another story of its site",
    "same_body_elsewhere": "other stories of the site have the same text: a wrong page?",
    "challenge_page": "the page tests whether a person reads (a captcha) instead of the story",
    "no_body": "no article text was found on the page",
    "missing_parts": "a further page was unavailable, so the story stays as it was",
    "layout_missed": "the page no longer has the site's layout (a redesign, or a notice)",
    "pause_requested": "the server requested a longer pause than a crawl waits; the crawl ends",
    "overloaded": "eight addresses in a row got 429 or 503; no requests for an hour",
    "extraction_failed": "the page could not be read; its bytes are kept",
    "reading_broke_off": (
        "reading it did not end: it took too long, needed too much memory or crashed, or the crawl "
        "was killed meanwhile"
    ),
    "snapshot_damaged": "the kept bytes are damaged; `warta verify` shows details",
    "taken_down": "the story was taken down here (`warta remove`); it is never requested again",
    # what was beyond the limits of a reading (scraper/extraction/dom/limits.py)
    "cut_page": "the page has more tags than any story needs; the rest of it was not read",
    "cut_attributes": "a tag has more attributes or longer classes than are read",
    "cut_field": "a headline, byline, list of names or another field was longer than is kept",
    "cut_paragraphs": "the page has more paragraphs than any story; the rest of them was dropped",
    "cut_json_ld": "the page has more, longer or deeper JSON-LD than is read",
    # why a URL is due, or never again
    "new": "it was announced and never requested",
    "age": "it is checked again after a fifth of its age, at the earliest after an hour",
    "quiet": (
        "it is checked again after a fifth of its age, later with every check without a change, "
        "at the latest after 14 days"
    ),
    "costly": (
        "it is checked like every story, but after one and a half times the wait, because its site "
        "always sends the whole page (never a 304)"
    ),
    "settled": "the story is older than 90 days",
    "settled_quiet": "older than 30 days, and at least three checks in a row found no change",
    "may_come_back": "a story that was removed may come back",
    "gone_for_good": "it was still gone when it was requested again",
    "retry": "it failed; it is retried up to five times, later each time",
    "retry_last": (
        "reading it broke off; it is retried up to five times, after all others, later each time"
    ),
    "given_up": "it failed six times in a row",
    "lastmod": "its source says that it was modified since the last check",
    "lastmod_doubted": (
        "its source says that it was modified, as it said of pages in which checks found no "
        "change, so it is due by the usual rule"
    ),
    "woken": "another address of the story no longer leads to it",
    "reread": "the current extractor found a story in the kept page",
    "imported": "imported (`warta import`); a crawl requests it only with `--recheck all`",
    # what was wrong with a record of a collection
    "not_json": "the line is not valid JSON",
    "not_a_record": "it is not a JSON object with named fields",
    "not_utf8": "there are bytes that are not UTF-8",
    "too_long": "the record is longer than 16 MB",
    "row_too_short": "the row ends before its text",
    "row_too_long": "the row has more values than the header has columns; is a quote missing?",
    "cut_off": "the record is not closed: a quote or bracket is missing, or the file was cut off",
    "broken_csv": "the row is not valid CSV",
    "empty_text": "it contains no text of a story",
    "no_site": "it names neither an address nor a site; set one with --site",
    "cleaning_failed": "the text could not be cleaned; this is a bug of warta",
    # what was doubtful of a record that was taken
    "address_unusable": "its address is not a web address, so it is identified by its text alone",
    "date_ambiguous": "day and month are ambiguous; set --date-format",
    "date_impossible": "the date is later than the import, so it is none",
    "date_unreadable": "the date is in an unknown format; set --date-format",
    # what was wrong with a record of a web archive, or why it is no page of a story
    "unknown_publisher": "the address is of no known publisher (--any-site takes those, too)",
    "other_language": "the story is in another language than --language",
    "not_web": "it is no capture of a web address (ftp, dns, a crawler's own record)",
    "other_record": "it is no response: a request, metadata or the like",
    "robots_txt": "it is robots.txt, which says what its site permits",
    "redirect": "the server redirected the request",
    "bad_http": "it has no readable HTTP status line",
    "bad_digest": "its bytes are not those of its digest",
    "bad_member_digest": "a WARC in it has other bytes than its datapackage.json says",
    "bad_capture_date": "it has no readable time of capture",
    "impossible_capture_date": "its time of capture is later than the import, or before 1990",
    "warc_truncated": "its crawler cut it (WARC-Truncated)",
    "segmented": "it is a segment of a record that is in several files",
    "incomplete_record": "it is cut: the file ends within it, or its length is wrong",
    "broken_record": "it cannot be read; the next record that can is read",
    "one_gzip_member": "its records are not packed one by one",
    "file_changed": "the file was changed while it was imported",
    "revisit_unresolved": "it repeats a page that is not in these files",
    "unchanged_unknown": "its server said that it was not modified, but the page is not known",
    "part_alone": "a further page of a story whose first page was not captured at about its time",
    "older_than_revision": "it is older than what is known of its story; kept as evidence only",
    "no_address": "the saved page does not say its address, and no manifest does",
    "bad_manifest": "the manifest has no file of that line",
    "file_missing": "the manifest names a file that is not there",
    "outside_folder": "the manifest names a file outside its folder",
    "not_in_folder": "it is a link that leads out of the folder or nowhere, or no regular file",
    "other_format": "a saved page that is packed or in a browser's own format; save it as HTML",
    # how a crawl ended
    "shutdown": "it was stopped",
    "site_failing": (
        "twenty addresses in a row failed, were refused or broke their reading; the rest is left "
        "for later"
    ),
    "archive_failed": "the archive could not be written any more",
    "network_down": "no site could be reached: the network, DNS or the proxy fails",
    "broke_off": "it was killed, failed with an error, or the machine went down",
    "lease_lost": "another machine of the fleet took the site, or its database did not answer",
    "out_of_time": "it exceeded its time limit; the rest is requested next time",
    # what was wrong with a source
    "broken_feed": "the feed is malformed, and nothing could be read from it",
    "broken_sitemap": "the sitemap is malformed, and nothing could be read from it",
    "source_budget": (
        "the crawl's budget for sources was used up; what gave the most stories before comes first"
    ),
    "not_modified": "the source has not changed since the last request",
    "no_links": "it announced nothing",
    "empty_source": "it announced nothing, although it did before",
    "not_moved": "its index says that it was not modified since it was read to its end",
    "nothing_announced": "no source announced a story",
    "announced": "links were read from it",
    "too_many_links": (
        "links were read from it up to the limit (50,000, of a page 10,000); the rest was cut off"
    ),
}

UNANSWERED = (
    *("timeout", "connection_failed", "connection_refused"),
    *("dns_failed", "proxy_failed", "tls_failed"),
)
"""Reasons of requests that no server answered: perhaps the network's fault, not the site's."""

CUTS = tuple(code for code in REASONS if code.startswith("cut_") and code != "cut_off")
"""Warnings of an article about what was beyond the limits of a reading."""


BY_ADDRESS = frozenset(
    "not_an_article foreign_site foreign_edition tag_page search_page author_page index_page"
    " video_page photo_page advertorial partner_post bad_address same_story before_since"
    " after_until".split()
)
"""Reasons of links that are no story's, or not of the days that a crawl fetches: all is well."""


WARNINGS: dict[str, str] = {
    "advertorial": "the page says that it is sponsored text; it is in no corpus",
    "broken_json_ld": "a JSON-LD block could not be read",
    "canonical_no_story": "the canonical address that the page names is no story's",
    "cut_attributes": "attributes beyond the limits were not read",
    "cut_field": "a field was longer than its limit and was cut",
    "cut_json_ld": "JSON-LD beyond the limits was not read",
    "cut_page": "the page has too many tags; its end was not read",
    "cut_paragraphs": "paragraphs beyond the limit were dropped",
    "empty_page": "the page is empty",
    "impossible_date": "a date cannot be true and was not used",
    "layout_missed": "no layout of the site matched; the whole page was read",
    "missing_body": "no text was found",
    "missing_headline": "no headline was found",
    "missing_parts": "further pages of the story are missing",
    "missing_published_at": "no time of publication was found",
    "names_another_story": "the page says that it is another story's",
    "not_an_article": "the address is not an article's",
    "other_json_ld": "the JSON-LD describes other stories only and was not used",
    "text_outside": "prose stands outside the node that the layout names",
    "time_disagrees": "the time of publication differs from the one in the address",
}
"""A sentence for every doubt of the extraction about an article."""


class Sentence(str):
    """A sentence in English that knows its pattern and values, for other languages."""

    pattern: str
    values: Mapping[str, object]

    def translated(self, translate: Callable[[str], str]) -> str:
        """Return it in another language: `translate` knows the patterns, also those of values."""
        values = {
            name: value.translated(translate) if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }
        return translate(self.pattern).format(**values)


def worded(pattern: str, **values: object) -> Sentence:
    """Return a sentence of a pattern with fields in braces.

    >>> worded("{pages} of {site}", pages=plural(2, "page"), site="rmol")
    '2 pages of rmol'
    """
    made = Sentence(pattern.format(**values))
    made.pattern, made.values = pattern, values
    return made


def word(text: object) -> Sentence:
    """Return a word of the archive, which may be any text, as a sentence.

    >>> word("kept"), word("{kept")
    ('kept', '{kept')
    """
    return worded(str(text).replace("{", "{{").replace("}", "}}"))


def worded_if(value: object, pattern: str) -> str:
    """Return a phrase of a pattern with the field `value`; nothing where there is none."""
    return worded(pattern, value=value) if value else ""


def joined(parts: Sequence[str], separator: str) -> Sentence:
    """Return sentences as one.

    >>> joined([plural(1, "page"), "no story"], ", ")
    '1 page, no story'
    """
    names = [f"part{place}" for place in range(len(parts))]
    pattern = separator.join(f"{{{name}}}" for name in names)
    return worded(pattern, **dict(zip(names, parts, strict=True)))


def sentence(reason: str | None) -> str:
    """Return the reason in plain words; a code of another version of warta as it is.

    >>> sentence("http_410")
    'the page was removed for good (410)'
    """
    if reason in REASONS:
        return worded(REASONS[reason])
    return reason or ""


_FRACTION = re.compile(r"\.\d+(?=[+-]|$)")


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    >>> plural(1, "page"), plural(2, "page"), plural(0, "story", "stories")
    ('1 page', '2 pages', '0 stories')
    """
    noun = one if count == 1 else many or f"{one}s"
    return worded(f"{{count}} {noun}", count=count)


def plain_time(at: datetime | str | None, zone: ZoneInfo | None = None) -> str:
    """Return a time of the archive's clock for people, to the second, in a zone if one is given.

    >>> plain_time("2026-11-22T06:49:06.551887+00:00")
    '2026-11-22T06:49:06+00:00'
    >>> plain_time("2026-11-22T06:49:06+00:00", ZoneInfo("Asia/Jakarta"))
    '2026-11-22T13:49:06+07:00'
    """
    if at is None:
        return ""
    if zone is not None:
        at = datetime.fromisoformat(str(at)).astimezone(zone)
    text = at.isoformat() if isinstance(at, datetime) else at
    return _FRACTION.sub("", text)


def plain_duration(length: timedelta) -> str:
    """Return a length of time in words, to the minute, of days to the hour.

    >>> plain_duration(timedelta(hours=4, minutes=10)), plain_duration(timedelta(minutes=9))
    ('4 hours 10 minutes', '9 minutes')
    >>> plain_duration(timedelta(days=2, hours=1, minutes=5)), plain_duration(timedelta(seconds=5))
    ('2 days 1 hour', 'less than a minute')
    """
    minutes = round(length / timedelta(minutes=1))
    days, hours = divmod(minutes // 60, 24)
    units = [(days, "day"), (hours, "hour")]
    if not days:
        units = [(hours, "hour"), (minutes % 60, "minute")]
    parts = [plural(*unit) for unit in units if unit[0]]
    if parts:
        return joined(parts, " ")
    return worded("less than a minute")


def human_bytes(count: int) -> str:
    """Return a number of bytes in decimal units.

    >>> human_bytes(1536), human_bytes(1_000_000_000)
    ('1.5 kB', '1.0 GB')
    """
    if count < 1000:
        return f"{count:.0f} B"
    size = count / 1000
    for unit in ("kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def did_you_mean(name: str, known: Iterable[str], *, at_most: int = 3) -> str:
    """Return the end of a sentence on a name that is unknown; empty where none is like it.

    >>> did_you_mean("crwl", ["crawl", "crawling", "show"]), did_you_mean("nope", ["page"])
    ('; did you mean crawl or crawling?', '')
    """
    return meant(get_close_matches(name, list(known), n=at_most))


def meant(names: Iterable[str]) -> str:
    """Return the end of a sentence that offers these names; empty without any."""
    offered = " or ".join(names)
    return f"; did you mean {offered}?" if offered else ""
