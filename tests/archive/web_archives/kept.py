"""An archive with every kind of page that leaves as a web archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from archive import Archive, Page, Wire
from archive.records import Check, Hop
from archive.web_archives.export import Exported, Job, export_warc
from archive.web_archives.selection import Wanted
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    check,
    keep_page,
    link,
    page,
    revise,
    story,
    url_of,
)

HOST = f"www.{SITE}.example"
MOVED = Hop(
    url=f"http://{HOST}/berita/1",
    status=301,
    fetched_at=NOW,
    protocol="HTTP/1.1",
    reason="Moved Permanently",
    headers=(("Location", url_of(1)), ("Content-Length", "154")),
    length=154,
    request_headers=(("Host", HOST),),
)
WIRE = Wire(
    protocol="HTTP/1.1",
    reason="OK",
    headers=(
        ("Server", "nginx"),
        ("Set-Cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Encoding", "br"),
        ("Content-Length", "512"),
        ("Transfer-Encoding", "chunked"),
        ("ETag", '"1"'),
    ),
    length=512,
    request_headers=(("Host", HOST), ("Accept-Encoding", "gzip, br")),
    address="203.0.113.7",
    port=443,
)


def body(text: str) -> bytes:
    return page().body.replace(b"</html>", f"<p>{text}</p></html>".encode())


def keep(archive: Archive, number: int, kept: Page, *, opted_out: str | None = None) -> None:
    """What a crawl does with a story's page."""
    article = story(number, body=f"{story().body}\n\n{kept.body[-40:].decode(errors='replace')}")
    with archive.transaction(kept.fetched_at):
        url_id = archive.ledger.url_id(kept.requested_url, site=SITE)
        insert = archive.snapshots.insert
        packed = archive.snapshots.pack(kept)
        revise(
            archive,
            article,
            key=f"{SITE}-{number}",
            keep=lambda: insert(packed, url_id=url_id, crawl_id=None, opted_out=opted_out),
        )
        archive.ledger.record(
            Check(
                url=kept.requested_url,
                crawl_id=None,
                checked_at=kept.fetched_at,
                outcome="kept",
                status=200,
                bytes=len(kept.body),
                article_id=archive.history.article_id(SITE, f"{SITE}-{number}"),
            ),
            site=SITE,
        )


def fill(archive: Archive) -> None:
    """Story 1 was edited and is of two pages since, 2 was kept before headers were noted, 3 was
    imported as a text, 4 opts out; page 5 led to no story.
    """
    announce(archive, *map(link, range(1, 6)))
    keep(archive, 1, page(1, body=body("Semula."), wire=replace(WIRE, hops=(MOVED,))))
    keep(archive, 2, page(2, headers={"content-type": "text/html", "etag": '"2"'}))
    with archive.transaction(NOW):
        imported = story(3, layout="imported", story_id=f"{SITE}-3", published_at=None)
        revise(archive, imported, key=f"{SITE}-3", keep=lambda: None)  # type: ignore[arg-type]
    keep(archive, 4, page(4, at=NOW + HOUR, wire=WIRE), opted_out="tdm-reservation: 1")
    keep_page(archive, page(5, at=NOW + HOUR, body=body("Tidak ada."), wire=WIRE))
    for hours in (2, 3):
        check(archive, url_of(1), "not_modified", at=NOW + hours * HOUR, status=304)
    further = page(1, requested_url=f"{url_of(1)}?page=2", url=f"{url_of(1)}?page=2", wire=WIRE)
    now = {"at": NOW + DAY, "wire": WIRE}
    keep(archive, 1, page(1, body=body("Sesudah."), parts=(replace(further, **_at(DAY)),), **now))
    check(archive, url_of(1), "not_modified", at=NOW + 2 * DAY, status=304)
    with archive.transaction(NOW + 2 * DAY):
        robots = archive.robots.record
        robots(HOST, status=200, body="User-agent: *\nDisallow: /cari\n", reason=None)
        robots("lain.example", status=200, body="", reason=None)


def _at(later: Any) -> dict[str, Any]:
    return {"fetched_at": NOW + later}


def export(path: Path, out: Path, **options: Any) -> Exported:
    """Export an archive, every kept page by default."""
    wanted = options.pop("wanted", Wanted(revisions=True))
    with Archive(path, read_only=True) as archive:
        return export_warc(archive, Job(out=out, wanted=wanted, **options))


Found = tuple[Any, bytes]


def read(data: bytes) -> Iterator[Found]:
    """Yield the records of a WARC file, with their bodies; every digest is checked."""
    for record in ArchiveIterator(BytesIO(data), check_digests="raise"):
        yield record, record.content_stream().read()


def of_kind(path: Path, *kinds: str) -> list[Found]:
    return [found for found in read(path.read_bytes()) if found[0].rec_type in kinds]


def header(record: Any, name: str) -> str:
    return str(record.rec_headers.get_header(name))


def is_whole(path: Path) -> bool:
    """Whether `warcio check` finds nothing wrong with a file."""
    command = type("Command", (), {"inputs": [str(path)], "verbose": False})()
    return bool(Checker(command).process_all() == 0)
