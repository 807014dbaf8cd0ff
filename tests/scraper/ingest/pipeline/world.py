"""Files of captures as several crawlers wrote them, and imports of them in tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from scraper.extraction.workers import Limits
from scraper.ingest.pipeline.job import Job
from scraper.ingest.pipeline.joining import join
from scraper.ingest.pipeline.sharding import import_shard
from scraper.ingest.pipeline.sifting import sift
from scraper.ingest.web_archives.wanted import Wanted
from tests.benchmarks.pages import invented_pages
from tests.scraper.ingest.web_archives.imports import NOW
from tests.scraper.ingest.web_archives.material import (
    NOT_MODIFIED,
    SAME_PAYLOAD,
    digest,
    http,
    record,
    response,
    warcinfo,
    zipped,
)

SITES = ("islamtimes", "republika", "rmol", "suara")
ROBOTS = b"User-agent: *\nDisallow: /search\n"


def _captures(site: str, number: int) -> Iterator[bytes]:
    """What one crawler captured of a site: stories with their requests, an edit of some that others
    captured before, a page that did not change, one that is seen again, and robots.txt.
    """
    host = ""
    for place, (url, page) in enumerate(invented_pages(site, 9)):
        host = url.split("/")[2]
        date = f"2026-11-2{number}T0{place}:00:00Z"
        if place % 3 == number or place == 4:
            asked = record(
                "request", url, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", date=date,
                more=[("WARC-Record-ID", f"<urn:uuid:{site}-{number}-{place}>")],
            )  # fmt: skip
            text = page.replace(b"</p>", b" Ini tambahan %d.</p>" % number, 1)
            about = [
                ("WARC-Concurrent-To", f"<urn:uuid:{site}-{number}-{place}>"),
                ("WARC-Payload-Digest", digest(text)),
            ]
            yield asked
            yield response(url, text, date=date, more=about)
            if place == 4:
                again = [("WARC-Profile", SAME_PAYLOAD), ("WARC-Payload-Digest", digest(text))]
                later = f"2026-11-2{number}T09:00:00Z"
                yield record("revisit", url, http(b""), date=later, more=again)
        elif place % 3 == 0:
            yield record(
                "revisit", url, http(b""), date=date, more=[("WARC-Profile", NOT_MODIFIED)]
            )
    yield response(f"https://{host}/robots.txt", ROBOTS, date=f"2026-11-2{number}T00:00:00Z")


def captured(folder: Path) -> list[Path]:
    """Three files, of which one has damage, and one was not packed."""
    paths = []
    for number in range(3):
        records = [warcinfo(f"crawler/{number}")]
        for site in SITES:
            records += _captures(site, number)
        records.append(response("https://www.lereng.example/2026/11/kabar-1", b"<p>Kabar.</p>"))
        path = folder / f"crawl-{number}.warc{'' if number == 2 else '.gz'}"
        data = b"".join(records) if number == 2 else zipped(records)
        if number == 1:
            half = len(data) // 2
            data = data[:half] + b"\0" * 700 + data[half + 700 :]
        path.write_bytes(data)
        paths.append(path)
    return paths


def job_of(
    archive: Path, addresses: Sequence[Path | str], *, tasks: int, any_site: bool = False
) -> Job:
    """An import of these files, begun."""
    wanted = Wanted(any_site=any_site)
    return Job(
        archive=archive,
        addresses=tuple(map(str, addresses)),
        tasks=tasks,
        any_site=any_site,
        languages=(),
        site=None,
        terms=wanted.terms(),
        now=NOW,
        limits=Limits(),
        jobs=1,
    ).begin()


def done(job: Job) -> Path:
    """Do all of a job; return the archive."""
    for number in range(len(job.addresses)):
        sift(job, number)
    for rank in range(job.tasks):
        import_shard(job, rank)
    join(job, jobs=1)
    return job.archive
