"""Why a URL was not kept: every code with the sentence that `warta explain` shows."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
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
    "private_address": "the address is internal (loopback, private or link-local); nothing there is ever asked",
    "bad_address": "it is not a web address",
    "same_story": "another address of a story that the ledger knows already",
    "before_since": "published before the day that --since named",
    "after_until": "published after the day that --until named",
    # what the server said
    "http_401": "the server wants a login (401)",
    "http_402": "the server wants payment (402)",
    "http_403": "the server refused the request (403)",
    "http_404": "the page is not there (404)",
    "http_410": "the page was taken away for good (410)",
    "http_429": "the server asked for fewer requests (429)",
    "http_451": "the page may not be shown for legal reasons (451)",
    "http_5xx": "the server failed (5xx)",
    "http_other": "the server answered with a status that is no page",
    "timeout": "the server did not answer in time",
    "connection_failed": "no connection could be made, or it broke off",
    "dns_failed": "the host's name could not be resolved",
    "tls_failed": "no safe connection could be made (TLS)",
    "redirect_loop": "the redirects did not come to an end",
    "redirect_offsite": "a redirect led to another site",
    "redirect_not_article": "a redirect led to a page that is no article, often the home page",
    "robots_forbidden": "robots.txt forbids this address for us",
    "robots_unavailable": "robots.txt could not be had, so the site is left alone this time (RFC 9309)",
    # what the page turned out to be
    "too_large": "the page is larger than the limit, as sent or once decompressed",
    "empty_page": "the answer had no content",
    "not_html": "the answer is not an HTML page",
    "not_found_page": "a 'not found' page that was sent with status 200",
    "login_wall": "the page asks for a login instead of showing the story",
    "no_body": "no article text was found on the page",
    "missing_parts": "a further page of the story could not be had, so the story is left as it was this time",
    "layout_missed": "the page no longer has the site's layout (a redesign, or a notice in place of the story)",
    "pause_requested": "the server asked for a longer pause than a crawl waits; the site is left alone this time",
    "overloaded": "the server answered 429 or 503 for eight addresses in a row; the site is left alone for an hour",
    "extraction_failed": "the page could not be read; its bytes are kept",
    "snapshot_damaged": "the kept bytes cannot be read back any more; `warta verify` tells more",
    "taken_down": "the story was taken down here (`warta remove`); it is never asked for again",
    # why a URL is due, or never again
    "new": "it was announced and never asked for",
    "age": "it is checked again after a fifth of its age, at the earliest after an hour",
    "quiet": "it is checked again after a fifth of its age, later with every check that finds nothing new, at the latest after 14 days",
    "costly": "as for every story, and half as long again, because its site always sends the whole page (never a 304)",
    "settled": "the story is older than 90 days",
    "settled_quiet": "the story is older than 30 days, and three checks in a row or more found nothing new",
    "may_come_back": "a story that was taken away may come back",
    "gone_for_good": "it was still gone when it was asked for again",
    "retry": "it failed, and is tried again up to five times, later each time",
    "given_up": "it failed six times in a row",
    "lastmod": "its source says that it was modified since the last check",
    "woken": "another address of the story no longer gives it",
    "reread": "today's extractor found a story in the kept page",
    "imported": "its story came from a collection (`warta import`); a crawl asks for it only with `--recheck all`",
    # what was wrong with a record of a collection
    "not_json": "the line is not valid JSON",
    "not_a_record": "it is not a JSON object with named fields",
    "not_utf8": "there are bytes that are not UTF-8",
    "too_long": "the record is longer than 16 MB",
    "row_too_short": "the row ends before its text",
    "row_too_long": "the row has more values than the header has columns; is a quote missing?",
    "cut_off": "the record is not closed: a quote or bracket is missing, or the file was cut off",
    "broken_csv": "the row is not valid CSV",
    "empty_text": "it holds no text of a story",
    "no_site": "neither an address nor a site is named; --site gives one",
    "cleaning_failed": "the text could not be cleaned; this is a bug of warta",
    # what was doubtful of a record that was taken
    "address_unusable": "its address is none of the web, so it is known by its words alone",
    "date_ambiguous": "day and month cannot be told apart; --date-format tells",
    "date_unreadable": "the date is written in an unknown way; --date-format tells it",
    # how a crawl ended
    "shutdown": "it was stopped",
    "site_failing": "twenty addresses in a row failed or were refused; the rest is asked for next time",
    "archive_failed": "the archive took no more writes",
    "broke_off": "it broke off: it was killed, met with an error, or the machine went down",
    "out_of_time": "it took longer than it may; the rest is asked for next time",
    # what was wrong with a source
    "broken_feed": "the feed is not well-formed, and nothing could be read from it",
    "broken_sitemap": "the sitemap is not well-formed, and nothing could be read from it",
    "not_modified": "the source has not changed since it was last asked",
    "no_links": "nothing was announced there",
    "nothing_announced": "no source gave a single story",
    "announced": "links were read from it",
}


def sentence(reason: str | None) -> str:
    """The reason in plain words; a code from another version of warta is shown as it is.

    >>> sentence("http_410")
    'the page was taken away for good (410)'
    """
    if reason is None:
        return ""
    return REASONS.get(reason, reason)


_FRACTION = re.compile(r"\.\d+(?=[+-]|$)")


def plural(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> plural(1, "page"), plural(2, "page"), plural(0, "story", "stories")
    ('1 page', '2 pages', '0 stories')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def plain_time(moment: datetime | str | None, zone: ZoneInfo | None = None) -> str:
    """A moment of the archive's clock as people read it, to the second; in a zone, where one is
    given.

    >>> plain_time("2026-11-22T06:49:06.551887+00:00"), plain_time("2026-11-22T06:49:06+00:00", ZoneInfo("Asia/Jakarta"))
    ('2026-11-22T06:49:06+00:00', '2026-11-22T13:49:06+07:00')
    """
    if isinstance(moment, str) and zone is not None:
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        moment = (moment.astimezone(zone) if zone is not None else moment).isoformat()
    return _FRACTION.sub("", moment or "")


def plain_duration(length: timedelta) -> str:
    """A length of time, to the minute; of days to the hour.

    >>> plain_duration(timedelta(hours=4, minutes=10)), plain_duration(timedelta(days=2, hours=1, minutes=5)), plain_duration(timedelta())
    ('4 h 10 min', '2 d 1 h', '0 min')
    """
    minutes = round(length / timedelta(minutes=1))
    days, hours, minutes = (
        minutes // 1440,
        minutes // 60 % 24,
        0 if minutes >= 1440 else minutes % 60,
    )
    parts = [
        f"{number} {unit}"
        for number, unit in ((days, "d"), (hours, "h"), (minutes, "min"))
        if number
    ]
    return " ".join(parts) or "0 min"


def human_bytes(count: int) -> str:
    """A number of bytes as people read it, in steps of a thousand as the units say.

    >>> human_bytes(1536), human_bytes(1_000_000_000)
    ('1.5 kB', '1.0 GB')
    """
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
