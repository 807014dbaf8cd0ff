"""Stores for the tests: a folder, and an object store on loopback that speaks S3."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from archive import Archive
from scraper.fleet.store import Replicas, open_store
from tests.archive.invented import NOW, SITE, announce, keep, link, new_archive, story, url_of

FLEET = "6f1f7b6a-armada"
_BUCKETS = count(1)


@contextmanager
def object_store() -> Iterator[Callable[[], str]]:
    """Give the addresses of empty buckets of a server on loopback."""
    pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "kunci",
            "AWS_SECRET_ACCESS_KEY": "kunci-rahasia",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            patch.setenv(name, value)

        patch.delenv("AWS_CA_BUNDLE", raising=False)  # which Litestream does not bear

        def bucket() -> str:
            import boto3

            name = f"armada-{os.getpid()}-{next(_BUCKETS)}"
            boto3.client("s3").create_bucket(Bucket=name)
            return f"s3://{name}/arsip"

        yield bucket
    server.stop()


def claimed(address: str) -> Replicas:
    store = open_store(address)
    store.claim(FLEET)
    return store


def crawled(path: Path, *numbers: int, at: datetime = NOW, site: str = SITE) -> Path:
    """Let a crawl keep these stories in the archive of a site, which is made if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with new_archive(path):
            pass
    with Archive(path) as archive:
        with archive.transaction(at):
            crawl = archive.crawls.begin(site, version="warta/1", arguments={})
        for number in numbers:
            at += timedelta(seconds=1)
            announce(
                archive,
                link(number, url=url_of(number, site=site), key=f"{site}-{number}"),
                site=site,
                at=at,
            )
            keep(archive, story(number, site=site), at=at)
        with archive.transaction(at):
            archive.crawls.end(crawl, counts={"kept": len(numbers)}, received=1, reason="finished")
    return path


def stories(path: Path) -> list[str]:
    """The stories of an archive, which is left as it is."""
    with Archive(path, read_only=True) as archive:
        rows = archive.db.conn.execute("SELECT story_id FROM articles")
        return sorted(number.rpartition("-")[2] for (number,) in rows)
