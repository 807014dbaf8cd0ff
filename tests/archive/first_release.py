"""An archive as warta 0.1.0 wrote it: its schema, its dictionary, its rows."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import zstandard
from sqlite_utils import Database

from archive.database.migrations import migrations
from archive.database.schema import APPLICATION_ID
from archive.identity import bytes_digest
from archive.revisions.changes import reading_digest
from tests.archive.invented import NOW, SITE, page, story, url_of

PAGES = {number: page(number).body for number in range(1, 6)}


def moment(hours: int = 0) -> str:
    return (NOW + timedelta(hours=hours)).isoformat(timespec="seconds")


def insert(db: sqlite3.Connection, table: str, **values: Any) -> None:
    marks = ", ".join("?" * len(values))
    db.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values())
    )


def write_revision(
    db: sqlite3.Connection,
    number: int,
    article_id: int,
    kind: str,
    hours: int,
    snapshot: int,
    **fields: Any,
) -> None:
    reading = story(article_id, **fields).as_dict()
    row = {
        name: value
        for name, value in reading.items()
        if name not in ("url", "canonical_url", "site", "story_id")
    }
    row |= {
        name: json.dumps(row[name], ensure_ascii=False)
        for name in ("authors", "editors", "tags", "warnings")
    }
    insert(
        db,
        "revisions",
        **row,
        article_id=article_id,
        number=number,
        kind=kind,
        changed='["body"]' if number == 2 else "[]",
        observed_at=moment(hours),
        snapshot_id=snapshot,
        digest=reading_digest(reading),
    )


def write_snapshots(db: sqlite3.Connection) -> None:
    """As 0.1.0 did: four pages without a dictionary, which is then made of them, and a fifth with
    it.
    """
    content = b"".join(PAGES[number] for number in range(1, 5))
    insert(
        db,
        "dictionaries",
        id=1,
        site=SITE,
        created_at=moment(),
        digest=bytes_digest(content),
        packed=zstandard.compress(content),
    )
    raw = zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    for number, body in PAGES.items():
        packer = zstandard.ZstdCompressor(
            write_checksum=True, **({"dict_data": raw} if number == 5 else {})
        )
        insert(
            db,
            "snapshots",
            id=number,
            url_id=number,
            part=1,
            requested_url=url_of(number),
            url=url_of(number),
            status=200,
            headers='{"etag": "a"}',
            fetched_at=moment(number == 5),
            digest=bytes_digest(body),
            size=len(body),
            dictionary_id=1 if number == 5 else None,
            packed=packer.compress(body),
        )


def write_ledger(db: sqlite3.Connection) -> None:
    """1 edited, 2 gone, 3 opted out, 4 unchanged and due, 5 failed once; 6 refused, 7 an alias of
    1, 8 skipped, 9 due, 10 a sitemap.
    """
    usual = {
        "site": SITE,
        "announced_by": "sitemap",
        "first_seen_at": moment(),
        "published_at": moment(-3),
    }
    kept = usual | {
        "last_checked_at": moment(1),
        "checks": 1,
        "next_check_at": moment(24),
        "state": "kept",
        "etag": "a",
    }
    states: dict[int, dict[str, Any]] = {
        1: kept | {"checks": 2},
        2: kept
        | {"state": "gone", "reason": "http_410", "next_check_at": None, "etag": None, "checks": 2},
        3: kept | {"last_checked_at": moment()},
        4: kept
        | {"state": "unchanged", "checks": 2, "quiet_checks": 1, "next_check_at": moment(2)},
        5: kept | {"state": "failed", "reason": "timeout", "failures": 1},
        6: usual | {"state": "refused", "reason": "video_page"},
        7: usual | {"state": "alias", "reason": "same_story", "key": "kabar-1"},
        8: usual | {"state": "skipped", "reason": "before_since"},
        9: usual | {"state": "due", "next_check_at": moment()},
        10: kept | {"state": "source", "next_check_at": None, "key": url_of(10)},
    }
    for number, values in states.items():
        article = number if number < 5 else 1 if number == 7 else None
        insert(
            db,
            "urls",
            **(
                {
                    "id": number,
                    "url": url_of(number),
                    "key": f"kabar-{number}",
                    "article_id": article,
                }
                | values
            ),
        )
    outcomes = [(number, 0, "kept") for number in range(1, 5)] + [
        (1, 1, "kept"),
        (2, 1, "gone"),
        (4, 1, "not_modified"),
        (5, 1, "failed"),
    ]
    reasons = {"gone": "http_410", "failed": "timeout"}
    for number, hours, outcome in [*outcomes, (10, 1, "source")]:
        insert(
            db,
            "checks",
            url_id=number,
            checked_at=moment(hours),
            status=200,
            outcome=outcome,
            bytes=1000,
            reason=reasons.get(outcome),
        )


def write_0_1_0(path: Path) -> None:
    """An archive as 0.1.0 left it."""
    db = Database(sqlite3.connect(path))
    db.conn.execute("PRAGMA journal_mode = WAL")
    db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrations.apply(db, stop_before="m006_clock_and_rights")
    with db.conn:
        for number in range(1, 5):
            insert(
                db.conn,
                "articles",
                id=number,
                site=SITE,
                key=f"kabar-{number}",
                story_id=f"kabar-{number}",
                url=url_of(number),
                first_seen_at=moment(),
                revision=2 if number < 3 else 1,
                removed_at=moment(1) if number == 2 else None,
                opted_out="meta: noai" if number == 3 else None,
            )
        write_ledger(db.conn)
        write_snapshots(db.conn)
        for number in range(1, 5):
            write_revision(db.conn, 1, number, "first", 0, number)
        write_revision(db.conn, 2, 1, "publisher", 1, 5, body="Isi kedua.")
        write_revision(db.conn, 2, 2, "removed", 1, 2)
        insert(
            db.conn,
            "crawls",
            site=SITE,
            started_at=moment(),
            ended_at=moment(1),
            version="0.1.0",
            arguments="{}",
            end_reason="finished",
        )
        db.conn.execute("INSERT INTO search (rowid, headline, deck, body) SELECT * FROM searchable")
    db.close()
